// Walks the members of a JSON object without building a tree.

import LinuxSystem

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
    /// What ``JSONMarks`` says of the bytes from this place on.
    private var marked = -JSONMarks.width
    private var texts: UInt64 = 0
    private var ends: UInt64 = 0
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
        guard count > 0, offset &+ 4 < line.count, let base = line.baseAddress, pair(base, at: offset) == 0x222C  // ,"
        else { return nil }
        let key = offset &+ 2
        let keyEnd = markInText(from: key)
        let start = keyEnd &+ 2
        guard start < line.count, pair(base, at: keyEnd) == 0x3A22 else { return nil }  // ":
        var end: Int
        if line[start] == UInt8(ascii: "\"") {
            end = markInText(from: start &+ 1)
            guard end < line.count, line[end] == UInt8(ascii: "\"") else { return nil }
            end &+= 1
        } else {
            end = endOfWord(from: start)
            guard end > start else { return nil }
        }
        offset = end
        count &+= 1
        return Member(
            key: UnsafeRawBufferPointer(start: base + key, count: keyEnd &- key),
            raw: UnsafeRawBufferPointer(start: base + start, count: end &- start), isEscaped: false)
    }

    @inline(__always) private func pair(_ base: UnsafeRawPointer, at place: Int) -> UInt16 {
        UInt16(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt16.self))
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
            index = nearMarkInText(from: index)
            guard index < line.count else { return nil }
            if line[index] == UInt8(ascii: "\"") {
                offset = index + 1
                return (start..<offset, isEscaped)
            }
            isEscaped = true
            index += 2
        }
    }

    /// The next quote or backslash, or the line's end: eight bytes at a time. For the first members, of which a level mostly
    /// is one.
    @inline(__always) private func nearMarkInText(from start: Int) -> Int {
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

    /// The same, 64 bytes at a time.
    @inline(__always) private mutating func markInText(from start: Int) -> Int { mark(from: start) { $0.texts } }

    /// Where a number or bare word ends.
    @inline(__always) private mutating func endOfWord(from start: Int) -> Int { mark(from: start) { $0.ends } }

    @inline(__always) private mutating func mark(from start: Int, _ bits: (Self) -> UInt64) -> Int {
        var index = start
        while index < line.count {
            look(at: index)
            let left = bits(self) &>> UInt64(truncatingIfNeeded: index &- marked)
            if left != 0 { return min(index &+ left.trailingZeroBitCount, line.count) }
            index = marked &+ JSONMarks.width
        }
        return line.count
    }

    @inline(__always) private mutating func look(at index: Int) {
        if UInt(bitPattern: index &- marked) < UInt(JSONMarks.width) { return }
        // At the line's end better once more at what was seen than at less than so many bytes: those have to be copied.
        marked = line.count < JSONMarks.width ? 0 : min(index, line.count - JSONMarks.width)
        let marks = JSONMarks(line, from: marked)
        (texts, ends) = (marks.texts, marks.ends)
    }

    @inline(__always) private mutating func value() -> (Range<Int>, isEscaped: Bool)? {
        let start = offset
        switch current {
        case UInt8(ascii: "\""):
            guard let text = string() else { return nil }
            return (text.range, text.isEscaped)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested() ? (start..<offset, false) : nil
        default:
            offset = endOfWord(from: start)
            return offset > start ? (start..<offset, false) : nil
        }
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
