// An error that Rust's `main` returned: the standard library prints its debug form, in one line.
//
//     Error: NoSuchRow { id: 7 }
//     Error: Os { code: 2, kind: NotFound, message: "No such file or directory" }
//     Error: "the stock is empty"

import SentryProtocol

struct RustMainError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Error: ")]

    private let type: Substring
    private let value: String

    init?(_ opening: inout ExceptionOpening) {
        guard let text = opening.text.cutting(prefix: "Error: ")?.trimmed, let last = text.utf8.last else { return nil }
        if let inner = text.cutting(prefix: "\"")?.cutting(suffix: "\""), !inner.isEmpty {
            type = "Error"
            value = Self.unescaped(inner)
            return
        }
        let end = text.utf8.firstIndex { !$0.isNamePart } ?? text.endIndex
        let name = text[..<end]
        let isStruct = text[end...].begins(with: " { ") && last == UInt8(ascii: "}")
        let isTuple = text[end...].begins(with: "(") && last == UInt8(ascii: ")")
        // Others that print so quote with apostrophes.
        guard isStruct || isTuple, name.utf8.first?.isUppercase == true, !text.includes("'"),
            !isStruct || text[end...].includes(": ")
        else { return nil }
        type = name
        value = Self.shown(name, text[end...]) ?? String(text)
    }

    /// What the standard library's errors show instead of their debug form.
    private static func shown(_ name: Substring, _ fields: Substring) -> String? {
        switch name {
        case "Os":
            guard let code = fields.enclosed(by: "code: ", ","),
                let message = fields.enclosed(by: "message: \"", "\" }")
            else { return nil }
            return "\(unescaped(message)) (os error \(code))"
        case "Custom": return fields.enclosed(by: "error: \"", "\" }").map(unescaped)
        default: return nil
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped || byte != UInt8(ascii: "\\") {
                let isNewline = isEscaped && byte == UInt8(ascii: "n")
                result.append(isNewline ? 0x0A : byte)
                isEscaped = false
            } else {
                isEscaped = true
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Programs in other languages may print the same.
    var isCertain: Bool { false }

    mutating func take(_ line: Substring) -> ExceptionStep { .over }

    func finish() -> RecognisedException? {
        RecognisedException(platform: "native", raised: RaisedException(type: String(type), value: value))
    }
}
