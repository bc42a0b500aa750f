import TestFiles
import Testing

@testable import Profiling

/// What Linux's own profiler says of the same run.
@Suite(.serialized, .enabled(if: mayProfile, "the kernel does not permit sampling"))
struct PerfAgreementTests {
    private static let canRecord = outputOfShell("perf record -q -o /dev/null -e cpu-clock:u true 2>/dev/null") != nil

    @Test(.enabled(if: canRecord, "needs perf(1), and to be let"))
    func `perf record by DWARF agrees on each function's share of the same run`() throws {
        let directory = try TemporaryDirectory()
        // Each turn of a function is several samples long, so that both see the same ones.
        let program = try makeProgram(directory, "-O2 -g -fomit-frame-pointer -DTURNS=200")
        let data = directory.path + "/perf.data"
        let run = try SampledRun(
            "perf record -q -o \(data) -e cpu-clock:u -F 1500 --call-graph dwarf,4096 -- \(program) shares 2",
            frequency: 1500, stackBytes: 4096)
        #expect(run.status == 0)
        let script = try #require(
            outputOfShell("perf script -i \(data) --no-inline --comm program -F comm,ip,sym 2>/dev/null"))
        let theirs = PerfScriptStacks(script).shares
        let ours = shares(run)
        #expect(theirs.values.reduce(0, +) > 99 && ours.values.reduce(0, +) > 99)
        let functions = Set(theirs.keys).union(ours.keys).filter { max(theirs[$0] ?? 0, ours[$0] ?? 0) > 0.5 }
        #expect(functions.isSuperset(of: ["seventy", "twenty", "ten"]))
        for function in functions {
            #expect(abs((ours[function] ?? 0) - (theirs[function] ?? 0)) <= 2, "\(function): \(ours), perf \(theirs)")
        }
    }

    /// In percent of the program's samples in its own code, by the innermost function.
    private func shares(_ run: SampledRun) -> [String: Double] {
        var sums: [String: Double] = [:]
        for sample in run.profile.samples {
            let stack = run.functions(sample)
            guard stack.contains("main"), let own = stack.last,
                run.profile.processes[Int(run.profile.threads[Int(sample.thread)].process)].name == "program"
            else { continue }
            sums[own, default: 0] += Double(sample.weight)
        }
        let total = sums.values.reduce(0, +)
        return sums.mapValues { $0 / total * 100 }
    }
}

/// What `perf script -F comm,ip,sym` writes: a paragraph for each sample, the innermost frame first.
private struct PerfScriptStacks {
    /// In percent of the stacks with `main`, by the innermost function.
    let shares: [String: Double]

    init(_ text: String) {
        var counts: [String: Double] = [:]
        var stack: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.first == "\t" || line.first == " " {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
                if words.count >= 2 { stack.append(words[1...].joined(separator: " ")) }
            } else if line.isEmpty {
                if stack.contains("main"), let own = stack.first { counts[own, default: 0] += 1 }
                stack = []
            }
        }
        let total = max(1, counts.values.reduce(0, +))
        shares = counts.mapValues { $0 / total * 100 }
    }
}
