// Uncaught exceptions of OCaml programs; with OCAMLRUNPARAM=b their stack.
//
//     Fatal error: exception Failure("cannot open /etc/shop.conf")
//     Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33
//     Called from Importer.read_config in file "importer.ml", line 4, characters 33-65
//
// Source: runtime/printexc.c, stdlib/printexc.ml.

import SentryProtocol

struct OCamlException: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("rror: exception "), .start("Exce")]

    private let type: Substring
    private let value: Substring?
    private let ending: RecognisedException.Ending
    /// A line of the toplevel's, which others print as well.
    private let needsFrames: Bool
    private var frames = FrameList()

    init?(_ opening: inout ExceptionOpening) {
        let text: Substring
        if opening.text.begins(with: "rror: exception ") {
            opening.extendBack(over: "Fatal e")
            guard let rest = opening.text.cutting(prefix: "Fatal error: exception ") else { return nil }
            text = rest.trimmed
            ending = .ended
            needsFrames = false
        } else {
            guard opening.start == 0,
                let rest = opening.text.trimmed.cutting(prefix: "Exception: ")?.cutting(suffix: ".")
            else { return nil }
            text = rest
            ending = .unknown
            needsFrames = !text.ends(in: ")") && !text.ends(in: "\"") && text != "Not_found" && text != "Stack_overflow"
        }
        guard let (type, value) = Self.exception(text) else { return nil }
        self.type = type
        self.value = value
    }

    /// `Failure("x")` and `Failure "x"` → `Failure`, `"x"`; `Not_found`; `Unix.Unix_error(Unix.ENOENT, "open", "/x")`.
    private static func exception(_ text: Substring) -> (Substring, Substring?)? {
        let bytes = text.utf8
        let end =
            bytes.firstIndex { !$0.isNamePart && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "'") } ?? bytes.endIndex
        let name = text[..<end]
        let last = name.parts(aroundLast: ".")?.after ?? name
        guard name.utf8.first?.isUppercase == true, last.utf8.first?.isUppercase == true else { return nil }
        var rest = text[end...].trimmed
        guard rest.isEmpty || rest.begins(with: "(") || rest.begins(with: "\"") else { return nil }
        if rest.begins(with: "("), rest.ends(in: ")") { rest = rest.dropFirst().dropLast() }
        // A single text is the message itself.
        let isText = rest.begins(with: "\"") && rest.ends(in: "\"") && rest.utf8.count > 1
        if isText, !rest.dropFirst().dropLast().includes("\"") { rest = rest.dropFirst().dropLast() }
        return (name, rest.isEmpty ? nil : rest)
    }

    var isCertain: Bool { !needsFrames || !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard let (lead, rest) = Self.lead(line) else { return .over }
        if let frame = Self.frame(rest) {
            // Where it was caught, in the function that stands above already.
            if lead != "Re-raised at " || frames.isEmpty { frames.append(frame) }
            return .taken
        }
        return lead == "Raised at " || rest.begins(with: "unknown location") ? .taken : .over
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let raised = RaisedException(
            type: String(type), value: value.map(String.init), frames: frames.oldestFirst)
        return RecognisedException(platform: "other", raised: raised, ending: ending)
    }

    private static func lead(_ line: Substring) -> (String, Substring)? {
        for lead in ["Raised at ", "Called from ", "Raised by primitive operation at ", "Re-raised at "] {
            if let rest = line.cutting(prefix: lead) { return (lead, rest) }
        }
        return nil
    }

    /// `Importer.find in file "importer.ml" (inlined), line 7, characters 15-42`; before 4.11 without the function.
    private static func frame(_ text: Substring) -> Frame? {
        guard let (head, rest) = text.parts(around: "file \""), let (path, place) = rest.parts(around: "\""),
            let (_, numbers) = place.parts(around: ", line "),
            let line = numbers.parts(around: ",")?.before.position ?? numbers.position
        else { return nil }
        let function = head.trimmed.cutting(suffix: " in")?.trimmed
        // Columns count from 0.
        let column = numbers.parts(around: ", characters ")?.after.parts(around: "-")?.before.wholeNumber.map { $0 + 1 }
        let isLibrary = function.map { $0.begins(with: "Stdlib") || $0.begins(with: "CamlinternalLazy") } ?? false
        var frame = Frame(function: function, path: path, line: line, column: column, isInApp: !isLibrary)
        frame.module = function.flatMap { $0.parts(around: ".").map { String($0.before) } }
        return frame
    }
}
