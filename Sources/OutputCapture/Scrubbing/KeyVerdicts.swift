// What names promise, remembered: the lines of a job repeat their keys.

/// Answers as ``SensitiveKey`` and ``PersonalKey`` do. Owned by one thread, and freed by its owner.
struct KeyVerdicts {
    struct Verdict: BitwiseCopyable {
        let inText: SensitiveKey
        let ofField: SensitiveKey
        let isPersonal: Bool
        /// Of a field.
        @inline(__always) var mayBeSecret: Bool { ofField != .no || isPersonal }
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

    private let memory = ShortTextMemory<Verdict>()

    func deallocate() { memory.deallocate() }

    @inline(__always) func verdict(_ key: UnsafeRawBufferPointer) -> Verdict {
        guard let text = ShortText(key) else { return Verdict(key) }
        return memory.value(of: text) { Verdict(key) }.pointee
    }
}
