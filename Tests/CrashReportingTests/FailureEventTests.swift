import CrashReporting
import SentryProtocol
import Testing

private let time = Timestamp(nanoseconds: 1_795_234_329_050_120_999)

private func event(_ ending: Evidence.Ending, _ change: (inout Evidence) -> Void = { _ in }) throws -> Event {
    var evidence = Evidence(jobName: "nightly-import", ending: ending)
    change(&evidence)
    let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
    return FailureEvent.make(Verdict(evidence), evidence, id: id, timestamp: time)
}

@Suite struct FailureEventTests {
    @Test func `a failed exit, as it goes over the wire`() throws {
        let event = try event(.exited(code: 3)) { $0.runTime = 1_500_000_000 }
        #expect(
            String(decoding: event.jsonBytes, as: UTF8.self)
                == #"{"event_id":"0d0c1b2a39485766b5a4938271605f4e","timestamp":1795234329.050120,"platform":"native","#
                + #""level":"error","logger":"sentry-run","transaction":"nightly-import","#
                + #""tags":{"exit.code":"3","exit.reason":"failed_exit"},"#
                + #""contexts":{"exit":{"summary":"nightly-import exited with status 3","reason":"failed_exit","code":3,"#
                + #""seconds":1.5}},"exception":{"values":[{"type":"ProcessExit","#
                + #""value":"nightly-import exited with status 3","mechanism":{"type":"auto.process.exit_code","#
                + #""handled":false,"description":"nightly-import exited with status 3"}}]},"#
                + #""fingerprint":["sentry-run","nightly-import","failed_exit","3"],"#
                + #""sdk":{"name":"sentry.swift.run","version":"\#(programVersion)"}}"#)
    }

    @Test(
        arguments: [
            (
                .exited(code: 3), "ProcessExit", "nightly-import exited with status 3", "auto.process.exit_code",
                ["failed_exit", "3"]
            ),
            (
                .signaled(11, coreDumped: true), "SIGSEGV", "nightly-import crashed with SIGSEGV (segmentation fault)",
                "signalhandler", ["crashed", "SIGSEGV"]
            ),
            (
                .signaled(9, coreDumped: false), "SIGKILL", "nightly-import was killed by SIGKILL",
                "auto.process.exit_signal", ["killed", "SIGKILL"]
            ),
            (
                .signaled(15, coreDumped: false), "SIGTERM", "nightly-import was stopped by SIGTERM",
                "auto.process.exit_signal", ["stopped", "SIGTERM"]
            ),
            (
                .notStarted(errno: 13, reason: "permission denied"), "ProcessStart",
                "nightly-import could not be started: permission denied", "auto.process.exec",
                ["could_not_start", "errno 13"]
            ),
            (
                .unknown, "SupervisionLost", "nightly-import ended unseen: its supervisor was gone before it",
                "auto.process.supervision", ["supervision_lost"]
            ),
        ] as [(Evidence.Ending, String, String, String, [String])])
    func `each ending has a title, a mechanism and a group`(
        ending: Evidence.Ending, type: String, value: String, mechanism: String, fingerprint: [String]
    ) throws {
        let event = try event(ending)
        let exception = try #require(event.exceptions.first)
        #expect(exception.type == type)
        #expect(exception.value == value)
        #expect(exception.mechanism?.type == mechanism)
        #expect(exception.mechanism?.handled == false)
        #expect(event.fingerprint == ["sentry-run", "nightly-import"] + fingerprint)
    }

    @Test func `a signal is said in full`() throws {
        let mechanism = try #require(try event(.signaled(11, coreDumped: true)).exceptions.first?.mechanism)
        #expect(mechanism.synthetic == true)
        #expect(mechanism.signal == Mechanism.Signal(number: 11, name: "SIGSEGV"))
    }

    @Test func `a failed exec tells its errno`() throws {
        #expect(try event(.notStarted(errno: 2, reason: "")).exceptions.first?.mechanism?.errno == 2)
        #expect(try event(.notStarted(errno: 2, reason: "")).exceptions.first?.value?.hasSuffix("error 2") == true)
    }

    @Test func `the title does not change with who sent the signal`() throws {
        let received = Evidence.ReceivedSignal(number: 15, senderPID: 9, senderUser: 0, beforeEnd: 2_000_000)
        let (plain, sent) = (
            try event(.signaled(15, coreDumped: false)),
            try event(.signaled(15, coreDumped: false)) {
                $0.signals = [received]
            }
        )
        #expect(plain.exceptions.first?.value == sent.exceptions.first?.value)
        #expect(plain.fingerprint == sent.fingerprint)
        #expect(sent.contexts["exit"]?["signals"] == ["SIGTERM by pid 9, user 0, 2 ms before the end"])
    }

    @Test func `a run killed for memory is one group, whatever told us`() throws {
        let direct = try event(.signaled(9, coreDumped: false)) { $0.oomKillRose = true }
        let throughShell = try event(.exited(code: 137)) { $0.oomKillRose = true }
        #expect(direct.fingerprint == throughShell.fingerprint)
        #expect(direct.exceptions.first?.type == "OutOfMemory")
        #expect(direct.contexts["exit"]?["cgroup_oom_kill"] == true)
    }
}
