// Signals in, signals out, and what children do.

import LinuxSystem
import SupervisorLink

extension Supervisor {
    /// Somebody insists only when the signal is no echo of what ended the job.
    private static let echoTime: Int64 = 250_000_000

    func takeSignals() {
        let now = MonotonicTime.now
        var sawChild = false
        do throws(SystemError) {
            var count = SignalDescriptor.mostAtOnce
            while count == SignalDescriptor.mostAtOnce {
                let taken = try signals.take()
                count = taken.count
                for received in taken {
                    if received.signal == .child { sawChild = true }
                    // The kernel's own word about a child, of which there is one for each stop of a tracee, is for nobody
                    // else.
                    if received.signal == .child, case .other = received.origin, session == nil { continue }
                    take(received, at: now)
                }
            }
        } catch {
            say("signals: \(error)")
        }
        // One pending SIGCHLD stands for any number of changes.
        if sawChild { reap() }
    }

    private func take(_ received: ReceivedSignal, at now: MonotonicTime) {
        if session?.consumes(received) == true { return }
        guard let jobEnd else {
            forwarder.accept(received, in: surroundings, at: now)
            return
        }
        let insists: [Signal] = [.interrupt, .terminate, .hangUp, .quit]
        if insists.contains(received.signal), now.since(jobEnd.monotonic) > Self.echoTime { isHurried = true }
    }

    private var surroundings: SignalSurroundings {
        SignalSurroundings(
            ownProcess: ProcessIdentity.process, sharesGroup: session != nil || !plan.job.ownGroup,
            isSessionLeader: ProcessIdentity.isSessionLeader, hasWitness: reporter != nil)
    }

    // MARK: Out

    func forwardDueSignals(at now: MonotonicTime) {
        guard let job, jobEnd == nil else { return }
        let decisions = forwarder.decide(
            at: now, witness: { self.reporter.flatMap { SignalSets.of(process: $0.process) } },
            // In its own session, the job has got nothing of what our group was sent.
            job: { self.session == nil ? SignalSets.of(process: job.process) : nil })
        for decision in decisions { carryOut(decision, job: job) }
        if decisions.contains(where: \.isAlreadySeen) { reporter?.send(.drainSignals) }
    }

    private func carryOut(_ decision: SignalForwarder.Decision, job: LaunchedJob) {
        switch decision {
        case .alreadySeen(let received) where session != nil:
            session?.forward(received, toGroup: true)
            tellForwarded(received)
        case .alreadySeen(let received):
            reporter?.send(
                .signalSeen(
                    signal: received.signal.number, sender: received.sender, senderUser: received.senderUser))
        case .forward(let received):
            forward(received, to: job)
            tellForwarded(received)
        }
    }

    private func tellForwarded(_ received: ReceivedSignal) {
        reporter?.send(
            .signalForwarded(signal: received.signal.number, sender: received.sender, senderUser: received.senderUser))
    }

    private func forward(_ received: ReceivedSignal, to job: LaunchedJob) {
        if let session { return session.forward(received, toGroup: plan.job.ownGroup) }
        if received.signal == .proceed { lendTerminal(to: job) }
        attempt("forwarding \(received.signal)") { () throws(SystemError) in
            // A value can be queued to a process only, not to a group.
            if case .queue(let value) = received.origin {
                try queue(received, value: value, to: job.process)
            } else {
                try signalJob(received.signal, job)
            }
        }
    }

    private func signalJob(_ signal: Signal, _ job: LaunchedJob) throws(SystemError) {
        if let session {
            session.forward(ReceivedSignal(signal: signal, origin: .user), toGroup: plan.job.ownGroup)
        } else {
            try send(signal, to: plan.job.ownGroup ? -job.process : job.process)
        }
    }

    func escalateTimeout(at now: MonotonicTime) {
        guard let job, jobEnd == nil, let signal = timeout.advance(at: now) else { return }
        captureBeforeTimeout()
        reporter?.send(.timeout(stage: timeout.stage.rawValue))
        attempt("ending the job after its timeout") { () throws(SystemError) in
            try signalJob(signal, job)
            // A stopped job cannot die of TERM.
            try signalJob(.proceed, job)
        }
    }

    // MARK: Children

    func reap() {
        if let tracer { return reap(with: tracer) }
        do throws(SystemError) {
            while let change = try ChildChange.take() { take(change) }
        } catch {
            say("waiting for the job: \(error)")
        }
    }

    func take(_ change: ChildChange) {
        switch change.process {
        // The monitor of its terminal tells what it knows as the parent.
        case job?.process where session != nil: break
        case job?.process where jobEnd == nil: jobChanged(change)
        case reporter?.process where change.status.isEnd: reporterEnded()
        default:
            // An orphan that came to us as PID 1 or as a subreaper, or a reporter that was given up: now reaped.
            break
        }
    }

    private func jobChanged(_ change: ChildChange) {
        switch change.status {
        case .exited, .killed:
            jobEnd = JobEnd(change: change, wall: wallClockNanoseconds(), monotonic: .now)
        case .stopped(let signal): jobStopped(by: signal)
        case .continued:
            jobIsStopped = false
            reporter?.send(.jobContinued)
        }
    }

    func jobStopped(by signal: Signal) {
        jobIsStopped = true
        reporter?.send(.jobStopped(signal: signal.number))
        if stopsWithJob(signal) { stopWithJob() }
    }

    /// Only a stop by the terminal's job control is ours too: the caller's shell waits to take over. Nobody would
    /// continue us after a stop that was meant for the job alone (`kill -STOP`, cpulimit), or where there is no shell.
    private func stopsWithJob(_ signal: Signal) -> Bool {
        guard [.terminalStop, .terminalInput, .terminalOutput].contains(signal) else { return false }
        return ControllingTerminal.isPresent
    }

    private func stopWithJob() {
        passOnBeforeStop()
        restoreTerminal()
        lendTracees()
        defer { tracer?.takeBack() }
        // Here again after SIGCONT, which is also pending: it goes the way of every signal, to a job that has not got it.
        attempt("stopping with the job") { () throws(SystemError) in
            try send(.stop, to: ProcessIdentity.process)
        }
    }

    /// The caller's shell has put us in the foreground (`fg`): the job is to be there.
    private func lendTerminal(to job: LaunchedJob) {
        guard let terminal, terminal.foregroundGroup == ProcessIdentity.group else { return }
        attempt("giving the job the terminal") { () throws(SystemError) in
            try terminal.setForegroundGroup(job.process)
        }
    }

    /// Takes the terminal back from the job's group.
    func restoreTerminal() {
        guard let terminal, let job, terminal.foregroundGroup == job.process else { return }
        attempt("taking the terminal back") { () throws(SystemError) in
            try terminal.setForegroundGroup(ProcessIdentity.group)
        }
    }
}

extension SignalForwarder.Decision {
    fileprivate var isAlreadySeen: Bool {
        if case .alreadySeen = self { true } else { false }
    }
}
