// The job's pty, where stdout or stderr is a terminal.

import LinuxSystem
import SupervisorLink

extension Supervisor {
    /// `nil` where the job is to have no pty, or none can be had: then it inherits the terminal, uncaptured.
    func openSession() -> TerminalSession? {
        guard let terminal = plan.job.terminal else { return nil }
        let tokens = TerminalSession.Tokens(
            monitor: Token.monitor.rawValue, keyboard: Token.keyboard.rawValue, pty: Token.pty.rawValue)
        do throws(SystemError) {
            return try TerminalSession(terminal, poll: poll, tokens: tokens) { [unowned self] in take($0) }
        } catch {
            if !plan.quiet { say("the job inherits the terminal, and is not captured: \(error)") }
            return nil
        }
    }

    private func take(_ event: TerminalSession.Event) {
        switch event {
        case .stopped(let signal):
            reporter?.send(.jobStopped(signal: signal.number))
            passOnBeforeStop()
            tracer?.lend()
        case .awake: tracer?.takeBack()
        case .continued: reporter?.send(.jobContinued)
        case .exited(let change): end(with: change)
        case .lost: if let job { end(with: .hungUp(job.process)) }
        // It was no news from outside; the next one is to be told from it.
        case .signalledOwnGroup: reporter?.send(.drainSignals)
        case .trouble(let error): if !plan.quiet { say("terminal: \(error)") }
        }
    }

    private func end(with change: ChildChange) {
        if jobEnd == nil { jobEnd = JobEnd(change: change, wall: wallClockNanoseconds(), monotonic: .now) }
    }
}

extension ChildChange {
    /// The end of a job whose monitor was killed: the kernel hangs up on the session whose leader is gone.
    fileprivate static func hungUp(_ job: Int32) -> ChildChange {
        ChildChange(process: job, rawStatus: Signal.hangUp.number, usage: .none)
    }
}
