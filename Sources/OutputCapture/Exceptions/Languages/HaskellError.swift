// Uncaught exceptions of programs that GHC compiled.
//
//     importer: amount too large
//     CallStack (from HasCallStack):
//       error, called at Importer.hs:16:19 in main:Main
//       charge, called at Importer.hs:20:15 in main:Main
//
// Since GHC 9.10 the type is named, and the stack is headed `HasCallStack backtrace:`.
//
// Source: GHC.Conc.Sync (uncaughtExceptionHandler), GHC.Stack (prettyCallStackLines), GHC.Exception.

import SentryProtocol

struct HaskellError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("CallStack (from "), .anywhere("HasCallStack backtrace:"), .anywhere("Non-exhaustive "),
        .anywhere("an MVar operation"), .anywhere("an STM transaction"), .anywhere("e: does not exist ("),
        .anywhere("er error ("), .anywhere("Prelude."), .anywhere("by zero"),
    ]

    private let type: String?
    private var message: [Substring]
    private var frames = FrameList()
    /// Without a stack it is one line.
    private let hasStack: Bool

    private static let maximumMessage = 8

    init?(_ opening: inout ExceptionOpening) {
        hasStack = opening.text.begins(with: "CallStack (from ") || opening.text.begins(with: "HasCallStack backtrace")
        guard !hasStack else {
            guard let (lines, type) = Self.messageBefore(opening) else { return nil }
            self.type = type
            message = lines
            return
        }
        guard let (kind, text) = Self.single(opening.line) else { return nil }
        opening.begin(at: 0)
        type = kind
        message = [text]
    }

    /// From the line with the program's name on.
    private static func messageBefore(_ opening: ExceptionOpening) -> ([Substring], String?)? {
        var lines: [Substring] = []
        for distance in 1...maximumMessage {
            guard let line = opening.previous(distance) else { break }
            lines.insert(line, at: 0)
            guard let text = afterProgram(line) else { continue }
            // GHC 9.10: the type, a blank line, the message, a blank line.
            if let name = text.cutting(prefix: "Uncaught exception ")?.cutting(suffix: ":") {
                return (trimmed(Array(lines.dropFirst())), String(name.parts(aroundLast: ".")?.after ?? name))
            }
            lines[0] = text
            return (trimmed(lines), nil)
        }
        return nil
    }

    private static func trimmed(_ lines: [Substring]) -> [Substring] {
        var rest = lines[...]
        while rest.first?.isBlank == true { rest.removeFirst() }
        while rest.last?.isBlank == true { rest.removeLast() }
        return Array(rest)
    }

    /// `importer: text`; runghc puts a quotation mark before it.
    private static func afterProgram(_ line: Substring) -> Substring? {
        guard let (name, text) = line.parts(around: ": "), !name.isEmpty, name.utf8.count < 64 else { return nil }
        let bare = name.cutting(prefix: "\"") ?? name
        guard bare.utf8.allSatisfy({ $0.isNamePart || "-./+".utf8.contains($0) }) else { return nil }
        return text
    }

    /// Messages of GHC's own that need no stack to be known.
    private static func single(_ line: String) -> (type: String, text: Substring)? {
        guard let text = afterProgram(line[...])?.trimmed else { return nil }
        if text == "divide by zero" { return ("ArithException", text) }
        if text == "Prelude.undefined" || text.begins(with: "Prelude.") && text.includes(": ") {
            return ("ErrorCall", text)
        }
        if text.begins(with: "thread blocked indefinitely in an MVar ") { return ("BlockedIndefinitelyOnMVar", text) }
        if text.begins(with: "thread blocked indefinitely in an STM ") { return ("BlockedIndefinitelyOnSTM", text) }
        if text.begins(with: "user error (") && text.ends(in: ")") { return ("IOException", text) }
        if text.includes("File: does not exist (") && text.ends(in: ")") { return ("IOException", text) }
        if let (place, _) = text.parts(around: ": Non-exhaustive "), place.includes(".hs:") {
            return ("PatternMatchFail", text)
        }
        return nil
    }

    var isCertain: Bool { !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        // Below a line that says everything a stack may follow.
        if frames.isEmpty, line.begins(with: "CallStack (from ") || line.isBlank { return .taken }
        guard let frame = Self.frame(line) else { return .over }
        frames.append(frame)
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain || !hasStack else { return nil }
        var stack = placed
        if stack.isEmpty, let place = Self.place(message[0]) { stack = [place] }
        let raised = RaisedException(
            type: type ?? "ErrorCall", value: message.map(String.init).joined(separator: "\n"), frames: stack)
        return RecognisedException(platform: "haskell", raised: raised)
    }

    /// Printed is who was called and where: the place is in the function that the next line names.
    private var placed: [Frame] {
        let printed = frames.frames
        return printed.indices.reversed().map { index in
            var frame = printed[index]
            frame.function = index + 1 < printed.count ? printed[index + 1].function : nil
            return frame
        }
    }

    /// `  charge, called at Importer.hs:20:15 in main:Main`: as printed.
    private static func frame(_ line: Substring) -> Frame? {
        guard line.indentation >= 2, let (function, rest) = line.trimmed.parts(around: ", called at "),
            let (place, origin) = rest.parts(aroundLast: " in "), let found = place.place
        else { return nil }
        let package = origin.parts(around: ":")?.before ?? ""
        // The package of what is not installed has its plain name, without a version.
        let isInstalled = package.parts(aroundLast: "-")?.after.utf8.first?.isDigit == true || bases.contains(package)
        var frame = Frame(
            function: function, path: found.file, line: found.line, column: found.column, isInApp: !isInstalled)
        frame.module = origin.parts(aroundLast: ":").map { String($0.after) }
        return frame
    }

    private static let bases: Set<Substring> = ["base", "ghc-prim", "ghc-internal"]

    /// `Importer.hs:23:1-17: …`, `Importer.hs:(26,15)-(28,12): …`
    private static func place(_ message: Substring) -> Frame? {
        guard let (place, _) = message.parts(around: ": "), let (file, range) = place.parts(around: ".hs:") else {
            return nil
        }
        let first = range.cutting(prefix: "(")?.parts(around: ",")?.before ?? range.parts(around: ":")?.before ?? range
        guard let line = first.position else { return nil }
        return Frame(function: nil, path: file + ".hs", line: line)
    }
}
