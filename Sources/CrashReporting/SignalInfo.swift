// siginfo_t: what the kernel says about a signal.

/// A signal's `siginfo_t`, taken apart. Source: sigaction(2), asm-generic/siginfo.h; x86-64 and AArch64 share the layout.
package struct SignalInfo: Sendable, Equatable {
    package var signal: Int32
    /// `si_code`
    package var code: Int32
    package var detail: Detail

    /// What the kernel adds, by signal and code.
    package enum Detail: Sendable, Equatable {
        case none
        /// A process sent it: kill(2), tgkill(2), sigqueue(3).
        case sent(process: Int32, user: UInt32)
        /// `si_addr`: the memory that was accessed, for SIGILL and SIGFPE the instruction.
        case fault(address: UInt64)
        /// SEGV_BNDERR
        case bounds(address: UInt64, lower: UInt64, upper: UInt64)
        /// SEGV_PKUERR
        case protectionKey(address: UInt64, key: UInt32)
        /// SIGSYS: a system call that seccomp did not let pass.
        case systemCall(instruction: UInt64, number: Int32, architecture: UInt32)
    }

    package init(signal: Int32, code: Int32, detail: Detail = .none) {
        self.signal = signal
        self.code = code
        self.detail = detail
    }

    /// - Parameter raw: the kernel's bytes, little-endian.
    /// - Returns: `nil` for fewer than the 48 that have a meaning here.
    package init?(_ raw: [UInt8]) {
        guard raw.count >= 48 else { return nil }
        signal = Int32(truncatingIfNeeded: littleEndian(raw, 0, 4))
        code = Int32(truncatingIfNeeded: littleEndian(raw, 8, 4))
        detail = Self.detail(signal, code, raw)
    }

    private static func detail(_ signal: Int32, _ code: Int32, _ raw: [UInt8]) -> Detail {
        if code <= 0 {
            // A timer's expiry and the like have no sender.
            guard [Code.user, Code.queue, Code.threadKill].contains(code) else { return .none }
            return .sent(
                process: Int32(truncatingIfNeeded: littleEndian(raw, 16, 4)),
                user: UInt32(truncatingIfNeeded: littleEndian(raw, 20, 4)))
        }
        let address = littleEndian(raw, 16, 8)
        switch signal {
        case Signal.systemCall where code == 1:
            return .systemCall(
                instruction: address, number: Int32(truncatingIfNeeded: littleEndian(raw, 24, 4)),
                architecture: UInt32(truncatingIfNeeded: littleEndian(raw, 28, 4)))
        case Signal.segmentation where code == Code.boundsError:
            return .bounds(address: address, lower: littleEndian(raw, 32, 8), upper: littleEndian(raw, 40, 8))
        case Signal.segmentation where code == Code.protectionKeyError:
            return .protectionKey(address: address, key: UInt32(truncatingIfNeeded: littleEndian(raw, 32, 4)))
        case Signal.segmentation, Signal.bus, Signal.illegal, Signal.arithmetic, Signal.trap:
            return .fault(address: address)
        default: return .none
        }
    }

    /// The memory or instruction that the signal is about. 0 may mean that the kernel did not say: see ``isUnaddressed``.
    package var address: UInt64? {
        switch detail {
        case .fault(let address), .bounds(let address, _, _), .protectionKey(let address, _): address
        case .systemCall(let instruction, _, _): instruction
        case .none, .sent: nil
        }
    }

    package var sender: (process: Int32, user: UInt32)? {
        guard case .sent(let process, let user) = detail else { return nil }
        return (process, user)
    }

    /// The processor refused an access without naming its address (a non-canonical address, mostly).
    package var isUnaddressed: Bool {
        signal == Signal.segmentation && code == Code.kernel && (address ?? 0) == 0
    }

    /// `SEGV_MAPERR`, `SI_TKILL`, …; `nil` for codes without a name.
    package var codeName: String? {
        if let name = Self.commonCodes[code] { return name }
        guard code >= 1, let names = Self.codes[signal], Int(code) <= names.count else { return nil }
        return names[Int(code) - 1]
    }

    enum Code {
        static let user: Int32 = 0
        static let kernel: Int32 = 0x80
        static let queue: Int32 = -1
        static let threadKill: Int32 = -6
        static let boundsError: Int32 = 3
        static let protectionKeyError: Int32 = 4
    }

    private static let commonCodes: [Int32: String] = [
        Code.user: "SI_USER", Code.kernel: "SI_KERNEL", Code.queue: "SI_QUEUE", -2: "SI_TIMER", -3: "SI_MESGQ",
        -4: "SI_ASYNCIO", -5: "SI_SIGIO", Code.threadKill: "SI_TKILL", -7: "SI_DETHREAD", -60: "SI_ASYNCNL",
    ]

    /// By signal, from 1.
    private static let codes: [Int32: [String]] = [
        Signal.illegal: [
            "ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC",
            "ILL_BADSTK", "ILL_BADIADDR",
        ],
        Signal.arithmetic: [
            "FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV",
            "FPE_FLTSUB",
        ],
        Signal.segmentation: [
            "SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR",
            "SEGV_MTEAERR", "SEGV_MTESERR", "SEGV_CPERR",
        ],
        Signal.bus: ["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"],
        Signal.trap: ["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"],
        Signal.systemCall: ["SYS_SECCOMP", "SYS_USER_DISPATCH"],
    ]
}

private func littleEndian(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
