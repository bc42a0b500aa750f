// Walks the members of a JSON object without building a tree.

/// Foreign data: anything malformed ends the walk. Linear, and nesting costs no stack.
struct JSONMemberScanner {
    struct Member {
        /// Without quotes; escapes are not resolved (no field that matters has any).
        let key: UnsafeRawBufferPointer
        /// As written, with quotes.
        let raw: UnsafeRawBufferPointer
        /// A text that has escapes.
        let isEscaped: Bool

        @inline(__always) var value: FieldValue { FieldValue(json: raw, isEscaped: isEscaped) }
    }

    private let line: UnsafeRawBufferPointer
    private var offset: Int
    /// Members so far.
    private(set) var count = 0
    /// The object was walked to its end and nothing but spaces follows.
    private(set) var isComplete = false

    init(_ line: UnsafeRawBufferPointer, at start: Int) {
        self.line = line
        offset = start
    }

    @inline(__always) mutating func next() -> Member? { plainMember() ?? anyMember() }

    /// `,"key":value` as programs write it: without blanks, escapes, objects and arrays. `nil`, and nothing is taken, for
    /// anything else.
    @inline(__always) private mutating func plainMember() -> Member? {
        guard count > 0, offset + 4 < line.count, line[offset] == UInt8(ascii: ","),
            line[offset + 1] == UInt8(ascii: "\"")
        else { return nil }
        let key = (offset + 2)..<markInText(from: offset + 2)
        let start = key.upperBound + 2
        guard start < line.count, line[start - 2] == UInt8(ascii: "\""), line[start - 1] == UInt8(ascii: ":") else {
            return nil
        }
        var end = start
        if line[start] == UInt8(ascii: "\"") {
            end = markInText(from: start + 1)
            guard end < line.count, line[end] == UInt8(ascii: "\"") else { return nil }
            end += 1
        } else {
            while end < line.count, Self.isBareByte(line[end]) { end += 1 }
            guard end > start else { return nil }
        }
        offset = end
        count += 1
        return Member(key: slice(key), raw: slice(start..<end), isEscaped: false)
    }

    private mutating func anyMember() -> Member? {
        guard !isComplete, enter(), !end() else { return nil }
        guard let key = string() else { return nil }
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { return nil }
        skipBlanks()
        guard let (raw, isEscaped) = value() else { return nil }
        count += 1
        return Member(key: inside(key.range), raw: slice(raw), isEscaped: isEscaped)
    }

    /// The next value of an array; the walk must have begun at its bracket.
    mutating func nextElement() -> Member? {
        guard !isComplete, enter(opening: UInt8(ascii: "[")), !end(closing: UInt8(ascii: "]")) else { return nil }
        skipBlanks()
        guard let (raw, isEscaped) = value() else { return nil }
        count += 1
        return Member(key: slice(raw.lowerBound..<raw.lowerBound), raw: slice(raw), isEscaped: isEscaped)
    }

    @inline(__always) private var current: UInt8 { offset < line.count ? line[offset] : 0 }

    @inline(__always) private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < line.count, line[offset] == byte else { return false }
        offset += 1
        return true
    }

    @inline(__always) private mutating func skipBlanks() {
        while offset < line.count, line[offset] == 0x20 || line[offset] &- 9 < 5 { offset += 1 }
    }

    @inline(__always) private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: line[range])
    }

    @inline(__always) private func inside(_ quoted: Range<Int>) -> UnsafeRawBufferPointer {
        slice((quoted.lowerBound + 1)..<(quoted.upperBound - 1))
    }

    /// Passes the opening bracket, or the comma before a further member.
    @inline(__always) private mutating func enter(opening: UInt8 = UInt8(ascii: "{")) -> Bool {
        skipBlanks()
        if count == 0 { return take(opening) }
        return current == opening + 2 || take(UInt8(ascii: ","))
    }

    @inline(__always) private mutating func end(closing: UInt8 = UInt8(ascii: "}")) -> Bool {
        skipBlanks()
        guard take(closing) else { return false }
        skipBlanks()
        isComplete = offset == line.count
        return true
    }

    /// Takes a string with its quotes.
    private mutating func string() -> (range: Range<Int>, isEscaped: Bool)? {
        let start = offset
        guard take(UInt8(ascii: "\"")) else { return nil }
        var isEscaped = false
        var index = offset
        while true {
            index = markInText(from: index)
            guard index < line.count else { return nil }
            if line[index] == UInt8(ascii: "\"") {
                offset = index + 1
                return (start..<offset, isEscaped)
            }
            isEscaped = true
            index += 2
        }
    }

    /// The next quote or backslash, or the line's end: eight bytes at a time.
    @inline(__always) private func markInText(from start: Int) -> Int {
        guard let base = line.baseAddress else { return line.count }
        var index = start
        while index + 8 <= line.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let marks =
                ByteWords.zeros(in: word ^ ByteWords.filled(with: UInt8(ascii: "\"")))
                | ByteWords.zeros(in: word ^ ByteWords.filled(with: UInt8(ascii: "\\")))
            // The lowest mark is exact; those above it may be carries.
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < line.count, line[index] != UInt8(ascii: "\""), line[index] != UInt8(ascii: "\\") { index += 1 }
        return index
    }

    @inline(__always) private mutating func value() -> (Range<Int>, isEscaped: Bool)? {
        let start = offset
        switch current {
        case UInt8(ascii: "\""):
            guard let text = string() else { return nil }
            return (text.range, text.isEscaped)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested() ? (start..<offset, false) : nil
        default:
            while offset < line.count, Self.isBareByte(line[offset]) { offset += 1 }
            return offset > start ? (start..<offset, false) : nil
        }
    }

    @inline(__always) private static func isBareByte(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == 0x2B || byte == 0x2D || byte == 0x2E
    }

    /// Counts brackets; strings inside are passed whole, so that their brackets do not count.
    private mutating func skipNested() -> Bool {
        var depth = 0
        while offset < line.count {
            switch line[offset] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            offset += 1
            if depth == 0 { return true }
        }
        return false
    }
}
