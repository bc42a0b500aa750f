// The one place that knows how a machine's registers lie in NT_PRSTATUS, and what else depends on the machine.

/// The general registers of a thread of this machine's own word size, as PTRACE_GETREGSET gives them.
///
/// A set of another size belongs to a 32-bit program: ``isNative(_:)``.
/// Source: sys/user.h, `struct user_regs_struct`; asm/ptrace.h, `struct user_pt_regs`.
package enum RegisterLayout {
    /// A register's name as Sentry and gdb spell it, and its offset in bytes. All are 8 bytes.
    package typealias Register = (name: String, offset: Int)

    /// The registers' bytes are those of a 64-bit program.
    package static func isNative(_ bytes: [UInt8]) -> Bool { bytes.count == size }

    /// `nil` where the bytes are too few.
    package static func value(at offset: Int, of bytes: [UInt8]) -> UInt64? {
        guard offset >= 0, bytes.count >= offset + 8 else { return nil }
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }

    /// Leaves bytes that are too few as they are.
    package static func set(_ value: UInt64, at offset: Int, of bytes: inout [UInt8]) {
        guard offset >= 0, bytes.count >= offset + 8 else { return }
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }

    /// As the others, of registers that lie in somebody else's memory.
    package static func programCounter(ofRaw bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard bytes.count >= size else { return nil }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: programCounterOffset, as: UInt64.self))
    }

    package static func stackPointer(of bytes: [UInt8]) -> UInt64? { value(at: stackPointerOffset, of: bytes) }
    package static func programCounter(of bytes: [UInt8]) -> UInt64? { value(at: programCounterOffset, of: bytes) }
    package static func framePointer(of bytes: [UInt8]) -> UInt64? { value(at: framePointerOffset, of: bytes) }
    /// What a system call returned, once it has: a value from -4095 to -1 is a negative errno.
    package static func systemCallResult(of bytes: [UInt8]) -> Int64? {
        value(at: systemCallResultOffset, of: bytes).map(Int64.init(bitPattern:))
    }
}

#if arch(x86_64)
    extension RegisterLayout {
        /// In the order in which a report shows them.
        package static let names: [Register] = [
            ("rax", 80), ("rbx", 40), ("rcx", 88), ("rdx", 96), ("rsi", 104), ("rdi", 112), ("rbp", 32),
            ("rsp", 152), ("r8", 72), ("r9", 64), ("r10", 56), ("r11", 48), ("r12", 24), ("r13", 16), ("r14", 8),
            ("r15", 0), ("rip", 128), ("eflags", 144), ("cs", 136), ("ss", 160), ("ds", 184), ("es", 192),
            ("fs", 200), ("gs", 208), ("fs_base", 168), ("gs_base", 176),
        ]
        package static let size = 216
        package static let stackPointerOffset = 152
        package static let programCounterOffset = 128
        package static let framePointerOffset = 32
        package static let systemCallResultOffset = 80

        static let systemCallNumberOffset = 80
        static let systemCallArgumentOffsets = [112, 104, 96]
        /// -1 there keeps the kernel from restarting a system call that was interrupted.
        static let originalSystemCallOffset: Int? = 120

        /// Bytes below the stack pointer that a leaf function may use. Source: System V ABI, AMD64, 3.2.2.
        package static let redZone: UInt64 = 128
        /// `ucontext_t` as the kernel puts it on the stack for a signal handler: offsets in bytes.
        package enum SignalFrame {
            package static let linkOffset = 8
            /// `stack_t`: address, flags, size, 8 bytes each.
            package static let alternateStackOffset = 16
            package static let stackPointerOffset = 160
            package static let size = 168
        }
        /// EM_X86_64. Source: elf.h.
        package static let machine: UInt16 = 62
        /// Sentry's name of the machine.
        package static let architecture = "x86_64"
        /// `syscall; xor %edx, %edx; jmp *%r12`: what a program's entry finds in rdx is called at its exit.
        package static let executionStub: [UInt8] = [0x0F, 0x05, 0x31, 0xD2, 0x41, 0xFF, 0xE4]
        /// `syscall; mov $231, %eax; mov $126, %edi; syscall`: where it fails, the process exits with 126.
        package static let finalExecutionStub: [UInt8] = [
            0x0F, 0x05, 0xB8, 0xE7, 0x00, 0x00, 0x00, 0xBF, 0x7E, 0x00, 0x00, 0x00, 0x0F, 0x05,
        ]
        /// Bytes of `syscall`.
        static let systemCallInstructionSize: UInt64 = 2
        /// `prctl`. Source: asm/unistd_64.h.
        package static let processControlCallNumber: UInt64 = 157
        /// r12: where the stub jumps to.
        static let stubTargetOffset = 24
        /// `execve`. Source: asm/unistd_64.h.
        static let executeCallNumber: UInt64 = 59
    }
#elseif arch(arm64)
    extension RegisterLayout {
        /// In the order in which a report shows them.
        package static let names: [Register] =
            (0..<29).map { (name: "x\($0)", offset: $0 * 8) } + [
                ("fp", 232), ("lr", 240), ("sp", 248), ("pc", 256), ("pstate", 264),
            ]
        package static let size = 272
        package static let stackPointerOffset = 248
        package static let programCounterOffset = 256
        package static let framePointerOffset = 232
        package static let systemCallResultOffset = 0

        static let systemCallNumberOffset = 64
        static let systemCallArgumentOffsets = [0, 8, 16]
        static let originalSystemCallOffset: Int? = nil

        /// AAPCS64 has none on Linux.
        package static let redZone: UInt64 = 0
        /// `ucontext_t` as the kernel puts it on the stack for a signal handler: offsets in bytes.
        package enum SignalFrame {
            package static let linkOffset = 8
            /// `stack_t`: address, flags, size, 8 bytes each.
            package static let alternateStackOffset = 16
            package static let stackPointerOffset = 432
            package static let size = 440
        }
        /// EM_AARCH64. Source: elf.h.
        package static let machine: UInt16 = 183
        /// Sentry's name of the machine.
        package static let architecture = "arm64"
        /// `svc #0; mov x0, #0; br x16`: what a program's entry finds in x0 is called at its exit.
        package static let executionStub: [UInt8] = [
            0x01, 0x00, 0x00, 0xD4, 0x00, 0x00, 0x80, 0xD2, 0x00, 0x02, 0x1F, 0xD6,
        ]
        /// `svc #0; mov x0, #126; mov x8, #94; svc #0`: where it fails, the process exits with 126.
        package static let finalExecutionStub: [UInt8] = [
            0x01, 0x00, 0x00, 0xD4, 0xC0, 0x0F, 0x80, 0xD2, 0xC8, 0x0B, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4,
        ]
        /// Bytes of `svc`.
        static let systemCallInstructionSize: UInt64 = 4
        /// `prctl`. Source: asm-generic/unistd.h.
        package static let processControlCallNumber: UInt64 = 167
        /// x16: where the stub jumps to.
        static let stubTargetOffset = 128
        /// `execve`. Source: asm-generic/unistd.h.
        static let executeCallNumber: UInt64 = 221
    }
#endif

extension RegisterLayout {
    /// Makes a thread that stands at the return of a system call do another one by the same instruction.
    package static func prepare(_ bytes: inout [UInt8], toCallAgain call: UInt64, arguments: [UInt64]) {
        guard let counter = programCounter(of: bytes) else { return }
        if let offset = originalSystemCallOffset { set(.max, at: offset, of: &bytes) }
        for (offset, argument) in zip(systemCallArgumentOffsets, arguments) { set(argument, at: offset, of: &bytes) }
        set(call, at: systemCallNumberOffset, of: &bytes)
        set(counter - systemCallInstructionSize, at: programCounterOffset, of: &bytes)
    }

    /// Makes a thread that stands at its program's entry execute a program instead, when it goes on.
    ///
    /// Where that fails, the thread is at the entry again, with all that the ABI says of it as it was.
    /// - Parameters:
    ///   - path, arguments, environment: addresses in its memory, as execve(2) wants them.
    ///   - stub: where ``executionStub`` was put.
    package static func prepare(
        _ bytes: inout [UInt8], toExecute path: UInt64, arguments: UInt64, environment: UInt64, by stub: UInt64
    ) {
        guard let entry = programCounter(of: bytes) else { return }
        if let offset = originalSystemCallOffset { set(.max, at: offset, of: &bytes) }
        for (offset, argument) in zip(systemCallArgumentOffsets, [path, arguments, environment]) {
            set(argument, at: offset, of: &bytes)
        }
        set(executeCallNumber, at: systemCallNumberOffset, of: &bytes)
        set(entry, at: stubTargetOffset, of: &bytes)
        set(stub, at: programCounterOffset, of: &bytes)
    }
}
