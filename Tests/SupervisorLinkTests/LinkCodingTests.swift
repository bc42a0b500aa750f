import SupervisorLink
import Testing

@Suite struct LinkCodingTests {
    static let start = RunStart(
        runSeed: Array(0..<16), traceID: Array(16..<32), spanID: Array(32..<40), sampleRandMillionths: 999_999,
        supervisor: 4_194_303, startedWall: 1_790_000_000_000_000_000, startedMonotonic: 77, reporterRestarts: 3,
        capturesOutput: true, capturesError: false, mergedStreams: true, terminal: false)
    static let exit = JobExit(
        waitStatus: 0x0b, endedWall: -1, endedMonotonic: .max, userMicroseconds: 1, systemMicroseconds: 2,
        maxResidentKiB: 3, minorFaults: 4, majorFaults: 5, blocksIn: 6, blocksOut: 7, voluntarySwitches: 8,
        involuntarySwitches: 9, outputBytes: .max, errorBytes: 11, lostBytes: 12, timeoutStage: 2)
    static let messages: [LinkMessage] = [
        .runStart(start), .jobStarted(pid: 12), .execFailed(errno: 2, reason: "no such file — ő"),
        .signalForwarded(signal: 15, sender: 1, senderUser: 65534), .signalSeen(signal: 64, sender: 0, senderUser: 0),
        .timeout(stage: 1), .jobStopped(signal: 20), .jobContinued, .jobExited(exit), .closeStream(.output),
        .closeStream(.error), .drainSignals,
        .snapshot(
            SnapshotNotice(
                reason: .hang, process: 5, thread: 6, signal: 11, stoppedNanoseconds: 1_000_000,
                descriptors: SnapshotNotice.rootDirectory)),
        .processForked(pid: 7, parent: 6, time: 8), .processExecuted(pid: 7, name: "true", time: 9),
        .processEnded(pid: 7, waitStatus: -1, time: 10),
        .tracing(TracingState(mode: .reduced, stoppedNanoseconds: 11, processesLetGo: 12, detail: "its budget")),
        .sampling(SamplingState(source: .ring, stackBytes: 65_528, descriptors: 2, detail: "perf was refused")),
        .sampling(SamplingState(source: nil, detail: "nothing is permitted")), .samplingDescriptors(count: 60),
    ]
    static let answers: [ReporterMessage] = [
        .ready, .closedStream(.error), .settled(notice: "", pending: true, urgent: true),
        .settled(notice: "kept as 4f", pending: false, urgent: false), .delivered, .samplingAbandoned,
    ]

    @Test(arguments: messages)
    func aMessageArrivesAsItWasSent(message: LinkMessage) throws {
        #expect(try LinkMessage(packet: message.encoded()) == message)
    }

    @Test(arguments: answers)
    func anAnswerArrivesAsItWasSent(answer: ReporterMessage) throws {
        #expect(try ReporterMessage(packet: answer.encoded()) == answer)
    }

    @Test(arguments: messages)
    func aPacketCutAnywhereIsRefused(message: LinkMessage) {
        let packet = message.encoded()
        for count in 0..<packet.count {
            #expect(throws: LinkError.tooShort) { try LinkMessage(packet: Array(packet[..<count])) }
        }
    }

    @Test func otherVersionsAndKindsAreNamed() {
        #expect(throws: LinkError.otherVersion(1)) { try LinkMessage(packet: [1, 0, 1, 0]) }
        #expect(throws: LinkError.unknownKind(99)) { try LinkMessage(packet: [3, 0, 99, 0]) }
        #expect(throws: LinkError.unknownKind(1)) { try ReporterMessage(packet: [3, 0, 1, 0]) }
        #expect(throws: LinkError.unknownKind(3)) { try LinkMessage(packet: [3, 0, 10, 0, 3]) }
    }

    @Test func theLongestTextFitsAPacket() throws {
        let packet = LinkMessage.execFailed(errno: 2, reason: String(repeating: "x", count: 70_000)).encoded()
        #expect(packet.count <= maximumPacket)
        guard case .execFailed(_, let reason) = try LinkMessage(packet: packet) else {
            Issue.record("another message")
            return
        }
        #expect(reason.count == 3000)
    }

    @Test func theLayoutIsFixed() {
        #expect(LinkMessage.jobStarted(pid: 0x0102_0304).encoded() == [3, 0, 2, 0, 4, 3, 2, 1])
        #expect(
            ReporterMessage.settled(notice: "hé", pending: true, urgent: false).encoded()
                == [3, 0, 103, 0, 3, 0, 104, 195, 169, 1, 0])
    }
}
