// Go's race detector.
//
//     WARNING: DATA RACE
//     Read at 0x00000054b7c0 by goroutine 6:
//       main.add()
//           /srv/app/main.go:8 +0x30

import SentryProtocol

struct GoRace: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("DATA RACE")]

    private struct Access: Sendable {
        let title: Substring
        var frames = FrameList()
    }

    private var accesses: [Access] = []
    private var function: Substring?

    init?(_ opening: inout ExceptionOpening) {
        opening.extendBack(over: "WARNING: ")
        guard opening.text.trimmed == "WARNING: DATA RACE" else { return nil }
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "==================") { return .complete }
        if line.isBlank { return .taken }
        if line.indentation == 0 {
            guard line.ends(in: ":"), accesses.count < 64 else { return .over }
            accesses.append(Access(title: line.cutting(suffix: ":") ?? line))
        } else if line.begins(with: "      "), let name = function, !accesses.isEmpty {
            let location = line.trimmed.parts(aroundLast: " +0x")?.before ?? line.trimmed
            if let (file, number, _) = location.place {
                accesses[accesses.count - 1].frames.append(GoFrame.frame(name, file, number))
            }
            function = nil
        } else {
            function = line.trimmed
        }
        return .taken
    }

    func finish() -> RecognisedException? {
        guard let first = accesses.first else { return nil }
        let threads = accesses.dropFirst().enumerated().map { index, access in
            RecognisedThread(id: index + 1, name: String(access.title), frames: access.frames.oldestFirst)
        }
        let raised = RaisedException(type: "DATA RACE", value: String(first.title), frames: first.frames.oldestFirst)
        return RecognisedException(platform: "go", raised: raised, threads: threads)
    }
}
