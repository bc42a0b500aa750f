// Triggers by four of their bytes: small tables that are made in microseconds. Plain memory, which the index frees; nobody
// writes to it once it is made.

/// A text that makes the engine ask a language.
struct Trigger {
    let text: StaticString
    let language: Int

    fileprivate func bytes(at offset: Int) -> UInt32 {
        UnsafeRawPointer(text.utf8Start).loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }
}

/// Triggers in chains of equal hashes.
private struct TriggerChains {
    private struct Entry {
        let trigger: Trigger
        let bytes: UInt32
        let offset: Int
        /// Counted from 1; 0 is none.
        let next: UInt16
    }

    let heads: UnsafeMutablePointer<UInt16>
    private let entries: UnsafeMutablePointer<Entry>
    private let hashBits: Int

    /// - Parameter offsets: of the four bytes that are looked for; each trigger has them all.
    init(_ triggers: [Trigger], offsets: Range<Int>, hashBits: Int) {
        self.hashBits = hashBits
        heads = .allocate(capacity: 1 << hashBits)
        heads.initialize(repeating: 0, count: 1 << hashBits)
        entries = .allocate(capacity: max(1, triggers.count * offsets.count))
        var count = 0
        for trigger in triggers {
            precondition(trigger.text.utf8CodeUnitCount >= offsets.upperBound + 3, "a trigger of too few bytes")
            for offset in offsets {
                let bytes = trigger.bytes(at: offset)
                let head = heads + WindowTable.hash(bytes, hashBits)
                (entries + count).initialize(
                    to: Entry(trigger: trigger, bytes: bytes, offset: offset, next: head.pointee))
                count += 1
                head.pointee = UInt16(count)
            }
        }
    }

    func deallocate() {
        heads.deallocate()
        entries.deallocate()
    }

    /// Calls `body` with the triggers that have the four bytes, and at which offset, until it says `false`.
    @inline(__always) func forEach(at bytes: UInt32, _ body: (Trigger, Int) -> Bool) {
        var number = heads[WindowTable.hash(bytes, hashBits)]
        while number != 0 {
            let entry = entries + Int(number - 1)
            if entry.pointee.bytes == bytes, !body(entry.pointee.trigger, entry.pointee.offset) { return }
            number = entry.pointee.next
        }
    }
}

/// Triggers that begin a line.
struct StartTable {
    // A constant: every line is looked at.
    private static let hashBits = 10

    private let chains: TriggerChains

    init(_ triggers: [Trigger]) { chains = TriggerChains(triggers, offsets: 0..<1, hashBits: Self.hashBits) }

    func deallocate() { chains.deallocate() }

    /// - Parameter line: of four bytes at least.
    @inline(__always) func mayHave(_ line: UnsafeRawBufferPointer) -> Bool { mayHaveHash(line) && has(line) }

    /// The same without looking further than at the first four bytes.
    @inline(__always) func mayHaveHash(_ line: UnsafeRawBufferPointer) -> Bool {
        chains.heads[WindowTable.hash(line.loadUnaligned(as: UInt32.self), Self.hashBits)] != 0
    }

    @inline(never) private func has(_ line: UnsafeRawBufferPointer) -> Bool {
        var isFound = false
        chains.forEach(at: line.loadUnaligned(as: UInt32.self)) { trigger, _ in
            isFound = line.has(trigger.text)
            return !isFound
        }
        return isFound
    }

    /// The triggers with which the line begins.
    func forEach(of line: UnsafeRawBufferPointer, _ body: (Trigger) -> Void) {
        chains.forEach(at: line.loadUnaligned(as: UInt32.self)) { trigger, _ in
            if line.has(trigger.text) { body(trigger) }
            return true
        }
    }
}

/// Triggers that may be anywhere, by the windows of four bytes in them.
struct WindowTable {
    /// Of the table of bits that a processor without a scan uses.
    static let bitsOfFilter = 17

    private let chains: TriggerChains
    private let triggers: [Trigger]
    private let offsets: Range<Int>

    init(_ triggers: [Trigger], offsets: Range<Int>) {
        chains = TriggerChains(triggers, offsets: offsets, hashBits: 11)
        self.triggers = triggers
        self.offsets = offsets
    }

    func deallocate() { chains.deallocate() }

    /// The upper bits of the product, all of which depend on all four bytes.
    @inline(__always) static func hash(_ bytes: UInt32, _ bits: Int) -> Int {
        Int((bytes &* 0x9E37_79B1) >> UInt32(truncatingIfNeeded: 32 - bits))
    }

    @inline(__always) func forEach(at bytes: UInt32, _ body: (Trigger, Int) -> Void) {
        chains.forEach(at: bytes) { trigger, offset in
            body(trigger, offset)
            return true
        }
    }

    /// A bit for every hash of ``bitsOfFilter`` bits. The caller frees it.
    func makeBits() -> UnsafeMutablePointer<UInt64> {
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << (Self.bitsOfFilter - 6))
        bits.initialize(repeating: 0, count: 1 << (Self.bitsOfFilter - 6))
        for trigger in triggers {
            for offset in offsets {
                let hash = Self.hash(trigger.bytes(at: offset), Self.bitsOfFilter)
                bits[hash >> 6] |= 1 << UInt64(hash & 63)
            }
        }
        return bits
    }
}
