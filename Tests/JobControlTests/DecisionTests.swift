// The pure decisions, as tables.

import LinuxSystem
import Testing

@testable import JobControl

@Suite struct DecisionTests {
    @Test(
        arguments: [
            (.other, .other, false, true, .pipe, .pipe), (.other, .other, true, true, .pipe, .withOutput),
            (.terminal, .terminal, true, true, .inherit, .inherit), (.other, .terminal, false, true, .pipe, .inherit),
            (.terminal, .other, false, true, .inherit, .pipe), (.closed, .other, false, true, .inherit, .pipe),
            (.other, .closed, false, true, .pipe, .inherit), (.other, .other, true, false, .inherit, .inherit),
        ] as [(StreamFacts.Kind, StreamFacts.Kind, Bool, Bool, StreamPlan.Route, StreamPlan.Route)])
    func streamsThatAreNoTerminalsGoThroughPipes(
        output: StreamFacts.Kind, error: StreamFacts.Kind, same: Bool, captures: Bool, outputRoute: StreamPlan.Route,
        errorRoute: StreamPlan.Route
    ) {
        let facts = StreamFacts(output: output, error: error, sameOpenFile: same)
        #expect(
            StreamPlan.decide(facts, captures: captures) == StreamPlan(output: outputRoute, error: errorRoute))
    }

    @Test(
        arguments: [
            (.exited(code: 7), false, false, .exit(code: 7)), (.exited(code: 7), true, true, .exit(code: 7)),
            (.killed(by: .terminate, dumpedCore: false), false, false, .die(of: .terminate)),
            (.killed(by: .terminate, dumpedCore: false), true, false, .exit(code: 143)),
            (.killed(by: .kill, dumpedCore: false), false, true, .exit(code: 137)),
        ] as [(WaitStatus, Bool, Bool, ExitMirror)])
    func theEndIsMirrored(status: WaitStatus, shellStyle: Bool, isInit: Bool, mirror: ExitMirror) {
        #expect(ExitMirror.decide(status, shellStyle: shellStyle, isInit: isInit) == mirror)
    }

    @Test(arguments: [
        (ExitSurroundings(process: 1, parent: 0), true), (ExitSurroundings(process: 50, parent: 40), false),
        (ExitSurroundings(process: 50, parent: 1), false),
        (ExitSurroundings(process: 50, parent: 1, hasInvocationID: true), true),
        (ExitSurroundings(process: 50, parent: 1, isContainer: true), true),
        (ExitSurroundings(process: 50, parent: 40, hasInvocationID: true), false),
        (ExitSurroundings(process: 50, parent: 40, hasInvocationID: true, systemdExecProcess: 50), true),
        (ExitSurroundings(process: 50, parent: 40, hasInvocationID: true, systemdExecProcess: 40), false),
        (ExitSurroundings(process: 50, parent: 40, isContainer: true), false),
    ])
    func deliveryIsWaitedForWhereOurExitEndsEverything(surroundings: ExitSurroundings, ends: Bool) {
        #expect(surroundings.exitEndsEverything == ends)
    }

    @Test func aTimeoutEscalatesOnceAtEachStage() {
        var timeout = TimeoutEscalation(timeout: 100, killAfter: 50, start: time(1000))
        #expect(timeout.advance(at: time(1099)) == nil)
        #expect(timeout.advance(at: time(1110)) == .terminate)
        #expect(timeout.nextDue == time(1160))
        #expect(timeout.advance(at: time(1159)) == nil)
        #expect(timeout.advance(at: time(1160)) == .kill)
        #expect(timeout.advance(at: time(9999)) == nil)
        #expect(timeout.nextDue == nil)
        #expect(timeout.stage == .killed)
    }

    @Test func withoutAKillThereIsOnlyTERM() {
        var timeout = TimeoutEscalation(timeout: 0, killAfter: 0, start: time(5))
        #expect(timeout.advance(at: time(5)) == .terminate)
        #expect(timeout.nextDue == nil)
        #expect(TimeoutEscalation(timeout: nil, killAfter: 1, start: time(0)).nextDue == nil)
        #expect(TimeoutEscalation(timeout: .max, killAfter: 1, start: time(9)).nextDue == time(.max))
    }

    @Test func theReporterIsLookedForInOrder() {
        var asked: [String] = []
        func path(_ libexec: String?, _ executable: String?, found: String? = nil) -> String? {
            asked = []
            return ReporterProgram.path(libexec: libexec, executable: executable) {
                asked.append($0)
                return $0 == found
            }
        }
        #expect(path("/x", "/usr/bin/sentry-run") == nil)
        #expect(
            asked == [
                "/x/sentry-run-reporter", "/usr/bin/sentry-run-reporter",
                "/usr/bin/../libexec/sentry-run/sentry-run-reporter",
            ])
        #expect(
            path("", "/usr/bin/sentry-run", found: "/usr/bin/sentry-run-reporter") == "/usr/bin/sentry-run-reporter")
        #expect(asked.count == 1)
        #expect(path("", nil) == nil)
        #expect(asked.isEmpty)
    }
}

@Suite struct SignalRouteTests {
    static let shared = SignalSurroundings(ownProcess: 10, sharesGroup: true, isSessionLeader: false, hasWitness: true)
    static let apart = SignalSurroundings(ownProcess: 10, sharesGroup: false, isSessionLeader: false, hasWitness: true)
    static let alone = SignalSurroundings(ownProcess: 10, sharesGroup: true, isSessionLeader: false, hasWitness: false)
    static let leader = SignalSurroundings(ownProcess: 10, sharesGroup: true, isSessionLeader: true, hasWitness: true)
    static let alarm = Signal(14)

    @Test(
        arguments: [
            (.interrupt, .kernel, 0, shared, .alreadySeen), (.windowChange, .kernel, 0, shared, .alreadySeen),
            (.interrupt, .kernel, 0, apart, .forward), (.hangUp, .kernel, 0, shared, .alreadySeen),
            (.hangUp, .kernel, 0, leader, .forward), (alarm, .kernel, 0, shared, .forward),
            (.cpuLimit, .kernel, 0, shared, .ignore), (.terminate, .user, 5, shared, .askWitness),
            (.terminate, .user, 5, apart, .forward), (.terminate, .user, 5, alone, .forward),
            (.pipe, .user, 10, shared, .ignore), (.pipe, .user, 5, shared, .askWitness),
            (Signal(40), .queue(value: 1), 5, shared, .askWitness), (.child, .other(1), 77, shared, .ignore),
            (.child, .user, 5, alone, .forward), (.user1, .other(-6), 5, shared, .forward),
        ] as [(Signal, ReceivedSignal.Origin, Int32, SignalSurroundings, SignalRoute)])
    func theOriginTellsWhoElseGotIt(
        signal: Signal, origin: ReceivedSignal.Origin, sender: Int32, surroundings: SignalSurroundings,
        route: SignalRoute
    ) {
        let received = ReceivedSignal(signal: signal, origin: origin, sender: sender)
        #expect(SignalRoute.of(received, in: surroundings) == route)
    }

    static let term: UInt64 = 1 << 14

    @Test(
        arguments: [
            (SignalSets(), SignalSets(), false), (SignalSets(pending: term), nil, true),
            (SignalSets(pending: term), SignalSets(caught: term), true),
            (SignalSets(pending: term), SignalSets(ignored: term), true),
            (SignalSets(pending: term), SignalSets(pending: term, blocked: term), true),
            (SignalSets(pending: term), SignalSets(), false),
            (SignalSets(pending: term), SignalSets(mayWaitForSignals: true), true),
        ] as [(SignalSets, SignalSets?, Bool)])
    func theWitnessAndTheJobTellAGroupsSignal(witness: SignalSets, job: SignalSets?, all: Bool) {
        #expect(SignalForwarder.wasSentToAll(.terminate, witness: witness, job: job) == all)
    }

    @Test func decisionsKeepTheOrderAndAStaleWitnessSaysNothing() {
        var forwarder = SignalForwarder()
        let term = ReceivedSignal(signal: .terminate, origin: .user, sender: 5)
        let alarm = ReceivedSignal(signal: Self.alarm, origin: .kernel)
        forwarder.accept(term, in: Self.shared, at: time(0))
        forwarder.accept(alarm, in: Self.shared, at: time(0))
        #expect(forwarder.nextDue == time(SignalForwarder.witnessDelay))
        let pending = SignalSets(pending: Self.term)
        let catching = SignalSets(caught: Self.term)
        #expect(forwarder.decide(at: time(1), witness: { pending }, job: { catching }) == [])
        #expect(
            forwarder.decide(at: time(3_000_000), witness: { pending }, job: { catching })
                == [.alreadySeen(term), .forward(alarm)])
        // Still pending from before: somebody else's may have come alone.
        let other = ReceivedSignal(signal: .terminate, origin: .user, sender: 6)
        forwarder.accept(other, in: Self.shared, at: time(4_000_000))
        #expect(
            forwarder.decide(at: time(9_000_000), witness: { pending }, job: { catching }) == [.forward(other)])
        // Drained at a look in between, so it says something again.
        forwarder.accept(term, in: Self.shared, at: time(10_000_000))
        #expect(
            forwarder.decide(at: time(19_000_000), witness: { SignalSets() }, job: { catching }) == [.forward(term)])
        forwarder.accept(term, in: Self.shared, at: time(20_000_000))
        #expect(
            forwarder.decide(at: time(29_000_000), witness: { pending }, job: { catching }) == [.alreadySeen(term)])
    }

    @Test func whereTheWitnessCannotTellASendersRepetitionGoesTheWayOfItsFirst() {
        var forwarder = SignalForwarder()
        let term = ReceivedSignal(signal: .terminate, origin: .user, sender: 5)
        let pending = SignalSets(pending: Self.term)
        let catching = SignalSets(caught: Self.term)
        forwarder.accept(term, in: Self.shared, at: time(0))
        _ = forwarder.decide(at: time(3_000_000), witness: { pending }, job: { catching })
        // Not drained yet.
        forwarder.accept(term, in: Self.shared, at: time(4_000_000))
        #expect(
            forwarder.decide(at: time(7_000_000), witness: { pending }, job: { catching }) == [.alreadySeen(term)])
        // Drained after it came: the witness may have taken it with the others.
        forwarder.accept(term, in: Self.shared, at: time(8_000_000))
        forwarder.witnessWasDrained(at: time(9_000_000))
        #expect(
            forwarder.decide(at: time(11_000_000), witness: { SignalSets() }, job: { catching }) == [.alreadySeen(term)]
        )
        // Drained before it came: the witness knows, and hasn't got it.
        forwarder.accept(term, in: Self.shared, at: time(20_000_000))
        #expect(
            forwarder.decide(at: time(23_000_000), witness: { SignalSets() }, job: { catching }) == [.forward(term)])
    }

    @Test func theKernelsStatusTextIsRead() {
        let text =
            "Name:\tx\nSigQ:\t0/95\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\n"
            + "SigBlk:\tfffffffffffffeff\nSigIgn:\t0000000000001000\nSigCgt:\t0000000180000000\nCapEff:\t1\n"
        #expect(
            SignalSets(status: text)
                == SignalSets(pending: 0x4001, blocked: 0xffff_ffff_ffff_feff, ignored: 0x1000, caught: 0x1_8000_0000))
        #expect(SignalSets(status: "Name:\tx\n") == nil)
    }
}

@Suite struct ExecutableImageTests {
    @Test(arguments: [
        ("#!/bin/sh\n", "/bin/sh"), ("#! /usr/bin/env python3\n", "/usr/bin/env"), ("#!\n", ""),
        ("#!/bin/sh\r\n", "/bin/sh\r"), ("#!/bin/sh", "/bin/sh"),
    ])
    func aScriptNamesItsInterpreter(text: String, interpreter: String) {
        #expect(ExecutableImage(bytes: Array(text.utf8)) == .script(interpreter: interpreter))
    }

    @Test func everyPrefixAndEveryDamagedByteOfAProgramIsReadWithoutATrap() throws {
        let file = try FileDescriptor.open("/bin/true", OpenFlags.readOnly)
        defer { file.close() }
        let bytes = try file.readAll(limit: 4096)
        guard case .elf(let header) = ExecutableImage(bytes: bytes) else {
            Issue.record("/bin/true is no ELF file")
            return
        }
        #expect(header.machineName == machineName())
        #expect(header.interpreter?.hasPrefix("/lib") == true)
        for count in 0..<1024 { _ = ExecutableImage(bytes: Array(bytes[..<count])) }
        for index in 0..<1024 {
            for value: UInt8 in [0, 1, 0x7f, 0xff] {
                var damaged = bytes
                damaged[index] = value
                _ = ExecutableImage(bytes: damaged)
            }
        }
    }
}

private func time(_ nanoseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }
