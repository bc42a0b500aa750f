// SIGSEGV: what an address that may not be accessed says about the mistake.

/// Classifies an access to memory by the address, the mappings around it and the registers.
struct MemoryFault {
    private let scene: CrashScene

    init(_ scene: CrashScene) { self.scene = scene }

    /// No program has anything mapped below (vm.mmap_min_addr): an address here was null plus a member's offset, one as
    /// close to the end null minus something.
    private static let nullRegion: UInt64 = 64 << 10
    /// A function with large arrays steps far beyond its stack's end at once.
    private static let stackStep: UInt64 = 1 << 20

    var explanation: CrashExplanation {
        guard let info = scene.info, info.sender == nil, let address = info.address else {
            return scene.info?.sender == nil
                ? CrashExplanation(
                    kind: .other, title: "segmentation fault",
                    sentence: "it accessed memory that it may not, at an address that is not known")
                : CrashExplanation(
                    kind: .sent, title: "SIGSEGV was sent by the program itself",
                    sentence: "the program sent SIGSEGV to itself, by raise() or kill()")
        }
        if info.isUnaddressed { return nonCanonical }
        switch info.detail {
        case .bounds(_, let lower, let upper):
            return CrashExplanation(
                kind: .bounds, title: "access out of bounds",
                sentence:
                    "it accessed \(hexText(address)), outside of the bounds \(hexText(lower)) to \(hexText(upper)) "
                    + "that the processor checked (SEGV_BNDERR)")
        case .protectionKey(_, let key):
            return CrashExplanation(
                kind: .protectionKey, title: "access against a memory protection key",
                sentence: "it accessed \(hexText(address)), which protection key \(key) forbids (SEGV_PKUERR)")
        default: return classify(address, info)
        }
    }

    private func classify(_ address: UInt64, _ info: SignalInfo) -> CrashExplanation {
        let isFetch = scene.programCounter == address
        if address < Self.nullRegion || address > .max - Self.nullRegion { return null(address, isFetch: isFetch) }
        if let overflow = stackOverflow(address) { return overflow }
        let code = info.codeName ?? "si_code \(info.code)"
        guard let mapping = scene.maps.mapping(at: address) else { return unmapped(address, code, isFetch: isFetch) }
        let place = mapping.path.isEmpty ? "anonymous memory" : mapping.path
        if isFetch, !mapping.isExecutable {
            return CrashExplanation(
                kind: .notExecutable, title: "execution of memory that is not executable",
                sentence: "it jumped to \(hexText(address)), which is \(place) and may not be executed "
                    + "(\(code), mapped \(mapping.permissions))")
        }
        if mapping.isReadable, !mapping.isWritable {
            return CrashExplanation(
                kind: .readOnlyMemory, title: "write to read-only memory",
                sentence: "it wrote to \(hexText(address)), which is \(place): inferred from \(code) and its mapping, "
                    + "which may be read but not written (\(mapping.permissions))")
        }
        if !mapping.isReadable, !mapping.isWritable {
            return CrashExplanation(
                kind: .guardedMemory, title: "access to guarded memory",
                sentence:
                    "it accessed \(hexText(address)), which is \(place) and mapped without any permission (\(code)): "
                    + "a guard page, or memory that was given back")
        }
        return CrashExplanation(
            kind: .other, title: "forbidden memory access",
            sentence: "it accessed \(hexText(address)), which is \(place), mapped \(mapping.permissions) (\(code)); "
                + "another thread may have changed the mapping since")
    }

    private func null(_ address: UInt64, isFetch: Bool) -> CrashExplanation {
        if isFetch {
            return CrashExplanation(
                kind: .nullCall, title: "call through a null pointer",
                sentence: "it jumped to \(hexText(address)): inferred from the program counter, "
                    + "it called a function through a null pointer")
        }
        let place = address < Self.nullRegion ? hexText(address) : "-\(hexText(0 &- address))"
        return CrashExplanation(
            kind: .nullPointer, title: "null pointer dereference at \(place)",
            sentence: "it accessed \(place): inferred from an address that small, "
                + (address == 0 ? "through a null pointer" : "a member of what a null pointer points to"))
    }

    private var nonCanonical: CrashExplanation {
        CrashExplanation(
            kind: .nonCanonical, title: "a non-canonical address or a general protection fault",
            sentence:
                "the processor refused an access without telling where (SI_KERNEL, address 0): a non-canonical address "
                + "or a general protection fault, as a smashed stack, a wild or freed pointer or misaligned vector data "
                + "make one")
    }

    private func unmapped(_ address: UInt64, _ code: String, isFetch: Bool) -> CrashExplanation {
        let isKnown = !scene.maps.mappings.isEmpty
        if isFetch {
            return CrashExplanation(
                kind: .unmappedCode, title: "jump to an address without code",
                sentence: "it jumped to \(hexText(address)), where nothing is mapped (\(code)): "
                    + "a wild function pointer, or a return address that was overwritten")
        }
        return CrashExplanation(
            kind: .unmappedMemory, title: "access to unmapped memory",
            sentence: isKnown || code == "SEGV_MAPERR"
                ? "it accessed \(hexText(address)), where nothing is mapped (\(code)): a wild, freed or overrun pointer"
                : "it accessed \(hexText(address)), which it may not (\(code))")
    }

    /// The address is not accessible, a stack lies right above it, and the stack pointer is close by.
    private func stackOverflow(_ address: UInt64) -> CrashExplanation? {
        guard let stackPointer = scene.stackPointer,
            max(address, stackPointer) - min(address, stackPointer) <= Self.stackStep,
            !(scene.maps.mapping(at: address)?.isWritable ?? false),
            let stack = scene.maps.mappings.first(where: { $0.range.lowerBound > address && $0.isWritable }),
            stack.range.lowerBound - address <= Self.stackStep,
            stackPointer < stack.range.upperBound, stack.path.isEmpty || stack.path.hasPrefix("[")
        else { return nil }
        let size = (stack.range.upperBound - stack.range.lowerBound) >> 10
        return CrashExplanation(
            kind: .stackOverflow, title: "stack overflow",
            sentence:
                "its stack is full: inferred from the address \(hexText(address)), which is close to the stack pointer "
                + "and just below the stack's \(size) KiB")
    }
}
