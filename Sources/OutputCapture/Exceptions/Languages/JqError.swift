// Errors of jq: of the input, of the program, and while it runs.
//
//     jq: error (at data.json:1): Cannot iterate over number (3)
//     jq: error: frobnicate/1 is not defined at <top-level>, line 1:
//     parse error: Invalid numeric literal at line 1, column 22
//
// Source: src/main.c and src/util.c of jq.

import SentryProtocol

struct JqError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("jq: "), .start("parse er")]

    private let value: Substring
    private var frame: Frame?
    /// The program's source follows, and a count.
    private var expectsSource = false

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text.trimmed
        // Before 1.7 without the program's name.
        if let message = text.cutting(prefix: "jq: parse error: ") ?? text.cutting(prefix: "parse error: ") {
            guard let (reason, place) = message.parts(aroundLast: " at line "),
                let (line, column) = place.parts(around: ", column "),
                let line = line.wholeNumber, column.wholeNumber != nil
            else { return nil }
            value = reason
            frame = Frame(function: nil, path: "<input>", line: max(1, line), column: column.position)
            return
        }
        if let (place, message) = text.cutting(prefix: "jq: error (at ")?.parts(around: "): ") {
            value = message
            frame = place.place.map { Frame(function: nil, path: $0.file, line: $0.line) }
            return
        }
        guard let message = text.cutting(prefix: "jq: error: ") else { return nil }
        if let (reason, place) = message.parts(aroundLast: " at <top-level>, line "),
            let line = place.cutting(suffix: ":")
        {
            value = reason
            frame = Frame(function: nil, path: "<program>", line: line.position)
            expectsSource = true
        } else {
            value = message
        }
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard expectsSource else { return .over }
        if line.begins(with: "jq: "), line.ends(in: " compile error") || line.ends(in: " compile errors") {
            return .complete
        }
        guard !line.begins(with: "jq: "), frame?.contextLine == nil else { return .over }
        frame?.contextLine = String(line.trimmed)
        return .taken
    }

    func finish() -> RecognisedException? {
        var exception = RecognisedException(
            platform: "other",
            raised: RaisedException(type: "JqError", value: String(value), frames: frame.map { [$0] } ?? []))
        exception.rank = .complaint
        return exception
    }
}
