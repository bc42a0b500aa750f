// One run from the job's start to its end, on one thread. The steps are here; what happens at each event is in the
// extensions: +Signals, +Streams, +Reporter.

import LinuxSystem
import SupervisorLink

/// How supervision ended.
package enum SupervisionResult {
    case ended(WaitStatus)
    case notStarted(ExecFailure)
    /// The job was not started because we could not do our part (no descriptors, no processes left). It can still be
    /// executed in our place.
    case impossible(SystemError)
}

/// Supervises one job. The reporter can hang, crash or be missing; nothing here waits for it, except the end, which is
/// bounded.
package final class Supervisor {
    let plan: SupervisionPlan
    let startedWall = wallClockNanoseconds()
    let startedMonotonic = MonotonicTime.now

    let poll: EventPoll
    let signals: SignalDescriptor
    let pumpsChanged: WakeUp

    // The job.
    var job: LaunchedJob?
    var execFailure: ExecFailure?
    var jobEnd: JobEnd?
    var timeout: TimeoutEscalation
    var forwarder = SignalForwarder()
    /// The job's pty, where it has one.
    var session: TerminalSession?
    /// Follows the job's processes; `nil` where nobody would hear of them.
    var tracer: Tracer?
    /// What takes samples of the job's stacks, where it is to be profiled.
    var sampling: JobSampling?
    var samplesByTracer = false
    /// Why the kernel takes none, and why the tracer.
    var perfRefusal: String?
    var ringFailure: SystemError?
    /// Fires when threads are to be looked at.
    var samplingTimer: Timer?
    /// Job control has stopped the job, as far as we know. Of a job at a pty the session knows.
    var jobIsStopped = false
    /// More changes of children wait than were taken.
    var hasMoreChanges = false
    var hangWatch: HangWatch?
    /// The terminal, where the job has a group of its own and is to be in the foreground whenever we are.
    var terminal: ControllingTerminal?

    // Its streams.
    var streams: [CapturedStream] = []
    /// What no pump could be had for.
    var uncaptured = Relay()

    // The reporter.
    var reporter: ReporterProcess?
    var reporterStarts: UInt8 = 0
    /// The copy of the captured streams, `nil` before the first one is captured.
    var copies: CopyChannel?
    /// The reporter has said that it reads the link.
    var isReporterReady = false
    /// Bytes of the copy that were offered and did not get through.
    var copyBytesLost: UInt64 = 0
    var settled: (notice: String, pending: Bool, urgent: Bool)?
    var isDelivered = false
    /// The report may take longer: the reporter looks for names.
    var hasSentSnapshots = false
    /// A reporter that is started from now on is to be told the end, too.
    var isEndTold = false
    /// Streams that the reporter was told to close, and when it counts as hung.
    var closing: [JobStream] = []
    var closeDeadline: MonotonicTime?

    /// Ends the present phase: its time is over, or somebody insists.
    var phaseDeadline: MonotonicTime?
    var isHurried = false

    struct JobEnd {
        var change: ChildChange
        var wall: Int64
        var monotonic: MonotonicTime
    }

    enum Token: UInt64 {
        case signals = 1
        case pumps = 2
        case link = 3
        case monitor = 4
        case keyboard = 5
        case pty = 6
        case sampling = 7
    }

    private init(_ plan: SupervisionPlan) throws(SystemError) {
        self.plan = plan
        poll = try EventPoll()
        signals = try SignalDescriptor()
        pumpsChanged = try WakeUp()
        timeout = TimeoutEscalation(timeout: plan.timeout, killAfter: plan.killAfter, start: startedMonotonic)
        try poll.add(signals.descriptor, .readable, token: Token.signals.rawValue)
        try poll.add(pumpsChanged.descriptor, .readable, token: Token.pumps.rawValue)
    }

    /// Runs the job to its end. All signals of this thread must be blocked (``CallerSignals/block()``), and no other
    /// thread may exist.
    package static func run(_ plan: SupervisionPlan) -> SupervisionResult {
        do throws(SystemError) {
            return try Supervisor(plan).run()
        } catch {
            return .impossible(error)
        }
    }

    // MARK: The steps

    private func run() throws(SystemError) -> SupervisionResult {
        try startJob()
        openStreams()
        startReporter()
        startPumps()
        releaseCallersDescriptors()
        if !uncaptured.isEmpty { runUncaptured() }
        if job != nil {
            loop { self.jobEnd != nil }
            restoreTerminal()
            drainStreams()
            session?.finish(jobEnd?.change.status)
        }
        settleReport()
        waitForDelivery()
        dismissReporter()
        sayNotice()
        return result()
    }

    private func startJob() throws(SystemError) {
        if plan.subreaper { try ProcessIdentity.becomeSubreaper() }
        session = openSession()
        decideSampling()
        tracer = makeTracer()
        if session == nil, plan.job.ownGroup { terminal = ControllingTerminal.open() }
        do throws(SystemError) {
            job = try launch()
        } catch {
            if error.isOutOfResources { throw error }
            execFailure = .explain(
                program: plan.job.programName, errno: error.code, searchPath: environmentValue("PATH"))
            if let execFailure { say(execFailure.message) }
        }
        completeSampling()
    }

    /// At its pty, if it is to have one and there is one to be had.
    private func launch() throws(SystemError) -> LaunchedJob {
        let isForeground = terminal?.foregroundGroup == ProcessIdentity.group
        do throws(SystemError) {
            return try Launcher.start(
                plan.job, foregroundTerminal: isForeground ? terminal : nil, session: session, tracer: tracer,
                atGate: gateVisitor(), attend: reap)
        } catch {
            guard session != nil, error.call != "exec" else { throw error }
            session = nil
            tracer = makeTracer()
            return try Launcher.start(plan.job, tracer: tracer, atGate: gateVisitor())
        }
    }

    /// What the caller handed to the job is the job's: were it open here too, nobody would see the job close it.
    private func releaseCallersDescriptors() {
        closeInheritedDescriptors()
        attempt("giving stdin up") { () throws(SystemError) in try FileDescriptor.standardInput.replaceByNull() }
    }

    private func drainStreams() {
        for stream in streams { stream.pump.finish() }
        loop { self.streams.allSatisfy { $0.pump.state != .running } }
        finishStreams()
    }

    private func settleReport() {
        stopSampling()
        sendEnd()
        let looksForNames = hasSentSnapshots || sampling != nil
        phaseDeadline = .now.advanced(by: Self.settleTime + (looksForNames ? plan.symbolicationTime : 0))
        loop { self.settled != nil || self.reporter == nil }
        if settled == nil, let reporter {
            // It would keep the caller's stdout open for as long as it hangs.
            reporter.kill()
        }
    }

    private func waitForDelivery() {
        guard let settled, settled.pending else { return }
        guard let wait = settled.urgent ? Self.urgentDeliveryTime : plan.deliveryWait else { return }
        phaseDeadline = .now.advanced(by: wait)
        loop { self.isDelivered || self.reporter == nil }
    }

    /// A reporter that has settled tidies up and ends once its link is closed. It is waited for where nobody else may reap
    /// it.
    private func dismissReporter() {
        guard settled != nil, let reporter else { return }
        poll.remove(reporter.link.descriptor)
        reporter.close()
        if ProcessIdentity.initReapsOrphans { return }
        phaseDeadline = .now.advanced(by: Self.dismissalTime)
        loop { self.reporter == nil }
    }

    private func sayNotice() {
        guard let notice = settled?.notice, !notice.isEmpty, !plan.quiet else { return }
        writeToStandardError(notice)
    }

    private func result() -> SupervisionResult {
        if let execFailure { return .notStarted(execFailure) }
        return .ended(jobEnd?.change.status ?? .exited(code: ExitCode.ownFailure))
    }

    /// How long the end waits for the report to be on disk.
    private static let settleTime: Int64 = 5_000_000_000
    /// How long it waits for the delivery of a startup crash.
    private static let urgentDeliveryTime: Int64 = 5_000_000_000
    private static let dismissalTime: Int64 = 100_000_000

    // MARK: The loop

    /// Handles events until `isDone`, or until the phase is cut short.
    private func loop(until isDone: () -> Bool) {
        isHurried = false
        defer { phaseDeadline = nil }
        while !isDone(), !isHurried {
            if let phaseDeadline, phaseDeadline <= .now { return }
            do throws(SystemError) {
                for event in try poll.wait(milliseconds: millisecondsToNextDeadline()) { handle(event) }
            } catch {
                // epoll_wait fails only on a descriptor that is no epoll: there is nothing left to wait with.
                say("supervision ended: \(error)")
                return
            }
            meetDeadlines()
        }
    }

    private func handle(_ event: EventPoll.Event) {
        switch Token(rawValue: event.token) {
        case .signals: takeSignals()
        case .pumps: takeStreamChanges()
        case .link: takeReporterMessages()
        case .monitor: session?.monitorIsReadable()
        case .keyboard: session?.keyboardIsReadable()
        case .pty: session?.ptyIsWritable()
        case .sampling: sampleJob()
        case nil: break
        }
    }

    private func meetDeadlines() {
        let now = MonotonicTime.now
        forwardDueSignals(at: now)
        escalateTimeout(at: now)
        watchForHang(at: now)
        if hasMoreChanges { reap() }
        if let closeDeadline, closeDeadline <= now { abandonHungReporter() }
    }

    private func millisecondsToNextDeadline() -> Int32 {
        if hasMoreChanges { return 0 }
        let due = [forwarder.nextDue, timeout.nextDue, hangWatch?.nextDue, closeDeadline, phaseDeadline]
            .compactMap { $0 }.min()
        guard let due else { return -1 }
        let left = due.since(.now)
        return left <= 0 ? 0 : Int32(clamping: left / 1_000_000 + 1)
    }

    // MARK: Saying

    /// One line on the caller's stderr. Nobody can be told that it failed.
    func say(_ text: String) {
        // A terminal in raw mode does not return the carriage.
        writeToStandardError("sentry-run: \(text)" + (session?.isRaw == true ? "\r" : ""))
    }

    /// Does what may fail without harm to the job; a failure is told, unless the user wants no word from us.
    func attempt(_ what: String, _ body: () throws(SystemError) -> Void) {
        do throws(SystemError) { try body() } catch {
            if !plan.quiet { say("\(what): \(error)") }
        }
    }
}

/// Writes one line in one call.
package func writeToStandardError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { FileDescriptor.standardError.writeWhatFits($0) }
}
