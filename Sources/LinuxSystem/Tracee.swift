// One thread that we trace: the requests of ptrace(2), typed.

import CLinux
import Glibc

/// A traced thread, by its id.
///
/// ptrace(2) binds all requests to the thread that attached: everything here must run on one thread. A tracee may be killed
/// at any moment, so each request can end in ESRCH (``SystemError/isNoProcess``); the next wait tells how it ended.
package struct Tracee: Sendable, Hashable {
    package let thread: Int32

    package init(_ thread: Int32) { self.thread = thread }

    /// What the tracee stops for, beside its signals. Source: ptrace(2), PTRACE_SETOPTIONS.
    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }

        package static let clone = Options(rawValue: clinux_trace_clone)
        package static let fork = Options(rawValue: clinux_trace_fork)
        package static let vfork = Options(rawValue: clinux_trace_vfork)
        package static let exec = Options(rawValue: clinux_trace_exec)
        package static let exit = Options(rawValue: clinux_trace_exit)
        /// New threads, and that the process executes another program.
        package static let ofThreads = Options(rawValue: clinux_trace_clone | clinux_trace_exec)
        /// New processes, too.
        package static let ofProcesses = Options(
            rawValue: clinux_trace_clone | clinux_trace_exec | clinux_trace_fork | clinux_trace_vfork)
    }

    /// Why it stands still, from the status of wait(2).
    package enum Stop: Sendable, Equatable {
        /// A signal is about to be delivered to it.
        case signal(Signal)
        /// Job control has stopped its process.
        case group(Signal)
        /// After an interrupt, after SIGCONT, or as a new tracee.
        case event
        /// A new thread or process (``Tracee/eventMessage()`` is its id), an exec (its former id), an exit.
        case cloned
        case forked
        case vforked
        case executed
        case exiting
        /// `nil` where the status is no stop.
        package init?(rawStatus status: Int32) {
            guard status & 0xFF == 0x7F else { return nil }
            let signal = Signal(status >> 8 & 0xFF)
            switch status >> 16 {
            case clinux_event_stop: self = signal.number == SIGTRAP ? .event : .group(signal)
            case clinux_event_clone: self = .cloned
            case clinux_event_fork: self = .forked
            case clinux_event_vfork: self = .vforked
            case clinux_event_exec: self = .executed
            case clinux_event_exit: self = .exiting
            default: self = .signal(signal)
            }
        }
    }

    // MARK: Coming and going

    /// Becomes its tracer without stopping it. It survives our death.
    ///
    /// - Throws: EPERM where tracing is not permitted, ESRCH where it is gone or already traced.
    package func seize(_ options: Options) throws(SystemError) {
        try checked(clinux_trace_seize(thread, options.rawValue), "ptrace PTRACE_SEIZE", on: "\(thread)")
    }

    package func setOptions(_ options: Options) throws(SystemError) {
        try checked(clinux_trace_set_options(thread, options.rawValue), "ptrace PTRACE_SETOPTIONS", on: "\(thread)")
    }

    /// Makes it stop (``Stop/event``) as soon as it can. In a blocking system call it sees EINTR for some of these calls.
    package func interrupt() throws(SystemError) {
        try checked(clinux_trace_interrupt(thread), "ptrace PTRACE_INTERRUPT", on: "\(thread)")
    }

    /// It must stand still.
    package func detach(delivering signal: Int32 = 0) throws(SystemError) {
        try checked(clinux_trace_detach(thread, signal), "ptrace PTRACE_DETACH", on: "\(thread)")
    }

    // MARK: On with it

    /// The stopped tracee goes on; the signal, if any, is delivered as it was sent.
    package func proceed(delivering signal: Int32 = 0) throws(SystemError) {
        try checked(clinux_trace_continue(thread, signal), "ptrace PTRACE_CONT", on: "\(thread)")
    }

    package func proceedToSystemCall(delivering signal: Int32 = 0) throws(SystemError) {
        try checked(
            clinux_trace_continue_to_system_call(thread, signal), "ptrace PTRACE_SYSCALL", on: "\(thread)")
    }

    /// Leaves it in its group-stop, so that SIGCONT ends it as without us.
    package func listen() throws(SystemError) {
        try checked(clinux_trace_listen(thread), "ptrace PTRACE_LISTEN", on: "\(thread)")
    }

    // MARK: Looking

    /// Of the stop it is in: see ``Stop``.
    package func eventMessage() throws(SystemError) -> UInt64 {
        var message: UInt64 = 0
        try checked(clinux_trace_event_message(thread, &message), "ptrace PTRACE_GETEVENTMSG", on: "\(thread)")
        return message
    }

    /// The raw `siginfo_t`, 128 bytes. EINVAL in a group-stop.
    package func signalInfo() throws(SystemError) -> [UInt8] {
        var info = [UInt8](repeating: 0, count: 128)
        try checked(clinux_trace_signal_info(thread, &info), "ptrace PTRACE_GETSIGINFO", on: "\(thread)")
        return info
    }

    /// A register set, as the kernel lays it out for core files.
    ///
    /// - Parameter note: ``RegisterSet`` note type.
    package func registers(_ note: RegisterSet, capacity: Int = 16384) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: capacity)
        let count = try checked(
            clinux_trace_registers(thread, note.rawValue, &buffer, capacity), "ptrace PTRACE_GETREGSET",
            on: "\(thread)")
        return Array(buffer[..<Int(count)])
    }

    /// The same into memory of the caller.
    ///
    /// - Returns: how many bytes.
    package func registers(
        _ note: RegisterSet, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        return Int(
            try checked(
                clinux_trace_registers(thread, note.rawValue, base, buffer.count), "ptrace PTRACE_GETREGSET"))
    }

    /// Source: ptrace(2), PTRACE_SETREGSET.
    package func setRegisters(
        _ note: RegisterSet, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) {
        guard let base = bytes.baseAddress else { return }
        try checked(
            clinux_trace_set_registers(thread, note.rawValue, base, bytes.count), "ptrace PTRACE_SETREGSET")
    }

    package func setRegisters(_ note: RegisterSet, _ bytes: [UInt8]) throws(SystemError) {
        try checked(
            clinux_trace_set_registers(thread, note.rawValue, bytes, bytes.count), "ptrace PTRACE_SETREGSET",
            on: "\(thread)")
    }
}

/// Register sets by their note types. Source: elf(5), linux/elf.h.
package enum RegisterSet: Int32, Sendable {
    /// NT_PRSTATUS: the general registers, `struct user_regs_struct`.
    case general = 1
    /// NT_PRFPREG: x87 and SSE, or the FP/SIMD registers.
    case floatingPoint = 2
    /// NT_X86_XSTATE.
    case extended = 0x202
}

/// Reads another process's memory up to the first byte that cannot be read.
///
/// - Returns: how many bytes were read; less than the buffer holds where the range ends in an unmapped page.
/// - Throws: EFAULT where not even the first byte is there, EPERM where tracing is not permitted (an undumpable process), ESRCH.
///
/// Source: process_vm_readv(2).
package func readMemory(
    of process: Int32, at address: UInt64, into buffer: UnsafeMutableRawBufferPointer
) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress, !buffer.isEmpty else { return 0 }
    let count = clinux_process_read(process, address, base, buffer.count)
    if count < 0 { throw SystemError("process_vm_readv", on: "\(process)", code: Int32(-count)) }
    return count
}
