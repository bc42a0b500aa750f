// A structured line's values, looked at before anything is built of them.

import SentryProtocol

extension LogAttribute {
    /// As a message shows it.
    var plainText: String {
        switch self {
        case .string(let text): text
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .double(let value): String(value)
        }
    }
}

enum FieldValue {
    /// Quoted: what is between the quotes.
    case text(UnsafeRawBufferPointer, isEscaped: Bool)
    /// A number, `true`, `false`, `null`; in logfmt any word.
    case bare(UnsafeRawBufferPointer)
    /// An object or array of JSON.
    case nested(UnsafeRawBufferPointer)

    /// A value of JSON as written.
    init(json raw: UnsafeRawBufferPointer, isEscaped: Bool) {
        switch raw.first {
        case UInt8(ascii: "\""):
            self = .text(UnsafeRawBufferPointer(rebasing: raw[1..<(raw.count - 1)]), isEscaped: isEscaped)
        case UInt8(ascii: "{"), UInt8(ascii: "["): self = .nested(raw)
        default: self = .bare(raw)
        }
    }

    /// The members' place when this is an object.
    var object: UnsafeRawBufferPointer? {
        guard case .nested(let raw) = self, raw.first == UInt8(ascii: "{") else { return nil }
        return raw
    }

    var string: String? {
        switch self {
        case .text(let bytes, let isEscaped): isEscaped ? JSONText.unescaped(bytes) : bytes.text
        case .bare, .nested: nil
        }
    }

    /// The bytes of a text that needs no unescaping, and of a bare word.
    var word: UnsafeRawBufferPointer? {
        switch self {
        case .text(let bytes, let isEscaped): isEscaped ? nil : bytes
        case .bare(let bytes): bytes
        case .nested: nil
        }
    }

    /// Objects and arrays as their JSON text, `nil` for `null`. A bare word that is no number stays a text.
    var attribute: LogAttribute? {
        switch self {
        case .text: return .string(string ?? "")
        case .nested(let raw): return .string(raw.text)
        case .bare(let bytes): return Self.scalar(bytes)
        }
    }

    static func scalar(_ bytes: UnsafeRawBufferPointer) -> LogAttribute? {
        if let integer = bytes.decimal { return .integer(integer) }
        guard let first = bytes.first else { return .string("") }
        if first.isDigit || first == UInt8(ascii: "-") {
            let text = bytes.text
            if let integer = Int64(text) { return .integer(integer) }
            if bytes.allSatisfy({ $0.isDigit || Self.isNumberMark($0) }), let number = Double(text), number.isFinite {
                return .double(number)
            }
            return .string(text)
        }
        if bytes.has("true"), bytes.count == 4 { return .boolean(true) }
        if bytes.has("false"), bytes.count == 5 { return .boolean(false) }
        if bytes.has("null"), bytes.count == 4 { return nil }
        return .string(bytes.text)
    }

    private static func isNumberMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte | 0x20 == UInt8(ascii: "e")
    }
}
