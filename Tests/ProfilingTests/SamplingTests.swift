import Glibc
import LinuxSystem
import TestFiles
import Testing

@testable import Profiling

@Suite(.serialized, .enabled(if: mayProfile, "the kernel does not permit sampling"))
struct SamplingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `shares of processor time are those of the program`() throws {
        let program = try makeProgram(directory)
        let run = try SampledRun("\(program) shares 1.5", frequency: 4000, stackBytes: 4096)
        #expect(run.profile.tally.taken > 4000)
        #expect(isShare(run.share("seventy"), 70, of: run.profile.tally.taken))
        #expect(isShare(run.share("twenty"), 20, of: run.profile.tally.taken))
        #expect(isShare(run.share("ten"), 10, of: run.profile.tally.taken))
        #expect(run.completeness >= 99, "\(run.incomplete)")
        let weight = run.profile.samples.reduce(0) { $0 + $1.weight }
        #expect(abs(Double(weight) / 1e9 - 1.5) < 0.1)
        #expect(run.profile.processes.map(\.name) == ["program"])
        #expect(run.profile.processes[0].buildIDs[program]?.count == 40)
    }

    @Test(arguments: ["-O2", "-O2 -fomit-frame-pointer -static", "-O0", "-O2 -static-pie"])
    func `a recursion of a thousand frames is whole`(options: String) throws {
        let run = try SampledRun("\(try makeProgram(directory, options)) recurse 1000", stackBytes: 65528)
        #expect(run.profile.tally.taken > 100)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        let deep = run.profile.samples.map { run.functions($0) }.filter { $0.last == "seventy" }
        #expect(!deep.isEmpty)
        #expect(deep.allSatisfy { $0.filter { $0 == "recurse" }.count == 1001 && $0.contains("main") })
    }

    @Test func `a stack that is deeper than what is copied is marked and counted`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) recurse 1000", stackBytes: 4096)
        #expect(run.completeness < 10)
        let deep = run.profile.samples.map { run.functions($0) }.filter { $0.contains("recurse") }
        #expect(!deep.isEmpty && deep.allSatisfy { $0.first == "[truncated]" && $0.count > 50 })
        #expect(run.profile.notes.contains { $0.contains("deeper") })
    }

    @Test func `a stripped program has addresses, and build-ids to look them up by`() throws {
        let run = try SampledRun("\(try makeProgram(directory, "-O2 -s")) shares 0.3")
        #expect(run.completeness >= 99, "\(run.incomplete)")
        let frames = run.profile.frames.filter { $0.module?.hasSuffix("/program") == true }
        #expect(!frames.isEmpty)
        #expect(frames.allSatisfy { $0.function.hasPrefix("program+0x") && $0.address > 0 })
        #expect(run.profile.processes[0].buildIDs.keys.contains { $0.hasSuffix("/program") })
    }

    // MARK: Threads and processes

    @Test func `sixty-four threads are told apart`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) threads 0.03", stackBytes: 8192)
        let busy = Set(
            run.profile.samples.filter { run.functions($0).contains("busy_thread") }.map(\.thread))
        #expect(busy.count == 64)
        #expect(run.completeness >= 99, "\(run.incomplete)")
    }

    @Test func `threads that come and go are sampled, too`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) thread-churn 100", stackBytes: 8192)
        let busy = Set(
            run.profile.samples.filter { run.functions($0).contains("busy_thread") }.map(\.thread))
        #expect(busy.count > 90)
        #expect(run.completeness >= 99, "\(run.incomplete)")
    }

    @Test func `forked processes have their parent's code`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) fork-churn 60", stackBytes: 8192)
        #expect(run.profile.processes.count > 50)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        #expect(run.share("seventy") > 80)
    }

    @Test func `programs that end within milliseconds are named, and share what is known of their files`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) exec-churn 60", stackBytes: 16384)
        #expect(run.profile.processes.count > 50)
        #expect(run.completeness >= 98, "\(run.incomplete)")
        #expect(run.share("seventy") > 60)
    }

    @Test func `processes that are shorter than a period are in the profile with their time`() throws {
        let program = try makeProgram(directory)
        let run = try SampledRun("\(program) exec-churn 100", frequency: 101, stackBytes: 8192)
        let weight = run.profile.samples.reduce(0) { $0 + $1.weight }
        // Each of them spends 5 ms, of a period of 9.9 ms, and something more on being started.
        #expect(Double(weight) / 1e9 > 0.45)
        #expect(run.share("[too short to be sampled]") > 50)
    }

    @Test func `what a program executes in its place is another process of the profile`() throws {
        let first = try makeProgram(directory)
        try shell("cp \(first) \(directory.path)/second")
        let run = try SampledRun("\(first) exec \(directory.path)/second")
        #expect(run.profile.processes.map(\.name) == ["program", "second"])
        #expect(run.profile.processes[0].pid == run.profile.processes[1].pid)
        let modules = Set(run.profile.frames.filter { $0.function == "seventy" }.map(\.module))
        #expect(modules == [first, directory.path + "/second"])
    }

    @Test func `libraries that take each other's place are not mistaken for one another`() throws {
        for name in ["a", "b"] {
            try directory.file(
                "\(name).c", "volatile long x; void in_\(name)(void) { for (int i = 0; i < 70000; i++) x += i; }")
            try shell("gcc -O1 -shared -fPIC -o \(directory.path)/\(name).so \(directory.path)/\(name).c")
        }
        let program = try makeProgram(directory)
        let run = try SampledRun("\(program) libraries \(directory.path)/a.so \(directory.path)/b.so")
        #expect(abs(run.share("in_a") - 66) < 12)
        #expect(abs(run.share("in_b") - 33) < 12)
        #expect(run.completeness >= 99, "\(run.incomplete)")
    }

    // MARK: Ends

    @Test func `a crash ends the profile and nothing else`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) crash")
        #expect(run.status & 0x7F == SIGSEGV)
        #expect(run.profile.samples.contains { run.functions($0).contains("crash") })
    }

    @Test func `a program that was stopped goes on being sampled`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) stop") { process in
            if stateOfProcess(process) == "T" { kill(process, SIGCONT) }
        }
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 120)
    }

    @Test func `ten milliseconds are enough to be seen`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) spend 0.01")
        #expect((5...40).contains(run.profile.tally.taken))
        #expect(run.completeness >= 99, "\(run.incomplete)")
    }

    @Test func `a program that sleeps is sampled only when it runs`() throws {
        let run = try SampledRun("\(try makeProgram(directory)) sleep")
        #expect(run.status == 0)
        #expect((5...60).contains(run.profile.tally.taken))
    }

    @Test func `C++ exceptions are unwound through`() throws {
        try directory.file("throw.cc", throwingSource)
        try shell("g++ -O2 -o \(directory.path)/throw \(directory.path)/throw.cc")
        let run = try SampledRun("\(directory.path)/throw")
        #expect(run.profile.tally.taken > 200)
        // It does nothing but throw: while the runtime rewrites a stack, nobody can read it.
        #expect(run.completeness >= 98, "\(run.incomplete)")
        #expect(run.profile.samples.contains { run.functions($0).contains { $0.hasPrefix("Thrower::run") } })
    }
}

/// As `/proc/PID/stat` has it.
private func stateOfProcess(_ process: pid_t) -> String {
    let stat = (try? readSmallFile("/proc/\(process)/stat")) ?? []
    return String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first.map(
        String.init) ?? ""
}

private let throwingSource = #"""
    #include <ctime>
    #include <stdexcept>
    #include <string>

    struct Thrower {
        volatile int value;
        __attribute__((noinline, noipa)) int run(int depth) {
            std::string text = "from " + std::to_string(depth);
            if (depth == 5) throw std::runtime_error(text);
            return run(depth + 1) + value;
        }
    };

    int main() {
        Thrower thrower{1};
        int caught = 0;
        while (std::clock() < CLOCKS_PER_SEC * 4 / 10) {
            try { thrower.run(0); } catch (const std::exception &error) { caught += error.what()[0]; }
        }
        return caught == 42;
    }
    """#
