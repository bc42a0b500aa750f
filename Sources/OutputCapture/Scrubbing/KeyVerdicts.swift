// What names promise, remembered: the lines of a job repeat their keys.

/// Answers as ``SensitiveKey`` and ``PersonalKey`` do. Owned by one thread. Plain memory, which its owner frees: counting
/// references would cost more than looking does.
struct KeyVerdicts {
    struct Verdict {
        let inText: SensitiveKey
        let ofField: SensitiveKey
        let isPersonal: Bool
        /// Whether nothing about the key of a field is worth a look, see ``ScrubbingPass``.
        let isPlainField: Bool

        init(_ key: UnsafeRawBufferPointer) {
            inText = SensitiveKey(inText: key)
            ofField = SensitiveKey(ofField: key)
            isPersonal = PersonalKey.isPersonal(key)
            let first = key.first ?? 0
            // Oracle's credentials, and what may be an IPv6 address.
            let meansMore = key.equalsIgnoringCase("thin") || first == 0x32 || first == 0x33
            // A key does not begin with these: the pass takes them off.
            let isTrimmed = first == UInt8(ascii: "-") || first == UInt8(ascii: ".")
            isPlainField = ofField == .no && !isPersonal && !meansMore && !isTrimmed
        }
    }

    private struct Slot {
        let key: ShortText
        let verdict: Verdict
    }

    private static let capacity = 256
    private let slots: UnsafeMutablePointer<Slot>
    /// Whether there is something in a slot: slots are not touched before, so that a run of few words costs no memory.
    private let used: UnsafeMutablePointer<Bool>

    init() {
        slots = .allocate(capacity: Self.capacity)
        used = .allocate(capacity: Self.capacity)
        used.initialize(repeating: false, count: Self.capacity)
    }

    func deallocate() {
        slots.deallocate()
        used.deallocate()
    }

    /// A key has two places, so that two keys of every line do not drive out each other.
    @inline(__always) func verdict(_ key: UnsafeRawBufferPointer) -> Verdict {
        guard let text = ShortText(key) else { return Verdict(key) }
        let place = Int(truncatingIfNeeded: text.hash) & (Self.capacity - 1)
        if used[place], slots[place].key == text { return slots[place].verdict }
        if used[place ^ 1], slots[place ^ 1].key == text { return slots[place ^ 1].verdict }
        return remember(key, text, place)
    }

    @inline(never) private func remember(_ key: UnsafeRawBufferPointer, _ text: ShortText, _ place: Int) -> Verdict {
        let verdict = Verdict(key)
        // The newer one stays at its own place, the older one moves to the other.
        if used[place] {
            slots[place ^ 1] = slots[place]
            used[place ^ 1] = true
        }
        slots[place] = Slot(key: text, verdict: verdict)
        used[place] = true
        return verdict
    }
}
