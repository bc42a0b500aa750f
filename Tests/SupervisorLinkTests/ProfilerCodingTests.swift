import SupervisorLink
import Testing

@Suite struct ProfilerCodingTests {
    static var parameters: ProfilerParameters {
        var parameters = ProfilerParameters(
            source: .ring, frequency: 997, budgetMillionths: 20_000, descriptors: 2, startedWall: 1, startedMonotonic: 2
        )
        parameters.includesBlocked = true
        parameters.stackBytes = 65_528
        parameters.isSent = true
        parameters.transactionLimit = 3
        parameters.chunkLimit = 4
        parameters.symbolicationTime = 5
        parameters.restarts = 6
        parameters.output = "/tmp/ő.html"
        parameters.format = "html"
        parameters.title = "import.sh"
        parameters.command = ["./import.sh", "", "x"]
        parameters.symbolPaths = ["/usr/lib/debug"]
        parameters.inAppInclude = ["/opt"]
        parameters.inAppExclude = ["std::"]
        return parameters
    }

    static var outcome: ProfileOutcome {
        var outcome = ProfileOutcome(source: "perf+proc", frequency: 49)
        (outcome.taken, outcome.lost, outcome.throttled, outcome.late, outcome.truncated) = (1, 2, 3, 4, .max)
        (outcome.processes, outcome.threads) = (6, 7)
        outcome.outputFailure = "no space left"
        outcome.summary = "several\nlines"
        outcome.notes = ["one", "two"]
        return outcome
    }

    static let piece = ProfilePiece(
        startedWall: -1, endedWall: .max, samples: 9, thread: 4_194_303, threadName: "worker")
    static let messages: [ProfilerMessage] = [
        .start(parameters), .descriptors(count: 60), .jobStarted(pid: 12), .finish(milliseconds: 3000),
    ]
    static let answers: [ProfilerAnswer] = [.chunk(piece), .profile(piece), .done(outcome), .failed(reason: "no ring")]

    @Test(arguments: messages)
    func aMessageArrivesAsItWasSent(message: ProfilerMessage) throws {
        #expect(try ProfilerMessage(packet: message.encoded()) == message)
    }

    @Test(arguments: answers)
    func anAnswerArrivesAsItWasSent(answer: ProfilerAnswer) throws {
        #expect(try ProfilerAnswer(packet: answer.encoded()) == answer)
    }

    @Test(arguments: messages.map { $0.encoded() } + answers.map { $0.encoded() })
    func aPacketCutAnywhereIsRefused(packet: [UInt8]) {
        for count in 0..<packet.count {
            let cut = Array(packet[..<count])
            #expect(throws: LinkError.self) { try ProfilerMessage(packet: cut) }
            #expect(throws: LinkError.self) { try ProfilerAnswer(packet: cut) }
        }
    }

    @Test func theLongestFieldsFitAPacket() throws {
        var parameters = Self.parameters
        let long = String(repeating: "x", count: 70_000)
        let list = Array(repeating: String(repeating: "y", count: 100), count: 70_000)
        (parameters.output, parameters.format, parameters.title) = (long, long, long)
        (parameters.command, parameters.symbolPaths) = (list, list)
        (parameters.inAppInclude, parameters.inAppExclude) = (list, [long])
        let packet = ProfilerMessage.start(parameters).encoded()
        #expect(packet.count <= maximumProfilerPacket)
        guard case .start(let arrived) = try ProfilerMessage(packet: packet) else {
            Issue.record("another message")
            return
        }
        #expect(arrived.output.utf8.count == 4096)
        #expect(arrived.command == Array(list.prefix(80)))
        #expect(arrived.inAppExclude.isEmpty)

        var outcome = Self.outcome
        (outcome.source, outcome.outputFailure, outcome.summary, outcome.notes) = (long, long, long, list)
        #expect(ProfilerAnswer.done(outcome).encoded().count <= maximumProfilerPacket)
    }

    @Test func unknownKindsAndSourcesAreNamed() {
        #expect(throws: LinkError.unknownKind(1)) {
            try ProfilerMessage(packet: LinkMessage.jobStarted(pid: 1).encoded().withKind(1))
        }
        var packet = ProfilerMessage.start(Self.parameters).encoded()
        packet[4] = 9
        #expect(throws: LinkError.unknownKind(9)) { try ProfilerMessage(packet: packet) }
    }
}

extension [UInt8] {
    fileprivate func withKind(_ kind: UInt8) -> [UInt8] { Array(self[..<2]) + [kind, 0] + Array(self[4...]) }
}
