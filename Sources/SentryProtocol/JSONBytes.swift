// Memory that JSON is written into in many short pieces: an array asks at each of them whether it is shared.

/// UTF-8 bytes that grow. Freed with their owner.
package struct JSONBytes: ~Copyable, @unchecked Sendable {  // Nobody else has the pointer.
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    /// Valid until the next change.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func cut(to count: Int) { self.count = min(count, self.count) }

    // MARK: Appending

    @inline(__always) package mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        (base + count).copyMemory(from: text.utf8Start, byteCount: length)
        count += length
    }

    /// Bytes that are JSON already.
    @inline(__always) package mutating func append(_ json: UnsafeRawBufferPointer) {
        guard let source = json.baseAddress else { return }
        reserve(json.count)
        (base + count).copyMemory(from: source, byteCount: json.count)
        count += json.count
    }

    package mutating func append(_ number: Int64) {
        if number < 0 { append("-") }
        append(digits: number.magnitude, atLeast: 1)
    }

    /// A decimal number, with zeros before it where it is shorter; at most 20 digits.
    mutating func append(digits number: UInt64, atLeast least: Int) {
        reserve(20)
        // From the end on; then to where it belongs.
        var place = count + 20
        var rest = number
        repeat {
            place -= 1
            base.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        } while rest > 0 || count + 20 - place < least
        let length = count + 20 - place
        (base + count).copyMemory(from: base + place, byteCount: length)
        count += length
    }

    /// With six decimals, as ``Timestamp/secondsText`` has it.
    mutating func append(seconds time: Timestamp) {
        let micros = UInt64(max(0, time.nanoseconds / 1000))
        append(digits: micros / 1_000_000, atLeast: 1)
        append(".")
        append(digits: micros % 1_000_000, atLeast: 6)
    }

    /// The inside of a JSON string that says the text; what is no UTF-8 becomes U+FFFD.
    mutating func append(escaping text: UnsafeRawBufferPointer) {
        guard let source = text.baseAddress else { return }
        reserve(text.count + 8)
        var index = 0
        while index < text.count {
            index = copy(source, from: index, to: text.count)
            if index < text.count { index += append(special: text, at: index) }
        }
    }

    /// Copies up to the next byte that is not written as it is.
    @inline(__always) private mutating func copy(_ source: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var index = start
        // What is special in a word, or behind it, is written over.
        let target = base + (count &- start)
        while end &- index >= 8 {
            let word = Self.word(source + index)
            target.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
            let specials = Self.specials(in: word)
            if specials != 0 { return stop(at: index &+ specials.trailingZeroBitCount / 8, start) }
            index &+= 8
        }
        if index < end {
            let word = Self.word(source + index, count: end &- index)
            target.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
            let specials = Self.specials(in: word)
            if specials != 0 { return stop(at: index &+ specials.trailingZeroBitCount / 8, start) }
        }
        return stop(at: end, start)
    }

    @inline(__always) private mutating func stop(at index: Int, _ start: Int) -> Int {
        count &+= index &- start
        return index
    }

    // MARK: Eight bytes at once

    @inline(__always) private static func word(_ source: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: source.loadUnaligned(as: UInt64.self))
    }

    /// One to seven bytes, with blanks behind.
    @inline(__always) private static func word(_ source: UnsafeRawPointer, count: Int) -> UInt64 {
        func byte(_ offset: Int) -> UInt64 {
            UInt64(source.load(fromByteOffset: offset, as: UInt8.self)) << (8 * UInt64(offset))
        }
        func half(_ offset: Int) -> UInt64 {
            UInt64(UInt32(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                << (8 * UInt64(offset))
        }
        let word = count >= 4 ? half(0) | half(count - 4) : byte(0) | byte(count / 2) | byte(count - 1)
        return word | 0x2020_2020_2020_2020 << (8 * UInt64(count))
    }

    /// The upper bit of each byte that is no ASCII, a control character, a quote or a backslash. The lowest one is exact.
    @inline(__always) private static func specials(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (quotes, backslashes) = (word ^ (0x22 &* ones), word ^ (0x5C &* ones))
        return (word | (word &- 0x20 &* ones) | (quotes &- ones) | (backslashes &- ones)) & (0x80 &* ones)
    }

    // MARK: What is not copied

    /// - Returns: how many bytes of the text that was.
    @inline(never) private mutating func append(special text: UnsafeRawBufferPointer, at index: Int) -> Int {
        // For what follows, too.
        reserve(6 + text.count - index + 8)
        switch text[index] {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0..<0x20:
            append("\\u00")
            append(hexadecimal: text[index] >> 4)
            append(hexadecimal: text[index] & 15)
        default:
            let length = Self.lengthOfCharacter(text, at: index)
            guard length > 0 else { return append(repairing: text, from: index) }
            append(UnsafeRawBufferPointer(rebasing: text[index..<(index + length)]))
            return length
        }
        return 1
    }

    private mutating func append(hexadecimal digit: UInt8) {
        reserve(1)
        base.storeBytes(of: digit + (digit < 10 ? 0x30 : 0x57), toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private mutating func append(repairing text: UnsafeRawBufferPointer, from index: Int) -> Int {
        var repaired = String(decoding: text[index...], as: UTF8.self)
        repaired.withUTF8 { append(escaping: UnsafeRawBufferPointer($0)) }
        return text.count - index
    }

    /// Bytes of the well-formed character that begins with this byte, which is no ASCII; 0 where there is none.
    ///
    /// Source: The Unicode Standard 15, table 3-7.
    private static func lengthOfCharacter(_ text: UnsafeRawBufferPointer, at index: Int) -> Int {
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch text[index] {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0...0)
            }
        guard length > 0, index + length <= text.count, second.contains(text[index + 1]) else { return 0 }
        return text[(index + 2)..<(index + length)].allSatisfy { $0 & 0xC0 == 0x80 } ? length : 0
    }

    // MARK: Memory

    @inline(__always) private mutating func reserve(_ more: Int) { if capacity - count < more { grow(by: more) } }

    @inline(never) private mutating func grow(by more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }
}
