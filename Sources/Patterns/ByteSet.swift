// Which bytes may stand at one place.

/// A set of bytes.
struct ByteSet: Sendable, Hashable {
    private var words = SIMD4<UInt64>()

    init() {}

    init(_ range: ClosedRange<UInt8>) { insert(range) }

    init(_ byte: UInt8) { insert(byte) }

    func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0 }

    mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    mutating func insert(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }

    mutating func formUnion(_ other: ByteSet) { words |= other.words }

    /// The ASCII bytes that are not in it.
    var asciiComplement: ByteSet {
        var result = ByteSet()
        for byte in UInt8(0)...0x7F where !contains(byte) { result.insert(byte) }
        return result
    }

    /// With both cases of each letter.
    var ignoringCase: ByteSet {
        var result = self
        for byte in UInt8(0x61)...0x7A where contains(byte) || contains(byte & 0xDF) {
            result.insert(byte)
            result.insert(byte & 0xDF)
        }
        return result
    }

    static let digits = ByteSet(0x30...0x39)
    static let wordBytes: ByteSet = {
        var set = ByteSet(0x30...0x39)
        set.insert(0x41...0x5A)
        set.insert(0x61...0x7A)
        set.insert(0x5F)
        return set
    }()
    static let spaces: ByteSet = {
        var set = ByteSet(0x09...0x0D)
        set.insert(0x20)
        return set
    }()
}
