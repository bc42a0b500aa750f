// Why a process crashed, as far as that can be told from outside: a pure function of the scene.

/// A crash in words. What is inferred says from what.
package struct CrashExplanation: Sendable, Equatable {
    package var kind: Kind
    /// What an issue is called by: the same for every crash of this sort, so without addresses that change.
    package var title: String
    /// One sentence for people, without a full stop.
    package var sentence: String
    /// The line that the program itself printed about it.
    package var message: String?

    package enum Kind: String, Sendable, CaseIterable {
        case nullPointer = "null_pointer"
        case nullCall = "null_call"
        case stackOverflow = "stack_overflow"
        case unmappedMemory = "unmapped_memory"
        case unmappedCode = "unmapped_code"
        case notExecutable = "not_executable"
        case readOnlyMemory = "read_only_memory"
        case guardedMemory = "guarded_memory"
        case nonCanonical = "non_canonical_address"
        case bounds = "bounds"
        case protectionKey = "protection_key"
        case beyondFile = "beyond_file"
        case misaligned
        case hardwareMemory = "hardware_memory_error"
        case divisionByZero = "division_by_zero"
        case arithmetic
        case illegalInstruction = "illegal_instruction"
        case trap
        case abort
        case systemCall = "system_call"
        case processorTime = "cpu_limit"
        case fileSize = "file_size_limit"
        case sent
        case other
        /// No crash: the process took too long.
        case timeout
        /// No crash: the process stood still.
        case hang
    }

    package init(kind: Kind, title: String, sentence: String, message: String? = nil) {
        self.kind = kind
        self.title = title
        self.sentence = sentence
        self.message = message
    }

    package init(_ scene: CrashScene) {
        if let sent = Self.sentByAnother(scene) {
            self = sent
            return
        }
        switch scene.signal {
        case Signal.segmentation: self = MemoryFault(scene).explanation
        case Signal.bus: self = Self.busError(scene)
        case Signal.arithmetic: self = Self.arithmeticError(scene)
        case Signal.illegal, Signal.trap: self = Self.trap(scene)
        case Signal.abort: self = Self.abort(scene)
        case Signal.systemCall: self = Self.badSystemCall(scene)
        case Signal.processorTime:
            self.init(
                kind: .processorTime, title: "CPU time limit exceeded",
                sentence: "it used more processor time than its limit (RLIMIT_CPU) allows")
        case Signal.fileSize:
            self.init(
                kind: .fileSize, title: "file size limit exceeded",
                sentence: "it wrote beyond the size that its limit (RLIMIT_FSIZE) allows a file")
        default: self = Self.plain(scene)
        }
        if kind == .sent || scene.signal == Signal.abort { return }
        add(LastWords(in: scene.errorLines))
    }

    /// Words on stderr explain a trap; beside an access to memory they are only quoted.
    private mutating func add(_ words: LastWords?) {
        guard let words else { return }
        message = words.line
        guard kind == .trap || kind == .illegalInstruction || words.kind == .sanitizer else { return }
        title = words.title
        sentence += "; the cause is the program's own message on stderr"
    }

    // MARK: Sent signals

    /// The kernel's own faults have a positive code: what another process sends is no fault of this one.
    private static func sentByAnother(_ scene: CrashScene) -> CrashExplanation? {
        guard let sender = scene.info?.sender, sender.process != scene.process, sender.process > 0 else { return nil }
        let name = SignalName.of(scene.signal)
        return CrashExplanation(
            kind: .sent, title: "\(name) was sent by another process",
            sentence: "\(name) was sent by pid \(sender.process), user \(sender.user): it is no fault of the program's")
    }

    private static func plain(_ scene: CrashScene) -> CrashExplanation {
        let name = SignalName.of(scene.signal)
        let meaning = SignalName.meaning(scene.signal).map { "\(name) (\($0))" } ?? name
        guard scene.info?.sender != nil else {
            return CrashExplanation(kind: .other, title: meaning, sentence: "it was ended by \(meaning)")
        }
        return CrashExplanation(
            kind: .sent, title: "\(name) was sent by the program itself",
            sentence: "the program sent \(name) to itself, by raise() or kill()")
    }

    // MARK: SIGBUS, SIGFPE, SIGSYS

    private static func busError(_ scene: CrashScene) -> CrashExplanation {
        guard let info = scene.info, info.sender == nil, let address = info.address else { return plain(scene) }
        let place = hexText(address)
        switch info.codeName {
        case "BUS_ADRALN":
            return CrashExplanation(
                kind: .misaligned, title: "misaligned memory access",
                sentence: "it accessed \(place), which is not aligned as the instruction needs it (BUS_ADRALN)")
        case "BUS_ADRERR":
            let file = scene.maps.mapping(at: address).map(\.path) ?? ""
            guard file.hasPrefix("/") else {
                return CrashExplanation(
                    kind: .beyondFile, title: "access to memory that cannot be provided",
                    sentence: "it accessed \(place), for which there is no memory to be had (BUS_ADRERR): "
                        + "beyond the end of a mapped file, or a file system that is full")
            }
            return CrashExplanation(
                kind: .beyondFile, title: "access beyond the end of mapped file \(file.baseName)",
                sentence: "it accessed \(place), where \(file) is mapped: inferred from BUS_ADRERR, "
                    + "that file is shorter now than its mapping, or could not be read")
        case "BUS_MCEERR_AR", "BUS_MCEERR_AO":
            return CrashExplanation(
                kind: .hardwareMemory, title: "hardware memory error",
                sentence: "the memory at \(place) is broken: the hardware reported it (\(info.codeName ?? ""))")
        default:
            return CrashExplanation(
                kind: .other, title: "bus error", sentence: "it accessed \(place)\(clause(info.codeName))")
        }
    }

    private static func arithmeticError(_ scene: CrashScene) -> CrashExplanation {
        guard let info = scene.info, info.sender == nil else { return plain(scene) }
        if info.codeName == "FPE_INTDIV" {
            return CrashExplanation(
                kind: .divisionByZero, title: "integer division by zero",
                sentence: "it divided an integer by zero, or the quotient does not fit (FPE_INTDIV)")
        }
        let names = [
            "FPE_INTOVF": "integer overflow", "FPE_FLTDIV": "floating-point division by zero",
            "FPE_FLTOVF": "floating-point overflow", "FPE_FLTUND": "floating-point underflow",
            "FPE_FLTRES": "inexact floating-point result", "FPE_FLTINV": "invalid floating-point operation",
        ]
        let title = info.codeName.flatMap { names[$0] } ?? "arithmetic error"
        return CrashExplanation(
            kind: .arithmetic, title: title, sentence: "the processor reported: \(title)\(clause(info.codeName))")
    }

    private static func badSystemCall(_ scene: CrashScene) -> CrashExplanation {
        guard case .systemCall(_, let number, _) = scene.info?.detail else { return plain(scene) }
        return CrashExplanation(
            kind: .systemCall, title: "forbidden system call \(number)",
            sentence:
                "it made system call number \(number), which its seccomp filter answers by ending it (SYS_SECCOMP)")
    }
}

private func clause(_ codeName: String?) -> String { codeName.map { " (\($0))" } ?? "" }

/// `0x7ffd00000000`
func hexText(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }
