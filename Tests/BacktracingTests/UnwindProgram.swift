// A program that breaks on request, compiled in many ways.

import Glibc
import LinuxSystem
import TestFiles

/// Runs a shell command and returns what it wrote to stdout; `nil` where it failed.
func outputOfShell(_ command: String) -> String? {
    guard let stream = popen(command, "re") else { return nil }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&chunk, 1, chunk.count, stream)
        if count == 0 { break }
        output.append(contentsOf: chunk[..<count])
    }
    return pclose(stream) == 0 ? String(decoding: output, as: UTF8.self) : nil
}

/// A program made of C or C++ for one test, and the names in it.
struct UnwindProgram {
    let path: String
    private let symbols: [(range: Range<UInt64>, name: String)]

    /// - Parameter strips: the names are taken before they are removed from the file.
    init(_ directory: TemporaryDirectory, _ options: String, source: String = unwindSource, strips: Bool = false) throws
    {
        let isCxx = source.contains("iostream")
        try directory.file("program.\(isCxx ? "cc" : "c")", source)
        path = directory.path + "/program"
        let compiler = isCxx ? "g++" : "gcc"
        let input = directory.path + "/program.\(isCxx ? "cc" : "c")"
        guard outputOfShell("\(compiler) -w -pthread \(options) -o \(path) \(input) 2>&1") != nil,
            let names = outputOfShell("nm -S -C --defined-only \(path)")
        else { throw SystemError("gcc", on: options, code: EINVAL) }
        symbols = names.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 3)
            guard fields.count == 4, "tw".contains(fields[2].lowercased()), let start = UInt64(fields[0], radix: 16),
                let size = UInt64(fields[1], radix: 16), size > 0
            else { return nil }
            return (start..<(start + size), String(fields[3]))
        }
        if strips { _ = outputOfShell("strip \(path)") }
    }

    /// The function at an address of the file.
    func name(_ address: UInt64) -> String? { symbols.first { $0.range.contains(address) }?.name }
}

let unwindSource = #"""
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <time.h>
    #include <unistd.h>

    #define APART __attribute__((noinline, noclone, noipa))
    volatile int zero, sink;
    volatile char *volatile nowhere;
    void (*volatile wild)(void);

    APART void touch(void) { sink++; }
    APART void innermost(void) { touch(); *nowhere = 1; touch(); }
    APART int recurse(int depth) {
        volatile char pad[40];
        pad[depth % 40] = (char)depth;
        if (depth == 0) innermost(); else sink += recurse(depth - 1);
        return pad[depth % 40] + 1;
    }
    APART int overflow(int depth) {
        volatile char pad[200];
        pad[depth % 200] = (char)depth;
        return overflow(depth + 1) + pad[depth % 200];
    }
    APART int call_wild(int value) { wild(); return value + sink; }
    APART int through(int value) { int got = call_wild(value); return got + sink; }
    APART void handler(int number) { innermost(); sink++; }
    APART int interrupted(int value) { __builtin_trap(); return value + sink; }
    APART int before_signal(int value) { int got = interrupted(value); return got + sink; }
    APART int smash(const char *text, size_t count) {
        char buffer[16];
        for (volatile size_t i = 0; i < count; i++) ((volatile char *)buffer)[i] = text[i % 4];
        return buffer[3] + sink;
    }
    APART int smashing(void) { int got = smash("AAAA", 200); return got + sink; }
    APART int bad_vdso(void) { int got = clock_gettime(CLOCK_MONOTONIC, (struct timespec *)16); return got + sink; }
    APART int give_up(void) { abort(); return sink; }
    APART int jump_stack(void) { free((void *)(uintptr_t)0x1008); return sink + 1; }
    APART void *sleeper(void *argument) { pause(); return argument; }
    APART void wait_all(void) { raise(SIGUSR1); sink++; }

    int main(int count, char **words) {
        char go;
        const char *verb = words[1];
        if (read(0, &go, 1) != 1) return 1;
        int got = 0;
        if (!strcmp(verb, "recurse")) got = recurse(20);
        if (!strcmp(verb, "overflow")) got = overflow(0);
        if (!strcmp(verb, "null")) got = through(1);
        if (!strcmp(verb, "wild")) { wild = (void (*)(void))0x414141414140; got = through(1); }
        if (!strcmp(verb, "data")) { wild = (void (*)(void))&sink; got = through(1); }
        if (!strcmp(verb, "signal")) { signal(SIGILL, handler); got = before_signal(1); }
        if (!strcmp(verb, "altstack")) {
            stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
            struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
            sigaltstack(&stack, 0);
            sigaction(SIGILL, &action, 0);
            got = before_signal(1);
        }
        if (!strcmp(verb, "smash")) got = smashing();
        if (!strcmp(verb, "vdso")) got = bad_vdso();
        if (!strcmp(verb, "abort")) got = give_up();
        if (!strcmp(verb, "threads")) {
            pthread_t threads[8];
            for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, sleeper, 0);
            usleep(50000);
            wait_all();
        }
        return got + sink;
    }
    """#

let throwingSource = #"""
    #include <iostream>
    #include <stdexcept>
    #include <unistd.h>

    struct Thrower {
        volatile int value;
        __attribute__((noinline, noipa)) int run(int depth) {
            std::string text = "from " + std::to_string(depth);
            if (depth == 3) throw std::runtime_error(text);
            return run(depth + 1) + value;
        }
    };

    int main() {
        char go;
        if (read(0, &go, 1) != 1) return 1;
        Thrower thrower{1};
        return thrower.run(0) + thrower.value;
    }
    """#
