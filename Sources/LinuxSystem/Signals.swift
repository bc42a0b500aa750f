// Signals: the caller's settings, taking ours from a descriptor, sending.

import CLinux
import Glibc

/// A signal's number, with the names this program needs.
package struct Signal: Sendable, Hashable, CustomStringConvertible {
    package let number: Int32

    package init(_ number: Int32) { self.number = number }

    package static let hangUp = Signal(SIGHUP)
    package static let interrupt = Signal(SIGINT)
    package static let quit = Signal(SIGQUIT)
    package static let illegalInstruction = Signal(SIGILL)
    package static let trap = Signal(SIGTRAP)
    package static let abort = Signal(SIGABRT)
    package static let busError = Signal(SIGBUS)
    package static let arithmetic = Signal(SIGFPE)
    package static let segmentation = Signal(SIGSEGV)
    package static let badSystemCall = Signal(SIGSYS)
    package static let kill = Signal(SIGKILL)
    package static let user1 = Signal(SIGUSR1)
    package static let pipe = Signal(SIGPIPE)
    package static let terminate = Signal(SIGTERM)
    package static let child = Signal(SIGCHLD)
    package static let proceed = Signal(SIGCONT)
    package static let stop = Signal(SIGSTOP)
    package static let terminalStop = Signal(SIGTSTP)
    package static let terminalInput = Signal(SIGTTIN)
    package static let terminalOutput = Signal(SIGTTOU)
    package static let windowChange = Signal(SIGWINCH)
    package static let cpuLimit = Signal(SIGXCPU)
    package static let fileLimit = Signal(SIGXFSZ)
    package static let urgent = Signal(SIGURG)

    package var description: String { "signal \(number)" }
}

/// The signal settings which a program that we start is to find: the caller's own.
package struct CallerSignals: Sendable {
    /// Blocked signals; bit n-1 is signal n.
    package var mask: UInt64
    package var ignoresChildSignal: Bool

    package init(mask: UInt64, ignoresChildSignal: Bool) {
        self.mask = mask
        self.ignoresChildSignal = ignoresChildSignal
    }

    package static let noneBlocked = CallerSignals(mask: 0, ignoresChildSignal: false)
    /// Every signal blocked.
    package static let allBlocked = CallerSignals(mask: .max, ignoresChildSignal: false)

    /// Blocks every signal of this thread (and so of the threads it starts), makes sure that children can be waited
    /// for, and returns how the caller had it.
    package static func block() -> CallerSignals {
        var mask: UInt64 = 0
        clinux_block_all_signals(&mask)
        let ignored = clinux_signal_is_ignored(SIGCHLD)
        if ignored { clinux_default_signal(SIGCHLD) }
        return CallerSignals(mask: mask, ignoresChildSignal: ignored)
    }

    /// Puts the caller's settings back, for a program that replaces this one.
    package func restore() {
        if ignoresChildSignal { Glibc.signal(SIGCHLD, SIG_IGN) }
        clinux_set_signal_mask(mask)
    }
}

/// One signal that this process got.
package struct ReceivedSignal: Sendable, Equatable {
    package enum Origin: Sendable, Equatable {
        /// kill(2): to this process, or to a group it is in.
        case user
        /// sigqueue(3), with its value.
        case queue(value: UInt64)
        /// The kernel: typed at the terminal, a hang-up, a timer, a limit.
        case kernel
        /// Anything else (a thread-directed signal, …); the si_code.
        case other(Int32)
    }

    package var signal: Signal
    package var origin: Origin
    /// si_pid and si_uid; 0 where the kernel sent it.
    package var sender: Int32
    package var senderUser: UInt32

    package init(signal: Signal, origin: Origin, sender: Int32 = 0, senderUser: UInt32 = 0) {
        self.signal = signal
        self.origin = origin
        self.sender = sender
        self.senderUser = senderUser
    }
}

/// All of this process's signals as a readable descriptor. They must be blocked. Source: signalfd(2).
package struct SignalDescriptor: Sendable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(try checked(clinux_signal_descriptor(), "signalfd"))
    }

    /// Only some of them: the others are for somebody else in this process.
    package init(of signals: [Signal]) throws(SystemError) {
        let numbers = signals.map(\.number)
        descriptor = FileDescriptor(
            try checked(clinux_signal_descriptor_of(numbers, Int32(numbers.count)), "signalfd"))
    }

    /// Takes up to ``mostAtOnce`` of what is pending, in the order of delivery; fewer when nothing is left.
    package func take() throws(SystemError) -> [ReceivedSignal] {
        var failure: Int32 = 0
        let signals = withUnsafeTemporaryAllocation(of: clinux_signal.self, capacity: Self.mostAtOnce) { buffer in
            guard let first = buffer.baseAddress else { return [ReceivedSignal]() }
            let count = clinux_take_signals(descriptor.raw, first, Int32(Self.mostAtOnce))
            if count < 0 { failure = count }
            return count > 0 ? buffer[..<Int(count)].map(ReceivedSignal.init) : []
        }
        try checked(failure, "read", on: "signalfd")
        return signals
    }

    package static let mostAtOnce = 16
}

extension ReceivedSignal {
    fileprivate init(_ raw: clinux_signal) {
        self.init(
            signal: Signal(raw.number), origin: Origin(code: raw.code, value: raw.value), sender: raw.sender,
            senderUser: raw.user)
    }
}

extension ReceivedSignal.Origin {
    fileprivate init(code: Int32, value: UInt64) {
        switch code {
        case clinux_si_user: self = .user
        case clinux_si_queue: self = .queue(value: value)
        case clinux_si_kernel: self = .kernel
        default: self = .other(code)
        }
    }
}

/// Sends a signal to a process, or to the group `-process`.
///
/// - Throws: ESRCH when there is none (any more), EPERM when it changed its user.
package func send(_ signal: Signal, to process: Int32) throws(SystemError) {
    try checked(clinux_send_signal(process, signal.number), "kill")
}

/// Passes a queued signal on, with its value and its sender.
package func queue(_ received: ReceivedSignal, value: UInt64, to process: Int32) throws(SystemError) {
    var raw = clinux_signal(
        number: received.signal.number, code: clinux_si_queue, sender: received.sender, user: received.senderUser,
        value: value)
    try checked(clinux_queue_signal(process, &raw), "rt_sigqueueinfo")
}

/// rt_sigtimedwait(2)'s number on this machine: what sigwait(3) and its kin are.
package var signalWaitSystemCall: Int { Int(clinux_signal_wait_system_call) }

/// Ends this process by the signal, leaving no core file. Returns only where the signal has no such effect.
package func die(of signal: Signal) { clinux_die_of_signal(signal.number) }

/// Takes every blocked signal that is pending, without waiting. Source: sigtimedwait(2).
package func drainPendingSignals() {
    var all = sigset_t()
    sigfillset(&all)
    var now = timespec()
    while sigtimedwait(&all, nil, &now) > 0 {}
}
