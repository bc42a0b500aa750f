// `time=… level=warn msg="disk nearly full" free=12`: key=value pairs, values bare or quoted. Also at the end of other lines.

import LinuxSystem
import SentryProtocol

enum Logfmt {
    /// A line with more pairs than this keeps the first.
    private static let maximumPairs = 64

    struct Pair {
        let key: Range<Int>
        let value: Range<Int>
        let isQuoted: Bool
        let isEscaped: Bool

        func fieldValue(_ line: UnsafeRawBufferPointer) -> FieldValue {
            let bytes = UnsafeRawBufferPointer(rebasing: line[value])
            return isQuoted ? .text(bytes, isEscaped: isEscaped) : .bare(bytes)
        }
    }

    /// The cursor is at a letter. Costs the first word where the line is no logfmt.
    static func level(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        guard isPair(cursor) else { return nil }
        while let pair = next(&cursor) {
            if let level = StructuredLine.level(start.slice(pair.key), pair.fieldValue(start.line)) { return level }
        }
        return nil
    }

    /// `nil` unless the line consists of pairs and one of them is a level or a message.
    static func parse(_ start: LineCursor) -> ParsedLine? {
        var cursor = start
        guard isPair(cursor) else { return nil }
        var line = StructuredLine(start.line)
        while line.count < maximumPairs, let pair = next(&cursor) {
            line.add(start.slice(pair.key), pair.fieldValue(start.line).asLogfmt)
        }
        guard cursor.isAtEnd || line.count == maximumPairs else { return nil }
        line.dropDockerLine()
        line.finish()
        guard line.parsed.level != nil || line.parsed.range != nil || line.parsed.text != nil else { return nil }
        var parsed = line.parsed
        parsed.format = .logfmt
        return parsed
    }

    /// Where the pairs begin that a line ends with: `message text key=value other="a b"`. `nil` when it ends otherwise.
    static func startOfTail(_ start: LineCursor) -> Int? {
        guard firstOffset(of: UInt8(ascii: "="), in: start.rest) != nil else { return nil }
        var cursor = start
        var tail: Int?
        while !cursor.isAtEnd {
            cursor.skipSpaces()
            let word = cursor.offset
            if pair(&cursor) != nil {
                tail = tail ?? word
            } else {
                cursor.skip { !$0.isSpace }
                if cursor.offset > word { tail = nil }
            }
        }
        return tail
    }

    /// The pairs from here to the line's end as attributes.
    static func addTail(from start: Int, to reading: inout LineReading) {
        guard reading.wantsDetails else { return }
        var cursor = LineCursor(reading.line, at: start)
        var count = 0
        while count < maximumPairs, let pair = next(&cursor) {
            count += 1
            let name = reading.parsed.attributes.name(cursor.slice(pair.key), in: reading.line)
            reading.add(name, pair.fieldValue(reading.line))
        }
    }

    private static func isPair(_ start: LineCursor) -> Bool {
        guard firstOffset(of: UInt8(ascii: "="), in: start.rest) != nil else { return false }
        var cursor = start
        cursor.skip { isKeyByte($0) }
        return cursor.offset > start.offset && cursor.current == UInt8(ascii: "=")
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte.isNameByte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "@")
    }

    /// The next pair; words that are none are passed over.
    static func next(_ cursor: inout LineCursor) -> Pair? {
        while !cursor.isAtEnd {
            cursor.skip { $0.isSpace || $0 == UInt8(ascii: ",") }
            if let pair = pair(&cursor) { return pair }
            cursor.skip { !$0.isSpace }
        }
        return nil
    }

    /// The pair at the cursor; where there is none the cursor is left somewhere within the word.
    private static func pair(_ cursor: inout LineCursor) -> Pair? {
        let start = cursor.offset
        if cursor.current != UInt8(ascii: "-") { cursor.skip { isKeyByte($0) } }
        let key = start..<cursor.offset
        guard !key.isEmpty, cursor.take(UInt8(ascii: "=")) else { return nil }
        if cursor.take(UInt8(ascii: "\"")) { return quoted(key, &cursor) }
        let value = cursor.offset
        cursor.skip { !$0.isSpace }
        // A comma that separates pairs is no part of the value.
        let hasComma = cursor.offset > value && cursor.line[cursor.offset - 1] == UInt8(ascii: ",")
        let end = hasComma ? cursor.offset - 1 : cursor.offset
        return Pair(key: key, value: value..<end, isQuoted: false, isEscaped: false)
    }

    private static func quoted(_ key: Range<Int>, _ cursor: inout LineCursor) -> Pair {
        let start = cursor.offset
        var isEscaped = false
        while !cursor.isAtEnd, cursor.current != UInt8(ascii: "\"") {
            if cursor.current == UInt8(ascii: "\\"), cursor.offset + 1 < cursor.line.count {
                isEscaped = true
                cursor.offset += 1
            }
            cursor.offset += 1
        }
        let range = start..<cursor.offset
        _ = cursor.take(UInt8(ascii: "\""))
        return Pair(key: key, value: range, isQuoted: true, isEscaped: isEscaped)
    }
}

extension FieldValue {
    /// A bare word is a text where a text is looked for: `msg=started`.
    fileprivate var asLogfmt: FieldValue {
        guard case .bare(let bytes) = self, let first = bytes.first, first.isLetter, !bytes.has("true"),
            !bytes.has("false"),
            !bytes.has("null")
        else { return self }
        return .text(bytes, isEscaped: false)
    }
}
