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
    @inline(__always) init(json raw: UnsafeRawBufferPointer, isEscaped: Bool) {
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
            if let number = fraction(bytes) { return .double(number) }
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

    /// Whether a number is an integer or a fraction, where this is how it would be written: `-12`, `0.5`. `nil` where it
    /// would be written otherwise, or may be: `007`, `1.50`, `1e3`, and more digits than a Double has.
    static func isIntegerAsWritten(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        let start = bytes.first == UInt8(ascii: "-") ? 1 : 0
        guard bytes.count > start, bytes.count <= 17 else { return nil }
        var index = start
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        let isZero = bytes[start] == UInt8(ascii: "0")
        guard index > start, !isZero || index == start + 1 else { return nil }
        if index == bytes.count { return isZero && start > 0 ? nil : true }
        guard bytes[index] == UInt8(ascii: "."), bytes.count - start <= 16 else { return nil }
        index += 1
        // Smaller ones have an exponent.
        if isZero, bytes.count - index > 3, bytes.has("000", at: index) { return nil }
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        let last = bytes[bytes.count - 1]
        return index == bytes.count && last.isDigit && last != UInt8(ascii: "0") ? false : nil
    }

    /// `0.5`, `-12.25`: the number exactly as strtod(3) gives it, where that takes one division. `nil` for all others.
    ///
    /// Both the digits and the power of ten are exact, so that the quotient is rounded once. Source: Clinger, How to Read
    /// Floating Point Numbers Accurately, 1990.
    static func fraction(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard bytes.count <= 18, let first = bytes.first else { return nil }
        var digits: UInt64 = 0
        var count = 0
        var point: Int?
        for byte in bytes[(first == UInt8(ascii: "-") ? 1 : 0)...] {
            if byte == UInt8(ascii: "."), point == nil, count > 0 {
                point = count
            } else if byte.isDigit {
                digits = digits * 10 + UInt64(byte - 0x30)
                count += 1
            } else {
                return nil
            }
        }
        guard let point, point < count, digits < 1 << 53 else { return nil }
        let number = Double(digits) / powersOfTen[count - point]
        return first == UInt8(ascii: "-") ? -number : number
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]

    private static func isNumberMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte | 0x20 == UInt8(ascii: "e")
    }
}
