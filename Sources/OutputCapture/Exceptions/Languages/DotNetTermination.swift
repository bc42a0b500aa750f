// .NET where the runtime itself ends the program: `Environment.FailFast`, a failed assertion, a stack that overflowed.
//
//     Process terminated. the ledger is gone
//        at System.Environment.FailFast(System.String, System.Exception)
//        at Shop.Ledger.CheckAll()
//     System.InvalidOperationException: no such account
//        at Shop.Ledger.CheckAll()

import SentryProtocol

struct DotNetTermination: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Process terminated."), .start("Stack overflow.")]

    private let type: String
    private var value: [Substring]
    private var frames = FrameList()
    /// What `FailFast` was given beside the text.
    private var cause: DotNetException?

    private static let longestMessage = 24
    private static let overflow = "Stack overflow"

    init?(_ opening: inout ExceptionOpening) {
        if let message = opening.text.cutting(prefix: "Process terminated.") {
            type = "Process terminated"
            value = message.isBlank ? [] : [message.trimmed]
        } else {
            guard opening.text == "Stack overflow." else { return nil }
            type = Self.overflow
            value = []
        }
    }

    var isCertain: Bool { !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if cause != nil { return cause?.take(line) ?? .over }
        if line.begins(with: "   at "), let frame = DotNetFrame.read(line) {
            frames.append(frame)
            return .taken
        }
        if type == Self.overflow {
            // Before version 5 no stack follows, and nothing else either: as a sentence amid others it is none.
            return Self.isFolding(line) ? .taken : frames.isEmpty ? .nothing : .over
        }
        if isCertain {
            cause = DotNetException(cause: line)
            return cause == nil ? .over : .taken
        }
        guard value.count < Self.longestMessage else { return .nothing }
        value.append(line)
        return .taken
    }

    /// A recursion is printed once, between lines.
    private static func isFolding(_ line: Substring) -> Bool {
        line.begins(with: "Repeat ") && line.ends(in: " times:") || line.begins(with: "--------")
    }

    func finish() -> RecognisedException? {
        guard isCertain || type == Self.overflow else { return nil }
        var raised = RaisedException(
            type: type, value: value.isEmpty ? nil : value.joined(separator: "\n"), frames: frames.oldestFirst)
        if var inner = cause?.finish()?.raised {
            inner.source = "InnerException"
            raised.causes = [inner]
        }
        return RecognisedException(platform: "csharp", raised: raised, ending: .ended)
    }
}
