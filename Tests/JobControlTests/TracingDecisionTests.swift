// The tracer's decisions, without a process.

import LinuxSystem
import Testing

@testable import JobControl

@Suite struct FatalSignalTests {
    private func sets(ignored: [Signal] = [], caught: [Signal] = []) -> SignalSets {
        func bits(_ signals: [Signal]) -> UInt64 { signals.reduce(0) { $0 | 1 << UInt64($1.number - 1) } }
        return SignalSets(ignored: bits(ignored), caught: bits(caught))
    }

    @Test(arguments: [
        Signal.segmentation, .busError, .arithmetic, .illegalInstruction, .abort, .trap, .badSystemCall, .quit,
        .cpuLimit,
        .fileLimit,
    ])
    func aSignalThatDumpsCoreIsFatalByDefaultAndOnlyThen(signal: Signal) {
        #expect(FatalSignal.isFatal(signal, to: sets()))
        #expect(!FatalSignal.isFatal(signal, to: sets(caught: [signal])))
        #expect(!FatalSignal.isFatal(signal, to: sets(ignored: [signal])))
        #expect(FatalSignal.isFatal(signal, to: sets(ignored: [.hangUp], caught: [.terminate])))
    }

    @Test(arguments: [
        Signal.terminate, .interrupt, .hangUp, .pipe, .user1, .kill, .child, .proceed, .stop, .terminalStop,
        .windowChange,
        .urgent, Signal(34), Signal(64), Signal(0), Signal(65), Signal(-1),
    ])
    func anOrderlyStopAndAHarmlessSignalAreNot(signal: Signal) {
        #expect(!FatalSignal.canBe(signal))
        #expect(!FatalSignal.isFatal(signal, to: sets()))
    }
}

@Suite struct TraceBudgetTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    /// Stops that fit into the grace.
    private let graceful = TraceBudget.grace / (TraceBudget.switches + 10_000)

    @Test func theGraceIsFreeForEveryRun() {
        var budget = TraceBudget(share: 0, started: start)
        for _ in 0..<graceful { budget.charge(seen: 10_000) }
        #expect(!budget.isExceeded(at: start))
        budget.charge(seen: 10_000)
        #expect(budget.isExceeded(at: start))
    }

    @Test func aShareOfTheTimeThatPassesIsAddedToIt() {
        var budget = TraceBudget(share: 0.01, started: start)
        for _ in 0...graceful { budget.charge(seen: 10_000) }
        #expect(budget.isExceeded(at: start))
        #expect(!budget.isExceeded(at: start.advanced(by: 10_000_000)))
    }

    @Test func aStopCostsItsSwitchesEvenIfTheClockStoodStill() {
        var budget = TraceBudget(share: 0.01, started: start)
        let costs = [budget.charge(seen: -5), budget.charge(seen: 1000)]
        #expect(costs == [TraceBudget.switches, TraceBudget.switches + 1000])
        #expect(budget.spent == 2 * TraceBudget.switches + 1000)
        #expect(budget.stops == 2)
    }
}

@Suite struct HangWatchTests {
    private let start = MonotonicTime(nanoseconds: 0)
    private func at(_ seconds: Double) -> MonotonicTime { start.advanced(by: Int64(seconds * 1e9)) }

    @Test func aJobThatDoesNothingHangsWhenTheTimeIsOverAndIsReportedOnce() {
        var watch = HangWatch(timeout: 4_000_000_000, start: start)
        let reported = stride(from: 0.5, through: 20, by: 0.5).filter { watch.observe(JobActivity(), at: at($0)) }
        #expect(reported == [4])
    }

    @Test(arguments: [JobActivity(outputBytes: 1), JobActivity(processorTicks: 1)])
    func outputAndProcessorTimeAreProgressAndAfterItItMayHangAgain(activity: JobActivity) {
        var watch = HangWatch(timeout: 4_000_000_000, start: start)
        let reported = stride(from: 0.5, through: 20, by: 0.5).filter {
            watch.observe($0 < 3 ? JobActivity() : activity, at: at($0))
        }
        #expect(reported == [7])
    }

    @Test func whatHappenedBecauseOfUsIsNoProgress() {
        var watch = HangWatch(timeout: 1_000_000_000, start: start)
        let before = watch.observe(JobActivity(), at: at(1))
        watch.forgive(JobActivity(processorTicks: 3))
        let after = watch.observe(JobActivity(processorTicks: 3), at: at(3))
        #expect(before && !after)
    }

    @Test func itLooksInTimeForTheEnd() {
        var watch = HangWatch(timeout: 10_000_000_000, start: start)
        #expect(watch.nextDue == at(1))
        _ = watch.observe(JobActivity(), at: at(9.8))
        #expect(watch.nextDue == at(10))
    }
}

@Suite struct DebuggerNameTests {
    @Test(arguments: [
        "/usr/bin/gdb", "/usr/bin/strace", "gdbserver", "/usr/lib/llvm-16/bin/lldb-server", "/usr/bin/lldb-16",
        "/usr/bin/perf_6.1", "/opt/rr/bin/rr", "/usr/bin/strace (deleted)", "/usr/local/bin/sentry-run",
    ])
    func whoTracesItsOwnProcessesIsKnownByName(path: String) { #expect(DebuggerName.isOne(path)) }

    @Test func aCrashHandlerIsKnownByName() {
        #expect(DebuggerName.attachesToOthers("/opt/app/crashpad_handler"))
        #expect(DebuggerName.attachesToOthers("/opt/chrome/chrome_crashpad_handler"))
        #expect(!DebuggerName.attachesToOthers("/bin/sh"))
    }

    @Test(arguments: ["/bin/sh", "/usr/bin/gdbus", "", "/", "/usr/bin/straceish", "/usr/bin/perf-tool", "/gdb/x"])
    func othersAreNot(path: String) { #expect(!DebuggerName.isOne(path)) }
}

@Suite struct ProcessFileTests {
    @Test func aNameMayHoldParenthesesAndSpaces() throws {
        let fields = (4...52).map { "\($0)" }.joined(separator: " ")
        let stat = try #require(ProcessStat(text: "77 (a) b (c) S \(fields)\n"))
        #expect(stat.state == "S")
        #expect(stat.processorTicks == 14 + 15)
        #expect(stat.started == 22)
    }

    @Test(arguments: ["", "77", "77 (sh", "77 (sh) S 1 2 3"])
    func whatIsNoStatIsNone(text: String) { #expect(ProcessStat(text: text) == nil) }

    @Test func aThreadsProcessAndParentAreFound() {
        #expect(
            ThreadOrigin(status: "Name:\tsh\nTgid:\t12\nNgid:\t0\nPid:\t13\nPPid:\t1\n")
                .map { [$0.process, $0.parent] } == [12, 1])
        #expect(ThreadOrigin(status: "Name:\tsh\nPid:\t13\n") == nil)
    }

    @Test func theOwnStatIsReadable() throws {
        let own = try #require(ProcessStat.of(process: ProcessIdentity.process))
        #expect(own.started > 0)
        #expect(threadsListed(of: ProcessIdentity.process).contains(ProcessIdentity.process))
    }
}

@Suite struct SnapshotAllowanceTests {
    @Test func beyondItCrashesAreOnlyCounted() {
        var allowance = SnapshotAllowance()
        let claims = (0..<100).map { _ in allowance.claim() }
        #expect(claims == (0..<100).map { $0 < SnapshotAllowance.most })
        #expect(allowance.omitted == UInt32(100 - SnapshotAllowance.most))
    }
}
