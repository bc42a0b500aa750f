// Errors of awk programs: gawk's, mawk's and the one true awk's.
//
//     gawk: ratio.awk:3: (FILENAME=numbers.txt FNR=1) fatal: division by zero attempted
//     mawk: ratio.awk: line 3: missing ) near end of line
//
// Source: gawk's msg.c (err), mawk's error.c (rt_error_msg, compile_error).

import SentryProtocol

struct AwkError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("gawk"), .start("mawk"), .start("awk:")]

    private let program: Substring
    private let isSyntax: Bool
    private var value: String
    private var frame: Frame?

    init?(_ opening: inout ExceptionOpening) {
        guard let (program, text) = opening.text.parts(around: ": "), program.fileName.ends(in: "awk") else {
            return nil
        }
        self.program = program
        if let place = Self.place(text) {
            frame = place.frame
            if let (_, message) = place.rest.parts(around: "fatal: ") {
                value = String(message)
                isSyntax = false
            } else {
                guard program == "gawk" || place.rest.indentation == 0 else { return nil }
                value = String(place.rest.trimmed)
                // The next line has the message, below the source.
                isSyntax = program != "mawk" && place.rest.indentation > 0
                if isSyntax { frame?.contextLine = value }
            }
            return
        }
        guard let message = text.cutting(prefix: "fatal: ") ?? (program == "mawk" ? Self.mawk(text) : nil) else {
            return nil
        }
        value = String(message)
        isSyntax = false
    }

    /// Messages of mawk's that have no place.
    private static func mawk(_ text: Substring) -> Substring? {
        text.begins(with: "cannot open ") || text.begins(with: "division by zero") ? text : nil
    }

    /// `ratio.awk:3: `, `cmd. line:1: `, `ratio.awk: line 3: `, `line 3: `
    private static func place(_ text: Substring) -> (frame: Frame, rest: Substring)? {
        guard let (first, after) = text.parts(around: ":") else { return nil }
        if let number = first.cutting(prefix: "line ")?.position {
            return (Frame(function: nil, path: "<program>", line: number), after.dropFirst())
        }
        if let (digits, rest) = after.parts(around: ": "), let number = digits.position {
            let path = first == "cmd. line" ? "<program>" : first
            return (Frame(function: nil, path: path, line: number), rest)
        }
        guard let (digits, rest) = after.cutting(prefix: " line ")?.parts(around: ": "), let number = digits.position
        else {
            return nil
        }
        return (Frame(function: nil, path: first, line: number), rest)
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard isSyntax, let text = line.cutting(prefix: "\(program): "), let (_, caret) = text.parts(around: "^ ")
        else {
            return .over
        }
        value = String(caret)
        return .complete
    }

    func finish() -> RecognisedException? {
        var exception = RecognisedException(
            platform: "other",
            raised: RaisedException(type: "AwkError", value: value, frames: frame.map { [$0] } ?? []))
        exception.rank = .complaint
        return exception
    }
}
