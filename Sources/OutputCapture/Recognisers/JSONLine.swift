// `{"level":"warn","msg":"…","port":80}`: one object a line, as pino, bunyan, zap, logrus, structlog, GELF … print it.

import SentryProtocol

enum JSONLine {
    private static let maximumMembers = 64

    /// The level member of the object at `start`, without building anything else.
    static func level(_ line: UnsafeRawBufferPointer, from start: Int) -> LogLevel? {
        var scanner = JSONMemberScanner(line, at: start)
        while let member = scanner.next() {
            guard StructuredField(member.key) == .level else { continue }
            var structured = StructuredLine()
            structured.add(member.key, member.value(), isText: true)
            return structured.parsed.level
        }
        return nil
    }

    /// `nil` unless the line is one complete object that names a level or a message.
    static func parse(_ line: UnsafeRawBufferPointer, from start: Int) -> ParsedLine? {
        var scanner = JSONMemberScanner(line, at: start)
        var structured = StructuredLine()
        while let member = scanner.next() {
            guard structured.count < maximumMembers else { continue }
            structured.add(member.key, member.value(), isText: true)
        }
        guard scanner.isComplete, structured.parsed.level != nil || structured.parsed.message != nil else { return nil }
        return structured.parsed
    }
}

/// Walks the members of a JSON object without building a tree. Foreign data: anything malformed ends the walk.
struct JSONMemberScanner {
    struct Member {
        /// Without quotes; escapes are not resolved (no field that matters has any).
        let key: UnsafeRawBufferPointer
        /// As written, with quotes.
        let raw: UnsafeRawBufferPointer

        /// Scalars as themselves; objects and arrays as their JSON text.
        func value() -> JSONValue {
            switch raw.first {
            case UInt8(ascii: "\""):
                return .string(JSONText.unescaped(UnsafeRawBufferPointer(rebasing: raw.dropFirst().dropLast())))
            case UInt8(ascii: "t"): return .bool(true)
            case UInt8(ascii: "f"): return .bool(false)
            case UInt8(ascii: "n"): return .null
            default:
                let text = String(decoding: raw, as: UTF8.self)
                if let integer = Int64(text) { return .integer(integer) }
                if let number = Double(text), number.isFinite { return .number(number) }
                return .string(text)
            }
        }
    }

    private var cursor: LineCursor
    private var started = false
    /// The object was walked to its end and nothing but spaces follows.
    private(set) var isComplete = false

    init(_ line: UnsafeRawBufferPointer, at start: Int) { cursor = LineCursor(line, at: start) }

    mutating func next() -> Member? {
        guard !isComplete, enter(), !end() else { return nil }
        guard let key = string() else { return nil }
        cursor.skipSpaces()
        guard cursor.take(UInt8(ascii: ":")) else { return nil }
        cursor.skipSpaces()
        let start = cursor.offset
        guard skipValue() else { return nil }
        let raw = cursor.slice(start..<cursor.offset)
        return Member(key: UnsafeRawBufferPointer(rebasing: key.dropFirst().dropLast()), raw: raw)
    }

    /// Passes the opening brace, or the comma before a further member.
    private mutating func enter() -> Bool {
        cursor.skipSpaces()
        if !started {
            started = true
            return cursor.take(UInt8(ascii: "{"))
        }
        return cursor.current == UInt8(ascii: "}") || cursor.take(UInt8(ascii: ","))
    }

    private mutating func end() -> Bool {
        cursor.skipSpaces()
        guard cursor.take(UInt8(ascii: "}")) else { return false }
        cursor.skipSpaces()
        isComplete = cursor.isAtEnd
        return true
    }

    /// Takes a string with its quotes.
    private mutating func string() -> UnsafeRawBufferPointer? {
        let start = cursor.offset
        guard cursor.take(UInt8(ascii: "\"")) else { return nil }
        while !cursor.isAtEnd {
            if cursor.current == UInt8(ascii: "\\") {
                cursor.offset += 1
            } else if cursor.current == UInt8(ascii: "\"") {
                cursor.offset += 1
                return cursor.slice(start..<cursor.offset)
            }
            cursor.offset += 1
        }
        return nil
    }

    private mutating func skipValue() -> Bool {
        switch cursor.current {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested()
        default:
            let start = cursor.offset
            cursor.skip { $0.isAlphanumeric || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
            return cursor.offset > start
        }
    }

    /// Counts brackets; strings inside are passed whole, so that their brackets do not count.
    private mutating func skipNested() -> Bool {
        var depth = 0
        while !cursor.isAtEnd {
            switch cursor.current {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            cursor.offset += 1
            if depth == 0 { return true }
        }
        return false
    }
}

enum JSONText {
    /// A string's content with its escapes resolved; lone surrogates become U+FFFD.
    static func unescaped(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var units: [UInt16] = []
        var text = ""
        var start = 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                index += 1
                continue
            }
            text += String(decoding: bytes[start..<index], as: UTF8.self)
            if bytes[index + 1] == UInt8(ascii: "u") {
                units.removeAll()
                while let unit = codeUnit(bytes, at: index) {
                    units.append(unit)
                    index += 6
                }
                if units.isEmpty { index += 2 }
                text += String(decoding: units, as: UTF16.self)
            } else {
                text.unicodeScalars.append(simple(bytes[index + 1]))
                index += 2
            }
            start = index
        }
        return text + String(decoding: bytes[min(start, bytes.count)...], as: UTF8.self)
    }

    private static func codeUnit(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt16? {
        guard bytes.has("\\u", at: index), index + 6 <= bytes.count else { return nil }
        return UInt16(String(decoding: bytes[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
    }

    private static func simple(_ byte: UInt8) -> Unicode.Scalar {
        switch byte {
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        default: Unicode.Scalar(byte)
        }
    }
}
