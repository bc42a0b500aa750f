// Rust where nothing can unwind: the standard library says why and aborts.
//
//     thread 'main' (4242) has overflowed its stack
//     fatal runtime error: stack overflow, aborting

import SentryProtocol

struct RustAbort: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("fatal runtime error: "), .start("memory allocation of ")]

    private let type: String
    private let value: Substring

    init?(_ opening: inout ExceptionOpening) {
        if let reason = opening.text.cutting(prefix: "fatal runtime error: ") {
            type = "fatal runtime error"
            value = reason.cutting(suffix: ", aborting") ?? reason
        } else {
            guard
                let (count, _) = opening.text.cutting(prefix: "memory allocation of ")?.parts(around: " bytes failed"),
                !count.isEmpty, count.utf8.allSatisfy(\.isDigit)
            else { return nil }
            type = "handle_alloc_error"
            value = opening.text
        }
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        line.begins(with: "note: run with `RUST_BACKTRACE") ? .complete : .over
    }

    func finish() -> RecognisedException? {
        let raised = RaisedException(type: type, value: String(value))
        return RecognisedException(platform: "native", raised: raised, ending: .ended)
    }
}
