// What the recognisers read a line with.

/// A position in a line's bytes. Reading past the end gives 0, which no recogniser accepts.
struct LineCursor {
    let line: UnsafeRawBufferPointer
    var offset: Int

    init(_ line: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.line = line
        self.offset = offset
    }

    @inline(__always) var current: UInt8 { offset < line.count ? line[offset] : 0 }

    @inline(__always) var isAtEnd: Bool { offset >= line.count }

    @inline(__always) func peek(_ distance: Int) -> UInt8 {
        let index = offset + distance
        return index >= 0 && index < line.count ? line[index] : 0
    }

    /// Takes `byte` if it is next.
    @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte, !isAtEnd else { return false }
        offset += 1
        return true
    }

    /// Takes the text if it is next.
    @inline(__always) mutating func take(text: StaticString) -> Bool {
        guard line.has(text, at: offset) else { return false }
        offset += text.utf8CodeUnitCount
        return true
    }

    @inline(__always) mutating func skip(while matches: (UInt8) -> Bool) {
        while offset < line.count, matches(line[offset]) { offset += 1 }
    }

    @inline(__always) mutating func skip(_ bytes: ASCIISet) {
        while offset < line.count, bytes.contains(line[offset]) { offset &+= 1 }
    }

    @inline(__always) mutating func skipSpaces() { skip { $0 == 0x20 || $0 == 0x09 } }

    /// Takes the letters here, at most `limit` of them; empty where there are none.
    @inline(__always) mutating func takeWord(limit: Int = .max) -> UnsafeRawBufferPointer {
        let start = offset
        let end = limit < line.count - offset ? offset + limit : line.count
        while offset < end, line[offset].isLetter { offset += 1 }
        return slice(start..<offset)
    }

    /// Takes a decimal number of so many digits and no more; `nil`, and nothing is taken, when that is not what is here.
    @inline(__always) mutating func takeNumber(digits: ClosedRange<Int>) -> Int64? {
        var index = offset
        var number: Int64 = 0
        while index < line.count, line[index].isDigit, index - offset < 18 {
            number = number * 10 + Int64(line[index] - 0x30)
            index += 1
        }
        guard digits.contains(index - offset), index >= line.count || !line[index].isDigit else { return nil }
        offset = index
        return number
    }

    /// Where the next `byte` is, from here on and at most `limit` bytes away.
    func find(_ byte: UInt8, within limit: Int = .max) -> Int? {
        var index = offset
        let end = limit < line.count - offset ? offset + limit : line.count
        while index < end {
            if line[index] == byte { return index }
            index += 1
        }
        return nil
    }

    @inline(__always) func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: line[range])
    }

    /// From here to the line's end.
    var rest: UnsafeRawBufferPointer { slice(min(offset, line.count)..<line.count) }
}

/// Some bytes of ASCII, a bit for each: one look where ranges would take several. The compiler makes constants of them.
struct ASCIISet {
    private let lower: UInt64
    private let upper: UInt64

    @inline(__always) private init(_ lower: UInt64, _ upper: UInt64) {
        self.lower = lower
        self.upper = upper
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? lower : upper) &>> UInt64(byte & 63) & 1 != 0
    }

    /// Letters, digits and underscores.
    @inline(__always) static var names: ASCIISet { ASCIISet(0x03FF_0000_0000_0000, 0x07FF_FFFE_87FF_FFFE) }

    /// - Parameter mark: one of those below `@`.
    @inline(__always) static func | (set: ASCIISet, mark: Unicode.Scalar) -> ASCIISet {
        ASCIISet(set.lower | 1 << UInt64(mark.value & 63), set.upper)
    }
}

extension UInt8 {
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isUppercase: Bool { self &- 0x41 < 26 }
    @inline(__always) var isLowercase: Bool { self &- 0x61 < 26 }
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isAlphanumeric: Bool { isLetter || isDigit }
    @inline(__always) var isSpace: Bool { self == 0x20 || self == 0x09 }
    @inline(__always) var isQuote: Bool { self == 0x22 || self == 0x27 || self == 0x60 }
    /// Of an identifier, with underscores.
    @inline(__always) var isNameByte: Bool { isAlphanumeric || self == UInt8(ascii: "_") }
    /// The lower-case letter; meaningless for anything but letters.
    @inline(__always) var lowered: UInt8 { isUppercase ? self | 0x20 : self }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are the ASCII text, letters compared without case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasPrefixIgnoringCase(text)
    }

    /// `text` is in lower case.
    func hasPrefixIgnoringCase(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index].lowered != text.utf8Start[index] { return false }
        return true
    }

    /// Whether the bytes at `offset` are the ASCII text. Mostly the first one says that they are not.
    @inline(__always) func has(_ text: StaticString, at offset: Int = 0) -> Bool {
        offset >= 0 && offset < count && self[offset] == text.utf8Start[0] && hasAll(text, at: offset)
    }

    private func hasAll(_ text: StaticString, at offset: Int) -> Bool {
        guard count - offset >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[offset + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether the last bytes are the ASCII text.
    func ends(with text: StaticString) -> Bool { has(text, at: count - text.utf8CodeUnitCount) }

    /// The decimal number that these bytes are; `nil` for anything else and for more than 18 digits.
    var decimal: Int64? {
        guard !isEmpty, count <= 18 else { return nil }
        var number: Int64 = 0
        var index = 0
        while count &- index >= 8 {
            guard let eight = ByteWords.decimal(loadUnaligned(fromByteOffset: index, as: UInt64.self)) else {
                return nil
            }
            number = number &* 100_000_000 &+ Int64(eight)
            index &+= 8
        }
        while index < count {
            guard self[index].isDigit else { return nil }
            number = number &* 10 &+ Int64(self[index] &- 0x30)
            index &+= 1
        }
        return number
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
