import Glibc
import LinuxSystem
import SupervisorLink
import Testing

@testable import JobControl

@Suite(.enabled(if: StoppedProgram.hasCompiler, "no C compiler here"))
struct SnapshotCaptureTests {
    @Test func `a crash is written down with who, why and the code around it`() throws {
        let program = try StoppedProgram("int main() { ready(getpid()); *(volatile int *)16 = 1; }")
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        #expect(snapshot.header.signal == SIGSEGV)
        #expect(snapshot.header.machine == RegisterLayout.machine)
        #expect(snapshot.signalInfo.count == 128)
        #expect(snapshot.signalInfo.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self) } == 16)
        #expect(snapshot.sender == nil)
        #expect(snapshot.name == "program")
        #expect(snapshot.commandLine == Array("\(program.directory)/program\0one\0two\0".utf8))
        #expect(snapshot.executable == program.directory + "/program")
        #expect(snapshot.status.contains("SigCgt:"))
        #expect(snapshot.maps.contains("[vdso]"))
        #expect(!snapshot.auxiliaryVector.isEmpty)
        #expect(snapshot.notes == [])
        let thread = try #require(snapshot.threads.first)
        #expect(thread.state == "S" && thread.trouble == nil && !thread.floatingPoint.isEmpty)
        let counter = try #require(RegisterLayout.programCounter(of: thread.registers))
        #expect(snapshot.holds(counter - 64..<counter + 64))
        #expect(captured.executable != nil)
        let root = try #require(captured.rootDirectory)
        #expect(FileOnDisk("proc/self/status", in: root) != nil)
    }

    @Test func `every thread has registers and the innermost part of its stack`() throws {
        let program = try StoppedProgram(
            """
            static int tid; static pthread_barrier_t all;
            static void *wait_here(void *n) {
                volatile char deep[200000]; memset((char *)deep, 7, sizeof deep);
                char name[16]; snprintf(name, 16, "worker %ld", (long)n); prctl(PR_SET_NAME, name);
                if ((long)n == 3) tid = gettid();
                pthread_barrier_wait(&all);
                if ((long)n == 3) { ready(tid); abort(); }
                for (;;) pause();
            }
            int main() {
                pthread_barrier_init(&all, 0, 9); pthread_t t;
                for (long n = 0; n < 8; n++) pthread_create(&t, 0, wait_here, (void *)n);
                pthread_barrier_wait(&all); for (;;) pause();
            }
            """)
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        #expect(snapshot.header.signal == SIGABRT)
        #expect(snapshot.threads.count == 9)
        #expect(snapshot.threads.first?.name == "worker 3")
        #expect(Set(snapshot.threads.map(\.name)) == Set((0..<8).map { "worker \($0)" } + ["program"]))
        for thread in snapshot.threads {
            let pointer = try #require(RegisterLayout.stackPointer(of: thread.registers))
            // The main thread's stack is shorter than what may be taken of it.
            #expect(snapshot.holds(pointer - RegisterLayout.redZone..<pointer + 1024))
            guard thread.name.hasPrefix("worker") else { continue }
            #expect(snapshot.holds(pointer..<pointer + (thread.name == "worker 3" ? 200_000 : 65_000)))
        }
        #expect(snapshot.sender == nil)
    }

    @Test(arguments: [false, true])
    func `a stack that ran over keeps its innermost and its outermost part`(inThread: Bool) throws {
        let program = try StoppedProgram(
            """
            static int recurse(int n) { volatile char frame[500]; frame[0] = n; return recurse(n + 1) + frame[0]; }
            static void *overflow(void *_) { ready(gettid()); recurse(0); return 0; }
            int main() { pthread_t t; \(inThread ? "pthread_create(&t, 0, overflow, 0); pthread_join(t, 0);" : "overflow(0);") }
            """)
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        let thread = try #require(snapshot.threads.first)
        let pointer = try #require(RegisterLayout.stackPointer(of: thread.registers))
        let map = MemoryMap(Array(snapshot.maps.utf8))
        let stack = try #require(map.stackRegion(at: pointer))
        #expect(stack.isWritable && pointer < stack.start + 4096)
        #expect(snapshot.holds(max(pointer, stack.start)..<stack.start + (1 << 20)))
        #expect(snapshot.holds(stack.end - 65536..<stack.end))
        #expect(!snapshot.holds(stack.start + (3 << 20)..<stack.start + (3 << 20) + 1))
    }

    @Test func `a handler on its own stack keeps the stack that it interrupted`() throws {
        let program = try StoppedProgram(
            """
            static void handle(int n) { abort(); }
            static int recurse(int n) { volatile char frame[500]; frame[0] = n; return recurse(n + 1) + frame[0]; }
            int main() {
                stack_t own = {.ss_sp = malloc(65536), .ss_size = 65536}; sigaltstack(&own, 0);
                struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK}; sigaction(SIGSEGV, &action, 0);
                ready(getpid()); recurse(0);
            }
            """, passing: SIGSEGV)
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        #expect(snapshot.header.signal == SIGABRT)
        let map = MemoryMap(Array(snapshot.maps.utf8))
        let stack = try #require(map.regions.last { map.name(of: $0) == "[stack]" })
        #expect(snapshot.holds(stack.start..<stack.start + (1 << 20)))
        #expect(snapshot.holds(stack.end - 65536..<stack.end))
    }

    @Test func `a library that was deleted is taken from memory, the executable stays open`() throws {
        let program = try StoppedProgram(
            """
            #include <dlfcn.h>
            int main(int n, char **words) {
                char path[500]; snprintf(path, 500, "%s/../lib.so", words[0]);
                strcpy(strrchr(path, '/'), "/"); strcpy(strstr(path, "/program/") + 1, "lib.so");
                if (!dlopen(path, RTLD_NOW)) return 1;
                ready(getpid()); abort();
            }
            """,
            library: "int of_the_library(void) { return 4711; }",
            beforeCrash: {
                unlink($0); unlink(String($0.dropLast(7)) + "lib.so")
            })
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        let map = MemoryMap(Array(snapshot.maps.utf8))
        let library = map.regions.filter { map.name(of: $0).hasSuffix("lib.so (deleted)") }
        #expect(library.count >= 4)
        for region in library where !region.isWritable { #expect(snapshot.holds(region.start..<region.end)) }
        let executable = try #require(map.regions.first { map.name(of: $0).hasSuffix("program (deleted)") })
        #expect(!snapshot.holds(executable.start..<executable.end))
        #expect(captured.executable?.inode == executable.inode)
        // The C library is where it was.
        let other = try #require(map.regions.first { map.name(of: $0).contains("libc.so") })
        #expect(!snapshot.holds(other.start..<other.end))
    }

    @Test func `memory is read through files that were opened earlier once the process has closed itself`() throws {
        // With all privileges nothing is closed to us: then this says only that nothing breaks.
        let program = try StoppedProgram(
            "int main() { ready(getpid()); prctl(PR_SET_DUMPABLE, 0); abort(); }", keepingFiles: true)
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        let pointer = try #require(RegisterLayout.stackPointer(of: snapshot.threads[0].registers))
        #expect(snapshot.holds(pointer..<pointer + 256))
        #expect(snapshot.maps.contains("[stack]"))
    }

    @Test func `the sender of a signal is named`() throws {
        let program = try StoppedProgram("int main() { ready(getpid()); for (;;) pause(); }", sending: SIGQUIT)
        defer { program.end() }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        #expect(snapshot.header.signal == SIGQUIT)
        let sender = try #require(snapshot.sender)
        let own = try readSmallFile("/proc/self/cmdline", limit: 4096).split(separator: 0)
        #expect(sender.hasPrefix(String(decoding: own[0], as: UTF8.self)))
    }

    @Test(arguments: [64, 256])
    func `many threads are read quickly`(count: Int) throws {
        let program = try StoppedProgram(
            """
            static pthread_barrier_t all;
            static void *wait_here(void *n) {
                volatile char deep[66000]; memset((char *)deep, 7, sizeof deep);
                pthread_barrier_wait(&all); for (;;) pause();
            }
            int main() {
                pthread_barrier_init(&all, 0, \(count)); pthread_t t;
                for (long n = 1; n < \(count); n++) pthread_create(&t, 0, wait_here, (void *)n);
                pthread_barrier_wait(&all); ready(getpid()); abort();
            }
            """)
        defer { program.end() }
        var best = Int64.max
        for _ in 0..<5 {
            let start = MonotonicTime.now
            let captured = try SnapshotCapture.take(of: program.stopped).get()
            best = min(best, MonotonicTime.now.since(start))
            captured.close()
        }
        let (snapshot, captured) = try program.capture()
        defer { captured.close() }
        #expect(snapshot.threads.count == count)
        #expect(snapshot.memory.reduce(0) { $0 + $1.bytes.count } >= (count - 1) * 65536)
        print("snapshot of \(count) threads with 64 KiB of stack each: \(best / 1000) µs")
    }
}

extension CapturedSnapshot {
    fileprivate func close() {
        file.close()
        rootDirectory?.close()
        executable?.close()
    }
}

extension ProcessSnapshot {
    fileprivate func holds(_ range: Range<UInt64>) -> Bool {
        memory.contains { $0.address <= range.lowerBound && range.upperBound <= $0.address + UInt64($0.bytes.count) }
    }
}
