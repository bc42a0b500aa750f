// Looking at eight bytes at once, for questions that memchr(3) does not answer.

enum ByteWords {
    /// Calls `body` with all bytes, eight in each word; the last word of a text that ends within one is filled up with
    /// bytes that came before, or with spaces.
    @inline(__always) static func forEach(in bytes: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) {
        var offset = 0
        while offset + 8 <= bytes.count {
            body(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        guard offset < bytes.count else { return }
        if bytes.count >= 8 {
            body(bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        } else {
            var word = filled(with: 0x20)
            for byte in bytes { word = word << 8 | UInt64(byte) }
            body(word)
        }
    }

    /// The number whose eight digits these are; `nil` where one is none.
    @inline(__always) static func decimal(_ word: UInt64) -> UInt64? {
        let digits = word.littleEndian ^ filled(with: 0x30)
        guard (digits | (digits &+ filled(with: 0x76))) & filled(with: 0x80) == 0 else { return nil }
        let pairs = ((digits &* 10) &+ (digits >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = ((pairs &* 100) &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return ((fours &* 10000) &+ (fours >> 32)) & 0xFFFF_FFFF
    }

    @inline(__always) static func filled(with byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// Not 0 if and only if some byte is 0.
    @inline(__always) static func zeros(in word: UInt64) -> UInt64 {
        (word &- filled(with: 1)) & ~word & filled(with: 0x80)
    }

    /// Not 0 if some byte is below `limit`, which is at most 128; else 0.
    @inline(__always) static func below(_ limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- filled(with: limit)) & ~word & filled(with: 0x80)
    }
}
