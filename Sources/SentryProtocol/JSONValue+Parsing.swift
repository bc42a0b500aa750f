// Reads JSON strictly (RFC 8259): what a server or a peer sent is believed only as far as the grammar goes.

/// Where a text stops being JSON.
package struct JSONParseError: Error, Equatable, CustomStringConvertible {
    /// Index of the offending byte, from the start of the text.
    package let offset: Int
    package let reason: Reason

    package enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "a byte that JSON does not have here"
        case tooDeep = "more than 128 levels"
        case invalidNumber = "a malformed number"
        case invalidEscape = "a malformed escape"
        case controlCharacter = "a control character inside a string"
        case invalidUTF8 = "a string that is not UTF-8"
        case trailingBytes = "something after the value"
    }

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}

extension JSONValue {
    /// Deepest nesting of arrays and objects that is read.
    package static let maxDepth = 128

    /// Reads exactly one value; blanks around it are allowed, a byte order mark is not.
    ///
    /// Integers that fit 64 bits become ``integer(_:)``, other numbers ``number(_:)`` (which may round, and turns
    /// what is too big into an error). Repeated names are kept; the subscript gives the last.
    package init(parsing bytes: some Collection<UInt8>) throws(JSONParseError) {
        var reader = JSONReader(bytes: Array(bytes))
        self = try reader.document()
    }

    package init(parsing text: String) throws(JSONParseError) { try self.init(parsing: text.utf8) }
}

private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    mutating func document() throws(JSONParseError) -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw error(.trailingBytes) }
        return value
    }

    private func error(_ reason: JSONParseError.Reason) -> JSONParseError {
        JSONParseError(offset: position, reason: position < bytes.count ? reason : .unexpectedEnd)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, isBlank(byte) { position += 1 }
    }

    /// Takes `byte` if it is the next one.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        skipBlanks()
        guard let byte = next else { throw error(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(.unexpectedByte)
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard take(text.utf8Start[offset]) else { throw error(.unexpectedByte) }
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth <= JSONValue.maxDepth else { throw error(.tooDeep) }
        position += 1
        var values: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(depth: depth))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw error(.unexpectedByte) }
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth <= JSONValue.maxDepth else { throw error(.tooDeep) }
        position += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw error(.unexpectedByte) }
            members.append(JSONValue.Member(name, try value(depth: depth)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw error(.unexpectedByte) }
        }
    }

    // MARK: Numbers

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite
        else { throw JSONParseError(offset: start, reason: .invalidNumber) }
        return .number(number)
    }

    private mutating func digits() throws(JSONParseError) {
        let start = position
        while let byte = next, isDigit(byte) { position += 1 }
        guard position > start else { throw error(.invalidNumber) }
    }

    // MARK: Strings

    private mutating func string() throws(JSONParseError) -> String {
        position += 1
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        // Most strings have no escape: one copy.
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try utf8(bytes[start..<position], at: start)
        }
        var text = Array(bytes[start..<position])
        while true {
            guard let byte = next else { throw error(.unexpectedEnd) }
            guard byte >= 0x20 else { throw error(.controlCharacter) }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try utf8(text[...], at: start)
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: text.append(byte)
            }
        }
    }

    private func utf8(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(JSONParseError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self)
        else { throw JSONParseError(offset: offset, reason: .invalidUTF8) }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONParseError) {
        guard let byte = next else { throw error(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default:
            position -= 1
            throw error(.invalidEscape)
        }
    }

    /// What follows `\u`: four hex digits, and the second half of a surrogate pair. A lone half becomes U+FFFD, as other
    /// readers do.
    private mutating func unicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
        let unit = try fourHexDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let afterFirst = position
        guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            position = afterFirst
            return "\u{FFFD}"
        }
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else {
            position = afterFirst
            return "\u{FFFD}"
        }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONParseError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, isHexDigit(byte) else { throw error(.invalidEscape) }
            unit = unit << 4 | UInt16(byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x61 + 10)
            position += 1
        }
        return unit
    }
}
