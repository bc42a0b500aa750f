import Glibc
import JobControl
import LinuxSystem
import SupervisorLink
import TestFiles
import Testing

@testable import Profiling

/// Whether we may trace a child.
private let mayTrace: Bool = {
    do throws(SystemError) {
        try SystemProbe.trace()
        return true
    } catch { return false }
}()

@Suite(.serialized, .enabled(if: mayTrace, "tracing is not permitted here"))
struct StopSamplingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func touchy(_ words: String) throws -> String {
        try makeProgram(directory, source: touchySource) + " " + words
    }

    @Test func `shares of processor time are those of the program`() throws {
        let run = try StopSampledRun("\(try makeProgram(directory)) shares 2", directory)
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 200)
        #expect(isShare(run.share("seventy", below: "step"), 70, of: run.profile.tally.taken))
        #expect(isShare(run.share("twenty", below: "step"), 20, of: run.profile.tally.taken))
        #expect(isShare(run.share("ten", below: "step"), 10, of: run.profile.tally.taken))
        #expect(run.completeness(below: "step") >= 99)
        let weight = run.weights.values.max() ?? 0
        #expect(abs(Double(weight) / 1e9 - 2) < 0.1)
        #expect(run.profile.processes.map(\.name).contains("program"))
    }

    // MARK: The program does not notice

    @Test func `system calls that tell of an interruption see none`() throws {
        let run = try StopSampledRun(try touchy("waits 800"), directory)
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 20)
    }

    @Test func `a signal is delivered once, with its value`() throws {
        let run = try StopSampledRun(try touchy("signals"), directory)
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 0)
    }

    @Test func `job control stops and continues, and a parent hears of it`() throws {
        let run = try StopSampledRun(try touchy("stops"), directory)
        #expect(run.status == 0)
    }

    @Test func `a program that crashes ends as it would`() throws {
        let run = try StopSampledRun("\(try makeProgram(directory)) crash", directory)
        #expect(run.status == 128 + SIGSEGV)
        #expect(run.profile.samples.contains { run.profile.functions($0).contains("crash") })
    }

    // MARK: Threads and processes

    @Test(arguments: ["thread-churn 60", "fork-churn 60", "exec-churn 40"])
    func `threads and processes that live for a moment are sampled, and end well`(verb: String) throws {
        let run = try StopSampledRun("\(try makeProgram(directory)) \(verb)", directory)
        #expect(run.status == 0)
        let busy = run.profile.samples.filter { run.profile.functions($0).contains("spend") }
        #expect(Set(busy.map(\.thread)).count > 15)
        #expect(run.completeness(below: "spend") >= 99)
    }

    @Test func `a program that executes another one is sampled on`() throws {
        let program = try makeProgram(directory)
        try shell("cp \(program) \(directory.path)/other")
        let run = try StopSampledRun("\(program) exec \(directory.path)/other", directory)
        #expect(run.status == 0)
        let modules = run.profile.samples.flatMap { sample -> [String] in
            run.profile.functions(sample).contains("spend")
                ? run.profile.frames.compactMap(\.module).filter { $0.hasPrefix(directory.path) } : []
        }
        #expect(Set(modules) == [program, directory.path + "/other"])
    }

    // MARK: Coming and going

    @Test func `what was attached to runs on when it is let go`() throws {
        var wasTraced = false
        var tracers: [String] = []
        let run = try StopSampledRun(try touchy("spin"), directory) { samples, process in
            if samples > 5 { wasTraced = wasTraced || tracer(of: process) != "0" }
            return samples > 50
        }
        #expect(run.status == nil && wasTraced)
        tracers = run.profile.processes.map { tracer(of: $0.pid) ?? "0" }
        #expect(tracers.allSatisfy { $0 == "0" })
        for process in run.profile.processes { kill(process.pid, SIGKILL) }
    }

    private func tracer(of process: Int32) -> String? {
        guard let status = try? readSmallFile("/proc/\(process)/status") else { return nil }
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("TracerPid:") }.map { String($0.split(separator: "\t").last ?? "") }
    }

    @Test func `a process that is traced already is refused`() throws {
        var refusal: SystemError?
        _ = try StopSampledRun(try touchy("spin"), directory) { samples, process in
            guard samples > 5 else { return false }
            do throws(SystemError) {
                let ring = try SampleRing()
                defer { ring.close() }
                try SamplingAttachment().start(process, SamplingPlan(frequency: 100, ring: ring))
            } catch { refusal = error }
            return true
        }
        #expect(refusal?.isNotPermitted == true)
        try shell("fuser -k \(directory.path)/program || true")
    }

    // MARK: Waiting threads

    @Test func `running and waiting make up the time that has passed`() throws {
        let run = try StopSampledRun(try touchy("naps 40"), directory, blocked: true)
        #expect(run.status == 0)
        // Its threads by their samples; the shell that became it, and what it starts, are others.
        let threads = run.profile.threads.indices.filter { index in
            run.profile.processes[Int(run.profile.threads[index].process)].name == "program"
        }
        let samples =
            threads.map { thread in run.profile.samples.filter { Int($0.thread) == thread } }
            .max { first, second in first.reduce(0) { $0 + $1.weight } < second.reduce(0) { $0 + $1.weight } } ?? []
        let total = Double(samples.reduce(0) { $0 + $1.weight })
        #expect(abs(total / Double(run.elapsed) - 1) < 0.1)
        let napping = samples.filter { run.profile.functions($0).contains("nap") }.reduce(0) { $0 + $1.weight }
        let busy = samples.filter { run.profile.functions($0).contains("busy") }.reduce(0) { $0 + $1.weight }
        // Waiting for a processor is neither.
        #expect(Double(napping) > 3 * 0.9 * Double(40 * 10_000_000))
        #expect(Double(busy) > 0.5 * Double(40 * 10_000_000) * 0.5)
        #expect(Double(busy) < Double(napping))
    }

    @Test func `a process that ends while it waits has waited until then`() throws {
        let run = try StopSampledRun("sleep 1.2", directory, blocked: true)
        #expect(run.status == 0)
        // The shell waits for all of it, and what it waits for from when it is found: children are looked for twice a second.
        let total = run.profile.samples.reduce(0) { $0 + Double($1.weight) } / 1e9
        #expect(total > 1.6 && total < 2.7, "\(total) s")
        let sleeping = run.profile.samples.filter { run.profile.functions($0).contains { $0.contains("nanosleep") } }
        let slept = sleeping.reduce(0) { $0 + Double($1.weight) } / 1e9
        #expect(slept > 0.4 && slept <= 1.3, "\(slept) s")
    }

    @Test(.enabled(if: isInstalled("taskset"), "needs taskset"))
    func `threads that wait for a processor are told apart from those that wait for something else`() throws {
        let run = try StopSampledRun(
            "taskset -c 0 \(try makeProgram(directory)) threads 0.03", directory, blocked: true)
        #expect(run.status == 0)
        let waiting = run.profile.samples.filter { run.profile.functions($0) == ["[waiting for a processor]"] }
        // All but one of 64 threads that want the same processor.
        #expect(waiting.reduce(0) { $0 + Double($1.weight) } / 1e9 > 5)
        let own = run.weight { $0.name == "program" }
        #expect(own > 10, "\(own) s")
    }
}
