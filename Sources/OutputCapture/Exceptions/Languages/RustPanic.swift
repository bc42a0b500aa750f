// Rust: panics with and without a backtrace, the one-line form up to 1.72 and the two-line form since.
//
//     thread 'main' (4242) panicked at src/main.rs:9:30:
//     no such row
//     stack backtrace:
//        5: shop::Store::get
//                  at ./src/main.rs:9:30

import SentryProtocol

struct RustPanic: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("panicked at ")]

    private let thread: Substring
    private let place: Substring
    private var message: [Substring]
    private var trace = RustBacktrace()
    private(set) var isCertain: Bool
    private var isMessageOver = false
    /// Lines after a blank one: the message's, or no longer the panic's.
    private var doubtful: [Substring] = []

    private static let longestMessage = 40
    private static let mostDoubtful = 8

    init?(_ opening: inout ExceptionOpening) {
        guard let start = opening.before.last("thread '") else { return nil }
        opening.begin(at: opening.line.utf8.distance(from: opening.line.startIndex, to: start.lowerBound))
        guard let (thread, rest) = opening.text.cutting(prefix: "thread '")?.parts(around: "'"),
            let (_, place) = rest.parts(around: "panicked at ")
        else { return nil }
        self.thread = thread
        if place.begins(with: "'"), let (message, location) = place.dropFirst().parts(aroundLast: "', ") {
            self.message = [message]
            self.place = location
            isMessageOver = true
        } else {
            guard let location = place.trimmed.cutting(suffix: ":") else { return nil }
            self.place = location
            message = []
        }
        guard self.place.place?.column != nil else { return nil }
        isCertain = true
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line == "stack backtrace:" {
            trace.begin()
            return settled(.taken)
        }
        if trace.take(line) { return .taken }
        if line.begins(with: "note: ") { return settled(.complete) }
        if line == "thread caused non-unwinding panic. aborting." { return .complete }
        if isMessageOver || trace.hasBegun { return .over }
        if !doubtful.isEmpty || (line.isBlank && !message.isEmpty) {
            doubtful.append(line)
            return doubtful.count <= Self.mostDoubtful && !line.begins(with: "thread '") ? .foreign : .over
        }
        message.append(line)
        return message.count < Self.longestMessage ? .taken : .over
    }

    /// What stood before this was the message.
    private mutating func settled(_ step: ExceptionStep) -> ExceptionStep {
        message += doubtful
        doubtful = []
        return step
    }

    func finish() -> RecognisedException? {
        var frames = trace.ownFrames
        if frames.isEmpty, let (file, line, column) = place.place {
            frames = [Frame(function: nil, path: file, line: line, column: column)]
        }
        let end = message.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? 0
        let raised = RaisedException(type: "panic", value: message[..<end].joined(separator: "\n"), frames: frames)
        var exception = RecognisedException(
            platform: "native", raised: raised, ending: thread == "main" || isLastOfMany ? .ended : .unknown)
        if isLastOfMany { exception.rank = .echo }
        return exception
    }

    /// What comes of another panic that was printed before.
    private var isLastOfMany: Bool {
        message.first == "panic in a function that cannot unwind"
            || message.first == "panic in a destructor during cleanup"
    }
}
