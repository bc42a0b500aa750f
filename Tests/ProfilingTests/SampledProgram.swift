// Programs whose profile is known, made and sampled by the tests themselves.

import Glibc
import LinuxSystem
import SentryProtocol
import TestFiles

@testable import Profiling

/// Whether this kernel lets us sample.
let mayProfile: Bool = {
    do throws(PerfTaskError) {
        _ = try PerfSampling.probe()
        return true
    } catch { return false }
}()

/// Whether a program is installed.
func isInstalled(_ program: String) -> Bool { outputOfShell("command -v \(program)") != nil }

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

struct ShellFailure: Error {
    let command: String
}

/// Runs what has to succeed for a test to mean anything.
func shell(_ command: String) throws {
    if outputOfShell("\(command) 2>&1") == nil { throw ShellFailure(command: command) }
}

/// Whether a share of the samples, in percent, is what it should be: within some points, or within what chance does to as few
/// samples as a busy machine leaves (three standard deviations).
func isShare(_ measured: Double, _ expected: Double, of samples: UInt64, within points: Double = 2) -> Bool {
    let deviation = (expected * (100 - expected) / Double(max(1, samples))).squareRoot()
    return abs(measured - expected) <= max(points, 3 * deviation)
}

/// Compiles `busy.c` and the like.
func makeProgram(_ directory: TemporaryDirectory, _ options: String = "-O2", source: String = busySource) throws
    -> String
{
    try directory.file("program.c", source)
    let path = directory.path + "/program"
    try shell("gcc -w -pthread \(options) -o \(path) \(directory.path)/program.c -ldl")
    return path
}

/// A command that was sampled from its exec to its end.
final class SampledRun {
    let recorder: ProfileRecorder
    let status: Int32
    let profile: Profile

    /// - Parameters:
    ///   - command: what a shell may `exec`.
    ///   - during: called over and over while it runs.
    init(
        _ command: String, frequency: Int = 1000, stackBytes: Int = 32768, during: (pid_t) -> Void = { _ in }
    ) throws {
        let options = PerfSamplingOptions(frequency: frequency, stackBytes: stackBytes, startsAtExec: true)
        let gate = try Pipe()
        let process = try spawnShell("read go; exec \(command)", standardInput: gate.readEnd)
        gate.readEnd.close()
        let sampling = try PerfSampling(process, options)
        defer { sampling.close() }
        let source = PerfStackSource(try PerfSampleRings(sampling.descriptors), period: options.period)
        let started = MonotonicTime.now
        var wanted = ProfileRecorder.Options(started: started, recordsMappings: source.recordsMappings)
        wanted.period = options.period
        guard let recorder = ProfileRecorder(wanted) else { throw SystemError("recorder", code: ENOMEM) }
        try gate.writeEnd.writeAll([0x0A])
        gate.writeEnd.close()
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            var waiting = source.descriptors.map { pollfd(fd: $0.raw, events: Int16(POLLIN), revents: 0) }
            _ = poll(&waiting, nfds_t(waiting.count), 5)
            source.take(until: .now) { recorder.record($0) }
            during(process)
        }
        source.take(until: nil) { recorder.record($0) }
        self.recorder = recorder
        self.status = status
        profile = recorder.profile(
            ProfileDescription(
                title: "test", started: Timestamp(nanoseconds: wallClockNanoseconds()), frequency: frequency,
                mode: .cpu, source: source.name), ended: .now, NamingRules { _ in true })
    }

    /// The functions of a sample, outermost first.
    func functions(_ sample: ProfileSample) -> [String] { profile.functions(sample) }

    /// The share of samples, in percent, whose innermost function this is.
    func share(_ function: String) -> Double {
        let own = profile.samples.filter { profile.functions($0).last == function }
        return Double(own.reduce(0) { $0 + $1.weight }) / Double(max(1, profile.samples.reduce(0) { $0 + $1.weight }))
            * 100
    }

    /// The share of stacks, in percent, that reach the thread's start.
    var completeness: Double {
        100 - Double(profile.tally.truncated) * 100 / Double(max(1, profile.tally.taken))
    }

    /// The innermost functions of the stacks that do not, for a failure's message.
    var incomplete: [String: Int] {
        profile.samples.map { profile.functions($0) }.filter { $0.first == "[truncated]" }
            .reduce(into: [:]) { $0[$1.suffix(4).joined(separator: ";"), default: 0] += 1 }
    }
}

func spawnShell(_ script: String, standardInput: FileDescriptor) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardInput.raw, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    let words = ["sh", "-c", script].map { (word: String) in strdup(word) } + [nil]
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, "sh", &actions, nil, words, environ)
    guard code == 0 else { throw SystemError("posix_spawn", on: "sh", code: code) }
    return child
}

extension Profile {
    /// Outermost first.
    func functions(_ sample: ProfileSample) -> [String] {
        var names: [String] = []
        var node = sample.node
        while node >= 0 {
            names.append(frames[Int(nodes[Int(node)].frame)].function)
            node = nodes[Int(node)].parent
        }
        return names.reversed()
    }
}

/// Programs that use the processor in known ways, by a verb.
let busySource = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>
    #define APART __attribute__((noinline, noclone, noipa))
    #ifndef TURNS
    #define TURNS 1
    #endif
    volatile unsigned long sink;

    static double used(clockid_t clock) {
        struct timespec now;
        clock_gettime(clock, &now);
        return now.tv_sec + now.tv_nsec / 1e9;
    }
    APART void seventy(void) { for (int i = 0; i < 70000 * TURNS; i++) sink += i; }
    APART void twenty(void) { for (int i = 0; i < 20000 * TURNS; i++) sink += i; }
    APART void ten(void) { for (int i = 0; i < 10000 * TURNS; i++) sink += i; }
    APART void step(void) { seventy(); twenty(); ten(); sink++; }
    APART void spend(double seconds) {
        double end = used(CLOCK_THREAD_CPUTIME_ID) + seconds;
        do seventy(); while (used(CLOCK_THREAD_CPUTIME_ID) < end);
        sink++;
    }
    APART int recurse(int depth) {
        if (depth == 0) spend(0.4); else sink += recurse(depth - 1);
        return sink & 1;
    }
    APART void *busy_thread(void *seconds) { spend(*(double *)seconds); sink++; return seconds; }
    APART void crash(void) { spend(0.1); *(volatile int *)8 = 1; sink++; }
    APART void threads(int count, double seconds) {
        pthread_t ids[64];
        for (int i = 0; i < count; i++) pthread_create(&ids[i], 0, busy_thread, &seconds);
        for (int i = 0; i < count; i++) pthread_join(ids[i], 0);
    }
    APART void load(const char *path, const char *name) {
        void *library = dlopen(path, RTLD_NOW);
        if (!library) abort();
        void (*function)(void) = dlsym(library, name);
        double end = used(CLOCK_THREAD_CPUTIME_ID) + 0.15;
        do function(); while (used(CLOCK_THREAD_CPUTIME_ID) < end);
        dlclose(library);
    }
    APART void children(int count, char *self) {
        for (int i = 0; i < count; i++) {
            pid_t child = fork();
            if (child == 0 && self) execl(self, self, "spend", "0.005", (char *)0);
            if (child == 0) { spend(0.005); _exit(0); }
            waitpid(child, 0, 0);
        }
    }

    int main(int count, char **words) {
        const char *verb = words[1];
        double number = count > 2 ? atof(words[2]) : 0;
        if (!strcmp(verb, "shares")) {
            double end = used(CLOCK_PROCESS_CPUTIME_ID) + number;
            do step(); while (used(CLOCK_PROCESS_CPUTIME_ID) < end);
        }
        if (!strcmp(verb, "spend")) spend(number);
        if (!strcmp(verb, "recurse")) recurse(number);
        if (!strcmp(verb, "threads")) threads(64, number);
        if (!strcmp(verb, "thread-churn")) for (int i = 0; i < number; i++) threads(1, 0.004);
        if (!strcmp(verb, "fork-churn")) children(number, 0);
        if (!strcmp(verb, "exec-churn")) children(number, words[0]);
        if (!strcmp(verb, "exec")) { spend(0.1); execl(words[2], words[2], "spend", "0.1", (char *)0); }
        if (!strcmp(verb, "libraries")) { load(words[2], "in_a"); load(words[3], "in_b"); load(words[2], "in_a"); }
        if (!strcmp(verb, "crash")) crash();
        if (!strcmp(verb, "stop")) { spend(0.1); raise(SIGSTOP); spend(0.1); }
        if (!strcmp(verb, "sleep")) for (int i = 0; i < 10; i++) { usleep(20000); spend(0.001); }
        return sink == 42;
    }
    """#
