import CrashReporting
import SentryProtocol
import Testing

/// One row: what was seen, and everything that must follow from it.
struct Case: CustomTestStringConvertible, Sendable {
    let ending: Evidence.Ending
    var change: @Sendable (inout Evidence) -> Void = { _ in }
    let kind: Verdict.Kind
    let summary: String
    let level: EventLevel
    let session: Session.Status
    let span: SpanStatus
    var tags: [String: String]

    var testDescription: String { summary }

    var evidence: Evidence {
        var evidence = Evidence(jobName: "nightly", ending: ending)
        evidence.runTime = 60_000_000_000
        change(&evidence)
        return evidence
    }
}

private func sent(_ signal: Int32, _ pid: Int32, _ command: String?, before: Int64) -> Evidence.ReceivedSignal {
    Evidence.ReceivedSignal(number: signal, senderPID: pid, senderUser: 0, senderCommand: command, beforeEnd: before)
}

private let cases: [Case] = [
    Case(
        ending: .exited(code: 0), kind: .success, summary: "nightly succeeded", level: .info, session: .exited,
        span: .ok,
        tags: ["exit.reason": "success", "exit.code": "0"]),
    Case(
        ending: .exited(code: 24), change: { $0.okExitCodes = [0, 24] }, kind: .success,
        summary: "nightly exited with status 24, which counts as success", level: .info, session: .exited, span: .ok,
        tags: ["exit.reason": "success", "exit.code": "24"]),
    Case(
        ending: .exited(code: 0), change: { $0.oomKillRose = true }, kind: .success,
        summary: "nightly succeeded, although the cgroup's count of OOM kills rose", level: .info, session: .exited,
        span: .ok, tags: ["exit.reason": "success", "exit.code": "0"]),
    Case(
        ending: .exited(code: 3), kind: .failedExit(code: 3), summary: "nightly exited with status 3", level: .error,
        session: .exited, span: .internalError, tags: ["exit.reason": "failed_exit", "exit.code": "3"]),
    Case(
        ending: .exited(code: 139), kind: .failedExit(code: 139),
        summary: "nightly exited with status 139, the shell's way to say that a command died of SIGSEGV",
        level: .error, session: .exited, span: .internalError,
        tags: ["exit.reason": "failed_exit", "exit.code": "139"]),
    Case(
        ending: .exited(code: 78), kind: .failedExit(code: 78),
        summary: "nightly exited with status 78, EX_CONFIG of sysexits.h: a wrong configuration", level: .error,
        session: .exited, span: .internalError, tags: ["exit.reason": "failed_exit", "exit.code": "78"]),
    Case(
        ending: .exited(code: 127),
        change: { $0.lastErrorLines = ["x: error while loading shared libraries: libfoo.so: cannot open", "bye"] },
        kind: .failedExit(code: 127),
        summary: "nightly exited with status 127, the dynamic loader said: "
            + "x: error while loading shared libraries: libfoo.so: cannot open",
        level: .error, session: .exited, span: .internalError,
        tags: ["exit.reason": "failed_exit", "exit.code": "127"]),
    Case(
        ending: .exited(code: 137), change: { $0.oomKillRose = true }, kind: .outOfMemory,
        summary: "nightly was killed by the kernel's out-of-memory killer, "
            + "inferred from status 137 while the cgroup's count of OOM kills rose",
        level: .fatal, session: .abnormal, span: .resourceExhausted,
        tags: ["exit.reason": "out_of_memory", "exit.code": "137"]),
    Case(
        ending: .signaled(11, coreDumped: true), kind: .crashed(signal: 11),
        summary: "nightly crashed with SIGSEGV (segmentation fault), core dumped", level: .fatal, session: .crashed,
        span: .aborted, tags: ["exit.reason": "crashed", "exit.signal": "SIGSEGV"]),
    Case(
        ending: .signaled(6, coreDumped: false), change: { $0.runTime = 2_000_000_000 }, kind: .crashed(signal: 6),
        summary: "nightly crashed with SIGABRT (aborted)", level: .fatal, session: .crashed, span: .aborted,
        tags: ["exit.reason": "crashed", "exit.signal": "SIGABRT", "startup_crash": "true"]),
    Case(
        ending: .signaled(9, coreDumped: false), kind: .killed(signal: 9),
        summary: "nightly was killed by SIGKILL", level: .fatal, session: .abnormal, span: .aborted,
        tags: ["exit.reason": "killed", "exit.signal": "SIGKILL"]),
    Case(
        ending: .signaled(9, coreDumped: false),
        change: { $0.signals = [sent(15, 812, "dockerd", before: 10_000_000_000)] }, kind: .killed(signal: 9),
        summary: "nightly was killed by SIGKILL, "
            + "10 s after SIGTERM was sent by pid 812 (dockerd), user 0",
        level: .fatal, session: .abnormal, span: .aborted,
        tags: ["exit.reason": "killed", "exit.signal": "SIGKILL"]),
    Case(
        ending: .signaled(9, coreDumped: false), change: { $0.oomKillRose = true }, kind: .outOfMemory,
        summary: "nightly was killed by the kernel's out-of-memory killer, "
            + "inferred from SIGKILL while the cgroup's count of OOM kills rose",
        level: .fatal, session: .abnormal, span: .resourceExhausted,
        tags: ["exit.reason": "out_of_memory", "exit.signal": "SIGKILL"]),
    Case(
        ending: .signaled(13, coreDumped: false), kind: .killed(signal: 13),
        summary: "nightly was killed by SIGPIPE (broken pipe), as it wrote to a pipe that nobody reads any more",
        level: .warning, session: .abnormal, span: .aborted,
        tags: ["exit.reason": "killed", "exit.signal": "SIGPIPE"]),
    Case(
        ending: .signaled(37, coreDumped: false), change: { $0.signals = [sent(37, 5, nil, before: 1)] },
        kind: .killed(signal: 37), summary: "nightly was killed by SIGRTMIN+3, sent by pid 5, user 0", level: .error,
        session: .abnormal, span: .aborted, tags: ["exit.reason": "killed", "exit.signal": "SIGRTMIN+3"]),
    Case(
        ending: .signaled(15, coreDumped: false), change: { $0.signals = [sent(15, 1, "systemd", before: 5)] },
        kind: .stopped(signal: 15), summary: "nightly was stopped by SIGTERM, sent by pid 1 (systemd), user 0",
        level: .warning, session: .exited, span: .cancelled,
        tags: ["exit.reason": "stopped", "exit.signal": "SIGTERM"]),
    Case(
        ending: .signaled(2, coreDumped: false), change: { $0.signals = [sent(2, 0, nil, before: 5)] },
        kind: .stopped(signal: 2), summary: "nightly was stopped by SIGINT, sent by the terminal or the kernel",
        level: .info, session: .exited, span: .cancelled, tags: ["exit.reason": "stopped", "exit.signal": "SIGINT"]),
    Case(
        ending: .exited(code: 130), change: { $0.signals = [sent(2, 0, nil, before: 1_000_000)] },
        kind: .stopped(signal: 2),
        summary: "nightly was stopped by SIGINT, sent by the terminal or the kernel, and then exited with status 130",
        level: .info, session: .exited, span: .cancelled, tags: ["exit.reason": "stopped", "exit.code": "130"]),
    Case(
        ending: .exited(code: 1), change: { $0.signals = [sent(1, 7, nil, before: 3_600_000_000_000)] },
        kind: .failedExit(code: 1), summary: "nightly exited with status 1", level: .error, session: .exited,
        span: .internalError, tags: ["exit.reason": "failed_exit", "exit.code": "1"]),
    Case(
        ending: .exited(code: 0), change: { $0.signals = [sent(15, 7, nil, before: 0)] }, kind: .success,
        summary: "nightly succeeded", level: .info, session: .exited, span: .ok,
        tags: ["exit.reason": "success", "exit.code": "0"]),
    Case(
        ending: .signaled(15, coreDumped: false),
        change: {
            $0.timeoutStage = 1
            $0.timeout = 90_000_000_000
        }, kind: .timedOut, summary: "nightly ran longer than its limit of 90 s, and was ended by SIGTERM",
        level: .error, session: .abnormal, span: .deadlineExceeded,
        tags: ["exit.reason": "timed_out", "exit.signal": "SIGTERM"]),
    Case(
        ending: .exited(code: 0),
        change: {
            $0.timeoutStage = 1
            $0.timeout = 1_500_000_000
        }, kind: .timedOut,
        summary: "nightly ran longer than its limit of 1500 ms, and exited with status 0 on SIGTERM", level: .error,
        session: .abnormal, span: .deadlineExceeded, tags: ["exit.reason": "timed_out", "exit.code": "0"]),
    Case(
        ending: .signaled(9, coreDumped: false), change: { $0.timeoutStage = 2 }, kind: .timedOut,
        summary: "nightly ran longer than its limit, and was killed as it did not end on SIGTERM", level: .error,
        session: .abnormal, span: .deadlineExceeded, tags: ["exit.reason": "timed_out", "exit.signal": "SIGKILL"]),
    Case(
        ending: .signaled(6, coreDumped: false), change: { $0.timeoutStage = 2 }, kind: .timedOut,
        summary: "nightly ran longer than its limit, and was ended by SIGABRT", level: .error, session: .abnormal,
        span: .deadlineExceeded, tags: ["exit.reason": "timed_out", "exit.signal": "SIGABRT"]),
    Case(
        ending: .notStarted(errno: 2, reason: "its interpreter /usr/bin/pyton does not exist"),
        change: { $0.runTime = nil }, kind: .couldNotStart,
        summary: "nightly could not be started: its interpreter /usr/bin/pyton does not exist", level: .fatal,
        session: .crashed, span: .failedPrecondition,
        tags: ["exit.reason": "could_not_start", "startup_crash": "true"]),
    Case(
        ending: .unknown, change: { $0.runTime = nil }, kind: .supervisionLost,
        summary: "nightly ended unseen: its supervisor was gone before it", level: .error, session: .abnormal,
        span: .unknown, tags: ["exit.reason": "supervision_lost"]),
]

@Suite struct VerdictTests {
    @Test(arguments: cases) func `evidence leads to a verdict`(row: Case) {
        let verdict = Verdict(row.evidence)
        #expect(verdict.kind == row.kind)
        #expect(verdict.summary == row.summary)
        #expect(verdict.level == row.level)
        #expect(verdict.sessionStatus == row.session)
        #expect(verdict.spanStatus == row.span)
        #expect(verdict.tags == row.tags)
        #expect(verdict.isFailure == (row.kind != .success))
        #expect(verdict.checkInStatus == (row.kind == .success ? .ok : .error))
        #expect(verdict.isStartupCrash == (row.tags["startup_crash"] != nil))
    }

    @Test(arguments: Int32(1)...64) func `no signal death is a success`(signal: Int32) {
        var evidence = Evidence(jobName: "j", ending: .signaled(signal, coreDumped: false))
        evidence.okExitCodes = Array(0...255)
        let verdict = Verdict(evidence)
        #expect(verdict.isFailure)
        #expect(verdict.checkInStatus == .error)
        #expect((verdict.level < .error) == [1, 2, 13, 15].contains(signal))
    }

    @Test(
        arguments: [
            (0, .exited(code: 0)), (3 << 8, .exited(code: 3)), (255 << 8, .exited(code: 255)),
            (11, .signaled(11, coreDumped: false)), (11 | 0x80, .signaled(11, coreDumped: true)), (0x137F, .unknown),
            (64, .signaled(64, coreDumped: false)),
        ] as [(Int32, Evidence.Ending)])
    func `wait statuses are taken apart`(status: Int32, ending: Evidence.Ending) {
        #expect(Evidence.Ending(waitStatus: status) == ending)
    }

    @Test(
        arguments: [
            (1, "SIGHUP"), (7, "SIGBUS"), (9, "SIGKILL"), (17, "SIGCHLD"), (31, "SIGSYS"), (32, "signal 32"),
            (34, "SIGRTMIN"), (35, "SIGRTMIN+1"), (64, "SIGRTMIN+30"), (65, "signal 65"), (0, "signal 0"),
            (-1, "signal -1"),
        ] as [(Int32, String)])
    func `signals have Linux's names`(number: Int32, name: String) { #expect(SignalName.of(number) == name) }
}
