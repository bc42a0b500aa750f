// The job's pty from the main loop's point of view: who has the user's terminal, and stopping when the job stops.

import LinuxSystem

/// One job behind one pty. Everything here runs on the main thread; what the job writes is read from ``output`` by a pump.
package final class TerminalSession {
    /// What becomes of the job, in its order.
    package enum Event: Sendable {
        /// Others in our process group were sent a signal that was typed, or that stopped the job.
        case signalledOwnGroup
        /// Said before this process stops too.
        case stopped(by: Signal)
        case continued
        /// This process was stopped, and goes on.
        case awake
        case exited(ChildChange)
        /// The monitor was killed, which hangs up on the job as closing a terminal does. How the job ended is not known.
        case lost
        /// Something about the terminal could not be done; the job goes on.
        case trouble(SystemError)
    }

    /// The tokens of this session's descriptors in the main loop's poll.
    package struct Tokens: Sendable {
        package var monitor: UInt64
        package var keyboard: UInt64
        package var pty: UInt64

        package init(monitor: UInt64, keyboard: UInt64, pty: UInt64) {
            self.monitor = monitor
            self.keyboard = keyboard
            self.pty = pty
        }
    }

    let plan: TerminalPlan
    let pty: PseudoTerminal
    /// The terminal of our session, where the pty stands for it.
    let userTerminal: FileDescriptor?
    let poll: EventPoll
    let tokens: Tokens
    let note: (Event) -> Void

    var monitor: TerminalMonitor?
    /// The job's pid, and its process group.
    var job: Int32 = 0
    var jobIsStopped = false
    /// The job's group is the pty's foreground group, as far as we made it so.
    var jobHasForeground = false
    var keyboard = TerminalKeyboard()
    var listens = false
    var waitsForPty = false
    var hold: Hold?
    /// The modes and the size that we gave the pty.
    var givenModes: TerminalAttributes?
    var givenSize: WindowSize?
    /// The modes were copied while the terminal was ours.
    var wasInForeground: Bool

    /// The user's terminal in raw mode.
    struct Hold {
        var saved: TerminalAttributes
        var raw: TerminalAttributes
    }

    /// Opens the pty and makes it like the user's terminal.
    ///
    /// - Throws: where there is no pty to be had; the job can then inherit the terminal.
    package init(
        _ plan: TerminalPlan, poll: EventPoll, tokens: Tokens, note: @escaping (Event) -> Void
    ) throws(SystemError) {
        self.plan = plan
        self.poll = poll
        self.tokens = tokens
        self.note = note
        pty = try PseudoTerminal()
        userTerminal = plan.standsForControllingTerminal ? try Self.openUserTerminal() : nil
        wasInForeground = userTerminal == nil || userTerminal?.foregroundGroup == ProcessIdentity.group
        let modes = try (userTerminal ?? plan.outlet).terminalAttributes()
        try give(wasInForeground ? modes : modes.cooked)
        copyWindowSize()
    }

    /// A description of our own, which may be non-blocking without concerning anyone else.
    private static func openUserTerminal() throws(SystemError) -> FileDescriptor? {
        guard let terminal = ControllingTerminal.open()?.descriptor else { return nil }
        try terminal.setNonBlocking(true)
        return terminal
    }

    /// What the job writes. Its end is EIO.
    package var output: FileDescriptor { pty.primary }

    /// Starts the job, and returns once it was executed. To be called before any thread is started.
    ///
    /// - Parameters:
    ///   - launch: complete but for the streams that are the terminal.
    ///   - tracer: seizes the job before its exec. While the job starts, `attend` is called for it.
    ///   - atGate: called with the job's process before it executes anything.
    /// - Returns: the job's pid. It is a child of the monitor, which is one of ours.
    /// - Throws: the errno of exec; or why there is no session. Nothing is left behind but a monitor to be reaped.
    func start(
        _ launch: ProcessLaunch, tracer: Tracer?, atGate: ((Int32) -> Void)?, attend: () -> Void
    ) throws(SystemError) -> Int32 {
        var launch = launch
        for (isTerminal, stream) in [
            (plan.input, FileDescriptor.standardInput), (plan.output, .standardOutput), (plan.error, .standardError),
        ] where isTerminal {
            launch.descriptors.append(DescriptorMove(pty.secondary, to: stream))
        }
        let takesTerminal = isInForeground && !plan.waitsForDemand
        jobHasForeground = takesTerminal || userTerminal == nil
        let monitor = try TerminalMonitor(
            starting: launch, on: pty, userTerminal: userTerminal, inForeground: jobHasForeground,
            gated: tracer != nil || atGate != nil)
        self.monitor = monitor
        pty.secondary.close()
        // Raw only once the program runs: the message of a failure finds the terminal as it was.
        defer { attend() }
        job = try awaitStart(monitor, tracer: tracer, atGate: atGate, attend: attend)
        try poll.add(monitor.channel, .readable, token: tokens.monitor)
        if takesTerminal { takeTerminal() }
        return job
    }

    private func awaitStart(
        _ monitor: TerminalMonitor, tracer: Tracer?, atGate: ((Int32) -> Void)?, attend: () -> Void
    ) throws(SystemError) -> Int32 {
        while true {
            switch try monitor.takeReport() {
            case .atGate(let job):
                tracer?.seizeAtGate(job)
                atGate?(job)
                monitor.openGate()
            case .started(let job): return job
            case .execFailed(let error), .failed(let error): throw error
            case .lost: throw SystemError("fork", on: "terminal monitor", code: SystemError.noSuchFile)
            case .stopped, .continued, .exited: continue
            case nil where tracer == nil: monitor.channel.waitReadable(or: monitor.channel)
            case nil:
                // Only what goes wrong on the way to exec is a stop, or an end that we have to take.
                if !monitor.channel.waitReadable(milliseconds: 1) { attend() }
            }
        }
    }

    /// Whether the user's terminal is in raw mode because of us.
    package var isRaw: Bool { hold != nil }

    func signalOwnGroup(_ signal: Signal) {
        sendToOwnGroup(signal)
        note(.signalledOwnGroup)
    }

    /// Does something to the terminal whose failure is no reason to stop anything.
    func attempt(_ action: () throws(SystemError) -> Void) {
        do throws(SystemError) { try action() } catch { note(.trouble(error)) }
    }
}

// MARK: - What the monitor says

extension TerminalSession {
    /// To be called when the monitor's token is ready.
    package func monitorIsReadable() {
        attempt { () throws(SystemError) in
            while let report = try monitor?.takeReport() { heed(report) }
        }
    }

    private func heed(_ report: TerminalMonitor.Report) {
        switch report {
        case .stopped(let signal):
            jobIsStopped = true
            if asksForTerminal(signal) { giveTerminalToJob() } else { stopWithJob(signal) }
        case .continued:
            jobIsStopped = false
            note(.continued)
        case .exited(let change):
            forgetMonitor()
            note(.exited(change))
        case .lost:
            forgetMonitor()
            note(.lost)
        case .atGate, .started, .execFailed, .failed: break
        }
    }

    private func forgetMonitor() {
        guard let monitor else { return }
        poll.remove(monitor.channel)
        monitor.channel.close()
        self.monitor = nil
    }

    /// A background job that reads from the terminal, or sets its modes, is stopped. Where we are in the foreground, that
    /// is the pty's doing alone: bare, the job would be in the foreground too.
    private func asksForTerminal(_ signal: Signal) -> Bool {
        [.terminalInput, .terminalOutput].contains(signal) && !jobHasForeground && isInForeground
    }

    private func giveTerminalToJob() {
        takeTerminal()
        continueJob(inForeground: true)
    }

    /// The shell that started us has to see what it would see of the job.
    private func stopWithJob(_ signal: Signal) {
        note(.stopped(by: signal))
        let heldTerminal = hold != nil
        releaseTerminal()
        // As the terminal would: a script that called us and the other end of a pipeline stop too.
        if signal != .stop { signalOwnGroup(signal) }
        stopOneself(by: signal)
        note(.awake)

        let takesTerminal = isInForeground && (heldTerminal || !plan.waitsForDemand)
        if takesTerminal { takeTerminal() }
        // Somebody may have continued or killed the job itself meanwhile.
        monitorIsReadable()
        if jobIsStopped {
            continueJob(inForeground: takesTerminal)
        } else {
            moveJob(toForeground: takesTerminal)
        }
    }

    private func continueJob(inForeground: Bool) {
        jobIsStopped = false
        jobHasForeground = inForeground
        monitor?.continueJob(inForeground: inForeground)
    }

    private func moveJob(toForeground: Bool) {
        jobHasForeground = toForeground
        monitor?.moveJob(toForeground: toForeground)
    }
}

// MARK: - Signals to us

extension TerminalSession {
    /// Whether a signal was only about the terminal, and needs no forwarding.
    package func consumes(_ received: ReceivedSignal) -> Bool {
        switch received.signal {
        case .windowChange:
            // The kernel tells the pty's foreground group of a new size.
            if copyWindowSize() { return jobHasForeground }
            return received.origin == .kernel
        case .proceed:
            checkTerminal()
            return false
        default: return false
        }
    }

    /// Passes a signal on to the job, or to its whole group as a terminal does.
    package func forward(_ received: ReceivedSignal, toGroup: Bool) {
        if toGroup { monitor?.signalJobGroup(received) } else { monitor?.signalJob(received) }
    }
}
