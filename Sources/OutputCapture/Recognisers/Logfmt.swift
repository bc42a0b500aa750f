// `time=… level=warn msg="disk nearly full" free=12`: key=value pairs, values bare or quoted.

import LinuxSystem
import SentryProtocol

enum Logfmt {
    /// A line with more pairs than this keeps the first.
    private static let maximumPairs = 64

    /// The cursor is at a letter. Costs the first word where the line is no logfmt.
    static func level(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        guard isPair(cursor) else { return nil }
        while let pair = next(&cursor) {
            guard StructuredField(start.slice(pair.key)) == .level else { continue }
            return LevelWord(start.slice(pair.value))?.level
        }
        return nil
    }

    /// `nil` unless the line consists of pairs and one of them is a level or a message.
    static func parse(_ start: LineCursor) -> ParsedLine? {
        var cursor = start
        guard isPair(cursor) else { return nil }
        var line = StructuredLine()
        while line.count < maximumPairs, let pair = next(&cursor) {
            line.add(start.slice(pair.key), .string(text(start.slice(pair.value))), isText: pair.isQuoted)
        }
        guard cursor.isAtEnd || line.count == maximumPairs, line.parsed.level != nil || line.parsed.message != nil
        else {
            return nil
        }
        return line.parsed
    }

    private static func isPair(_ start: LineCursor) -> Bool {
        let rest = UnsafeRawBufferPointer(rebasing: start.line[start.offset...])
        guard firstOffset(of: UInt8(ascii: "="), in: rest) != nil else { return false }
        var cursor = start
        cursor.skip { isKeyByte($0) }
        return cursor.offset > start.offset && cursor.current == UInt8(ascii: "=")
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// The next pair; words that are none are passed over.
    private static func next(_ cursor: inout LineCursor) -> (key: Range<Int>, value: Range<Int>, isQuoted: Bool)? {
        while !cursor.isAtEnd {
            cursor.skipSpaces()
            let start = cursor.offset
            cursor.skip { isKeyByte($0) }
            let key = start..<cursor.offset
            if !key.isEmpty, cursor.take(UInt8(ascii: "=")) { return value(of: key, &cursor) }
            cursor.skip { !$0.isSpace }
        }
        return nil
    }

    private static func value(
        of key: Range<Int>, _ cursor: inout LineCursor
    ) -> (key: Range<Int>, value: Range<Int>, isQuoted: Bool) {
        if cursor.take(UInt8(ascii: "\"")) {
            let start = cursor.offset
            while !cursor.isAtEnd, cursor.current != UInt8(ascii: "\"") {
                cursor.offset += cursor.current == UInt8(ascii: "\\") && cursor.offset + 1 < cursor.line.count ? 2 : 1
            }
            let range = start..<cursor.offset
            _ = cursor.take(UInt8(ascii: "\""))
            return (key, range, true)
        }
        let start = cursor.offset
        cursor.skip { !$0.isSpace }
        return (key, start..<cursor.offset, false)
    }

    /// A quoted value's escapes resolved (`\"`, `\\`, `\n`, `\t`); others stay.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                let escaped = bytes[index + 1]
                switch escaped {
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(escaped)
                default: text.append(contentsOf: [UInt8(ascii: "\\"), escaped])
                }
                index += 2
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
