// The process that leads the session of a job's pty: what it is asked and what it tells. Its code is pty_monitor.c.

import CLinux
import Glibc

/// A running monitor, seen from the supervisor.
package struct TerminalMonitor: Sendable {
    package let process: Int32
    /// Readable when there is a ``Report``.
    package let channel: FileDescriptor

    package enum Report: Sendable {
        /// The job waits for ``TerminalMonitor/openGate()`` before it executes the program.
        case atGate(job: Int32)
        /// The job runs the program.
        case started(job: Int32)
        /// The program could not be executed: there is no job, and soon no monitor.
        case execFailed(SystemError)
        case stopped(by: Signal)
        case continued
        case exited(ChildChange)
        /// The session could not be set up. Nothing was started, and soon there is no monitor.
        case failed(SystemError)
        /// The monitor is gone, and nothing was said about the job's end.
        case lost
    }

    /// Forks the monitor and has it start a job.
    ///
    /// The calling process must have one thread, and all signals blocked. Nothing is waited for: the outcome is a report.
    /// - Parameters:
    ///   - job: its `descriptors` say which of its streams are the pty's secondary side.
    ///   - userTerminal: the terminal that the monitor puts right should this process be killed while it is raw.
    ///   - inForeground: whether the job starts as the pty's foreground group.
    ///   - gated: whether the job says ``Report/atGate(job:)`` and waits.
    package init(
        starting job: ProcessLaunch, on pty: PseudoTerminal, userTerminal: FileDescriptor?, inForeground: Bool,
        gated: Bool = false
    ) throws(SystemError) {
        var channel: Int32 = -1
        process = try checked(
            job.withSpawnRequest { request in
                var monitor = clinux_monitor_request(
                    spawn: request, secondary: pty.secondary.raw, user_terminal: userTerminal?.raw ?? -1,
                    foreground: inForeground, gated: gated)
                return clinux_monitor_start(&monitor, &channel)
            }, "fork", on: "terminal monitor")
        self.channel = FileDescriptor(channel)
    }

    /// Takes one report without waiting; `nil` when there is none.
    package func takeReport() throws(SystemError) -> Report? {
        var report = clinux_monitor_report()
        let count = clinux_receive_packet(channel.raw, &report, MemoryLayout<clinux_monitor_report>.size)
        switch Int32(clamping: -count) {
        case EAGAIN: return nil
        // A reset says that the monitor ended with an order unread. It is told first, but what it said comes after.
        case EINTR, ECONNRESET: return try takeReport()
        case 0: return .lost
        case 1...: throw SystemError("recv", on: "terminal monitor", code: Int32(clamping: -count))
        default: return Report(report)
        }
    }

    // MARK: Orders
    // A monitor that is gone obeys nothing; that it is gone comes as a report.

    /// Passes a signal on to the job's process, with the value it was queued with.
    package func signalJob(_ received: ReceivedSignal) {
        order(CLINUX_MONITOR_SIGNAL_JOB, signal: clinux_signal(received))
    }

    package func signalJobGroup(_ received: ReceivedSignal) {
        order(CLINUX_MONITOR_SIGNAL_GROUP, signal: clinux_signal(received))
    }

    /// Sends SIGCONT to the job's group, which becomes the pty's foreground group or ceases to be it.
    package func continueJob(inForeground: Bool) {
        order(inForeground ? CLINUX_MONITOR_CONTINUE_FOREGROUND : CLINUX_MONITOR_CONTINUE_BACKGROUND)
    }

    package func moveJob(toForeground: Bool) {
        order(toForeground ? CLINUX_MONITOR_SET_FOREGROUND : CLINUX_MONITOR_SET_BACKGROUND)
    }

    package func openGate() { order(CLINUX_MONITOR_PASS_GATE) }

    /// To be said before the user's terminal is changed from `saved` to `raw`.
    package func terminalBecomes(raw: TerminalAttributes, from saved: TerminalAttributes) {
        order(CLINUX_MONITOR_TERMINAL_IS_RAW, 1, saved: saved.modes, raw: raw.modes)
    }

    /// To be said after it was put back.
    package func terminalWasRestored() { order(CLINUX_MONITOR_TERMINAL_IS_RAW, 0) }

    private func order(
        _ kind: clinux_monitor_order_kind, _ value: Int32 = 0, signal: clinux_signal = clinux_signal(),
        saved: termios = termios(), raw: termios = termios()
    ) {
        var order = clinux_monitor_order(
            kind: Int32(kind.rawValue), value: value, signal: signal, saved: saved, raw: raw)
        _ = clinux_send_packet(channel.raw, &order, MemoryLayout<clinux_monitor_order>.size)
    }
}

extension TerminalMonitor.Report {
    fileprivate init(_ raw: clinux_monitor_report) {
        switch clinux_monitor_report_kind(rawValue: UInt32(raw.kind)) {
        case CLINUX_MONITOR_AT_GATE: self = .atGate(job: raw.pid)
        case CLINUX_MONITOR_STARTED: self = .started(job: raw.pid)
        case CLINUX_MONITOR_EXEC_FAILED: self = .execFailed(SystemError("exec", code: raw.value))
        case CLINUX_MONITOR_STOPPED: self = .stopped(by: Signal(raw.value))
        case CLINUX_MONITOR_CONTINUED: self = .continued
        case CLINUX_MONITOR_EXITED: self = .exited(ChildChange(raw.change))
        case CLINUX_MONITOR_FAILED: self = .failed(SystemError("ioctl TIOCSCTTY", code: raw.value))
        default: self = .lost
        }
    }
}

extension clinux_signal {
    fileprivate init(_ received: ReceivedSignal) {
        self.init()
        number = received.signal.number
        sender = received.sender
        user = received.senderUser
        if case .queue(let value) = received.origin {
            code = clinux_si_queue
            self.value = value
        }
    }
}
