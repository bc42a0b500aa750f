// What the recognisers read a line with.

/// A position in a line's bytes. Reading past the end gives 0, which no recogniser accepts.
struct LineCursor {
    let line: UnsafeRawBufferPointer
    var offset: Int

    init(_ line: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.line = line
        self.offset = offset
    }

    var current: UInt8 { peek(0) }

    var isAtEnd: Bool { offset >= line.count }

    func peek(_ distance: Int) -> UInt8 {
        let index = offset + distance
        return index >= 0 && index < line.count ? line[index] : 0
    }

    /// Takes `byte` if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte, !isAtEnd else { return false }
        offset += 1
        return true
    }

    mutating func skip(while matches: (UInt8) -> Bool) {
        while offset < line.count, matches(line[offset]) { offset += 1 }
    }

    mutating func skipSpaces() { skip { $0 == 0x20 || $0 == 0x09 } }

    /// Takes the letters here, at most `limit` of them; empty where there are none.
    mutating func takeWord(limit: Int = .max) -> UnsafeRawBufferPointer {
        let start = offset
        let end = limit < line.count - offset ? offset + limit : line.count
        while offset < end, line[offset].isLetter { offset += 1 }
        return slice(start..<offset)
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[range]) }
}

extension UInt8 {
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isUppercase: Bool { self &- 0x41 < 26 }
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isAlphanumeric: Bool { isLetter || isDigit }
    @inline(__always) var isSpace: Bool { self == 0x20 || self == 0x09 }
    @inline(__always) var isQuote: Bool { self == 0x22 || self == 0x27 || self == 0x60 }
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

    /// Whether the bytes at `offset` are the ASCII text.
    func has(_ text: StaticString, at offset: Int = 0) -> Bool {
        guard offset >= 0, count - offset >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[offset + index] != text.utf8Start[index] { return false }
        return true
    }
}
