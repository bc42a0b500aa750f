// Short texts as whole words: they are compared and looked up at once instead of byte by byte.

/// A text of 1 to 24 bytes. Equal ones are equal texts.
struct ShortText: Equatable, BitwiseCopyable {
    static let longest = 24

    let count: Int
    /// Together all bytes; some may be in two of the words.
    private var first: UInt64
    private var middle: UInt64
    private var last: UInt64

    /// `nil` for an empty text and for a longer one.
    @inline(__always) init?(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress, text.count > 0, text.count <= Self.longest else { return nil }
        count = text.count
        if count >= 8 {
            first = base.loadUnaligned(as: UInt64.self)
            middle = count > 16 ? base.loadUnaligned(fromByteOffset: 8, as: UInt64.self) : 0
            last = base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            first = UInt64(base.loadUnaligned(as: UInt32.self))
            middle = 0
            last = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            first = UInt64(text[0]) | UInt64(text[count / 2]) << 8 | UInt64(text[count - 1]) << 16
            middle = 0
            last = 0
        }
    }

    /// With ASCII's capitals as small letters.
    @inline(__always) var lowered: ShortText {
        var text = self
        text.first = Self.lowered(first)
        text.middle = Self.lowered(middle)
        text.last = Self.lowered(last)
        return text
    }

    /// Whether there are only letters, digits and underscores.
    @inline(__always) var isName: Bool {
        // Where there are less than eight, zeros are behind them.
        let zeros: UInt64 = count >= 8 ? 0 : count >= 4 ? 0x3030_3030_0000_0000 : 0x3030_3030_3000_0000
        return Self.areNames(first | zeros) && (count < 4 || Self.areNames(last | zeros))
            && (count <= 16 || Self.areNames(middle))
    }

    @inline(__always) private static func areNames(_ word: UInt64) -> Bool {
        let upper = ByteWords.filled(with: 0x80)
        // The upper bit of each byte of a range, of those below 128.
        @inline(__always) func within(_ word: UInt64, _ first: Unicode.Scalar, _ last: Unicode.Scalar) -> UInt64 {
            (word &+ ByteWords.filled(with: 0x80 - UInt8(ascii: first)))
                ^ (word &+ ByteWords.filled(with: 0x7F - UInt8(ascii: last)))
        }
        let bytes = word & ~upper
        let letters = within(bytes | ByteWords.filled(with: 0x20), "a", "z")
        return (letters | within(bytes, "0", "9") | within(bytes, "_", "_")) & ~word & upper == upper
    }

    /// All of its bits depend on all bytes.
    @inline(__always) var hash: UInt64 {
        let mixed = (first &* 0x9E37_79B9_7F4A_7C15) ^ (last &* 0xC2B2_AE3D_27D4_EB4F) ^ middle
        let product = mixed.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93 &+ UInt64(truncatingIfNeeded: count) << 32)
        return product.high ^ product.low
    }

    /// Eight bytes at once: the sums carry into a byte's upper bit from `A` on, and from behind `Z` on.
    @inline(__always) private static func lowered(_ word: UInt64) -> UInt64 {
        let lower = word & ByteWords.filled(with: 0x7F)
        let fromA = lower &+ ByteWords.filled(with: 0x80 - UInt8(ascii: "A"))
        let behindZ = lower &+ ByteWords.filled(with: 0x7F - UInt8(ascii: "Z"))
        let capitals = (fromA ^ behindZ) & ~word & ByteWords.filled(with: 0x80)
        return word | capitals >> 2
    }
}

/// What some short texts mean. Made once and never freed; nobody writes to it after that.
struct ShortTextTable<Value: Sendable>: @unchecked Sendable {
    private struct Slot {
        let text: ShortText
        let value: Value
    }

    private let slots: UnsafeMutablePointer<Slot?>
    private let mask: Int

    /// - Parameter entries: of equal texts the first counts. Longer ones than ``ShortText/longest`` are not found.
    init(_ entries: [(text: StaticString, value: Value)]) {
        var capacity = 4
        while capacity < 2 * entries.count { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: nil, count: capacity)
        for entry in entries {
            let bytes = UnsafeRawBufferPointer(start: entry.text.utf8Start, count: entry.text.utf8CodeUnitCount)
            guard let text = ShortText(bytes), self[text] == nil else { continue }
            var place = Int(truncatingIfNeeded: text.hash) & mask
            while slots[place] != nil { place = (place + 1) & mask }
            slots[place] = Slot(text: text, value: entry.value)
        }
    }

    @inline(__always) subscript(text: ShortText) -> Value? {
        var place = Int(truncatingIfNeeded: text.hash) & mask
        while let slot = slots[place] {
            if slot.text == text { return slot.value }
            place = (place + 1) & mask
        }
        return nil
    }
}

/// What was found out about short texts that come again and again. Owned by one thread. Plain memory, which its owner frees:
/// counting references would cost more than looking does.
struct ShortTextMemory<Value: BitwiseCopyable> {
    private static var capacity: Int { 256 }
    private let texts: UnsafeMutablePointer<ShortText>
    private let values: UnsafeMutablePointer<Value>
    /// Whether there is something in a slot: slots are not touched before, so that a run of few words costs no memory.
    private let used: UnsafeMutablePointer<Bool>

    init() {
        texts = .allocate(capacity: Self.capacity)
        values = .allocate(capacity: Self.capacity)
        used = .allocate(capacity: Self.capacity)
        used.initialize(repeating: false, count: Self.capacity)
    }

    func deallocate() {
        texts.deallocate()
        values.deallocate()
        used.deallocate()
    }

    func forget() { used.update(repeating: false, count: Self.capacity) }

    /// What is remembered of the text, or found now. Valid until the next text is asked for.
    ///
    /// A text has two places, so that two texts of every line do not drive out each other.
    @inline(__always) func value(of text: ShortText, else find: () -> Value) -> UnsafePointer<Value> {
        let place = Int(truncatingIfNeeded: text.hash) & (Self.capacity - 1)
        if used[place], texts[place] == text { return value(at: place) }
        if used[place ^ 1], texts[place ^ 1] == text { return value(at: place ^ 1) }
        return remember(text, find(), place)
    }

    @inline(__always) private func value(at place: Int) -> UnsafePointer<Value> {
        UnsafePointer(values + place)
    }

    @inline(never) private func remember(_ text: ShortText, _ value: Value, _ place: Int) -> UnsafePointer<Value> {
        // The newer one stays at its own place, the older one moves to the other.
        if used[place] {
            texts[place ^ 1] = texts[place]
            values[place ^ 1] = values[place]
            used[place ^ 1] = true
        }
        texts[place] = text
        values[place] = value
        used[place] = true
        return self.value(at: place)
    }
}
