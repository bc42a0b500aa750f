// One run as it happens: what is said when, and to whom.

import CrashReporting
import LinuxSystem
import OutputCapture
import RunLifecycle
import RunOptions
import SentryProtocol
import Spool
import SupervisorLink

/// Gathers what is learned of a run and turns it into envelopes and the local record.
///
/// Its files: this one says when, `RunReport+Envelopes` what goes to Sentry, `RunReport+Record` what stays here.
final class RunReport {
    let setting: RunSetting
    let output: RunOutput
    let sink: ReportSink
    let hooks: RunHooks
    /// Logs on their way through the user's command, where there is one.
    let logHook: LogHook?
    /// `nil` where the state directory cannot be used.
    let home: RunHome?
    let host: HostSnapshot
    let courier: CourierProgram
    let checkIns: CheckInCycle?
    var session: SessionCycle?
    var discards = DiscardCounts()
    /// The failure's event, once it is in the spool.
    var sentEvent: EventID?
    var facts: RunFacts
    /// Follows the job's programs where a transaction is to tell of them.
    private(set) var processes: ProcessRecorder?
    private var timeline: ProcessTimeline?
    /// How the job is traced; `nil` before the supervisor has told.
    private(set) var tracing: TracingState?
    var crashes = RunCrashes()
    var exceptions = RunExceptions()
    let sources: SourceExcerpts
    /// `nil` where the run is not to be profiled.
    var profile: RunProfile?
    private var nextLook: MonotonicTime?
    private var nextHeartbeat: MonotonicTime?
    private var beginningDue: MonotonicTime?
    let recovered: [JournalRecord]
    private(set) var isSettled = false
    /// The next run may die before it can tell: this one's report is worth waiting for.
    private(set) var diedAtStartup = false
    /// The line for the user's stderr; empty where there is nothing to say.
    var notice = ""

    /// How the run ended, as far as we know.
    enum Ending {
        /// The supervisor told us; `nil` when the job could not be started.
        case reported(JobExit?)
        /// The supervisor was killed; the job went on and ended with this wait status, if it could be learned.
        case supervisorKilled(waitStatus: Int32?)
        /// Found by a later run: neither the supervisor nor its reporter lives.
        case lost
    }

    /// - Parameters:
    ///   - words: the command line after the program's name, for whoever must finish this run's report later.
    convenience init?(start: RunStart, plan: RunPlan, words: [String], courier: CourierProgram) {
        let environment = environmentVariables()
        let directory = currentDirectory()
        guard
            let setting = RunSetting(
                start: start, plan: plan, environment: environment, workingDirectory: directory)
        else { return nil }
        let opened =
            plan.profile?.isLocal == true
            ? nil
            : RunHome.open(
                plan: plan, identity: setting.identity, header: JournalHeader(words: words, plan: plan, start: start))
        self.init(setting: setting, start: start, opened: opened, environment: environment, courier: courier)
    }

    /// - Parameter opened: `nil` where nothing is to be kept.
    init(
        setting: RunSetting, start: RunStart, opened: Result<RunHome, RunHomeError>?, environment: [String: String],
        courier: CourierProgram
    ) {
        self.setting = setting
        self.courier = courier
        let plan = setting.plan
        var obstacle: String?
        switch opened {
        case .success(let home): self.home = home
        case .failure(let error):
            home = nil
            obstacle = error.description
        case nil: home = nil
        }
        profile = Self.makeProfile(setting)
        sources = SourceExcerpts(setting.scrubber)
        sink = ReportSink(
            spool: home?.spool, because: obstacle, spotlight: plan.spotlight, scrubber: setting.scrubber,
            startCourier: { plan.dsn == nil ? nil : courier.startPipe(plan) })
        recovered = home?.recovered ?? []
        facts = RunFacts(start: start, recovered: recovered)
        host = HostSnapshot(supervisor: start.supervisor, environment: environment, scrubber: setting.scrubber)
        let sink = sink
        let hooks = RunHooks(plan, run: setting.identity.name)
        self.hooks = hooks
        let logHook = LogHook(plan, run: setting.identity.name, hooks: hooks, store: home?.makeWaitingItems) {
            sink.accept(setting.envelope([$0]))
        }
        self.logHook = logHook
        output = RunOutput(
            plan: plan, scrubber: setting.scrubber, home: home,
            batch: LogBatch(
                traceID: setting.trace.traceID, spanID: setting.trace.spanID, common: setting.logAttributes),
            logs: { item in
                if let logHook { logHook.accept(sink.scrubbed(item)) } else { sink.accept(setting.envelope([item])) }
            }, trouble: { sink.note($0) })
        checkIns = plan.monitor.map {
            CheckInCycle(
                identity: setting.identity, monitorSlug: $0.slug, config: $0.config, environment: plan.environment,
                release: setting.release, traceID: setting.trace.traceID)
        }
        session =
            !plan.sessions
            ? nil
            : SessionCycle(
                identity: setting.identity, release: setting.release, environment: plan.environment,
                hasBegun: facts.sessionHasBegun)
        output.exceptions = { [weak self] in self?.recognised($0) }
    }

    // MARK: Beginning

    /// The run has begun (or another reporter's work is resumed): what is said at once.
    func open() {
        resume()
        let now = MonotonicTime.now
        if let checkIns {
            if !facts.checkInIsOpen {
                sink.accept(setting.envelope([checkIns.opening().item]), isPassing: true)
                remember(.checkInOpened)
            }
            if let interval = checkIns.heartbeatInterval {
                nextHeartbeat = MonotonicTime(nanoseconds: now.nanoseconds + interval)
            }
        }
        if session?.hasBegun == false {
            beginningDue = MonotonicTime(nanoseconds: facts.start.startedMonotonic + SessionCycle.initialDelay)
        }
    }

    /// Goes on with what another reporter left: first what it had made logs of, then what it had only heard.
    func resume() {
        logHook?.resume()
        output.replay(recovered)
    }

    var wantsCourier: Bool { setting.plan.dsn != nil || setting.plan.spotlight != nil }

    /// When ``tick(_:)`` has something to do.
    var nextDeadline: MonotonicTime? {
        [output.nextDeadline, nextHeartbeat, beginningDue, nextLook, captureDeadline, logHook?.nextDeadline]
            .compactMap { $0 }.min()
    }

    func tick(_ now: MonotonicTime) {
        guard !isSettled else { return }
        output.flushIfDue(now)
        logHook?.proceed()
        captureIfDue(now)
        if let due = nextLook, now >= due { readProcessRecords() }
        if let due = nextHeartbeat, now >= due, let checkIns, let interval = checkIns.heartbeatInterval {
            sink.accept(setting.envelope([checkIns.heartbeat().item]), isPassing: true)
            nextHeartbeat = MonotonicTime(nanoseconds: now.nanoseconds + interval)
            startCourier()
        }
        if let due = beginningDue, now >= due {
            beginningDue = nil
            guard let update = session?.beginning(at: Timestamp(nanoseconds: wallClockNanoseconds())) else { return }
            sink.accept(setting.envelope([update.item]))
            remember(.sessionBegun)
            startCourier()
        }
    }

    // MARK: What the supervisor tells

    var hasJob: Bool { jobProcess != 0 }
    var jobProcess: Int32 { facts.job }

    func jobStarted(_ pid: Int32) {
        facts.job = pid
        remember(.job(pid))
        followProcesses(pid)
    }

    func couldNotStart(errno: Int32, reason: String) { facts.execFailure = (errno, reason) }

    func signalled(_ signal: Int32, by sender: Int32, user: UInt32) {
        facts.signals.append(
            .init(
                signal: signal, sender: sender, user: user, senderCommand: host.command(of: sender),
                time: Timestamp(nanoseconds: wallClockNanoseconds())))
    }

    func timedOut(stage: UInt8) { facts.timeoutStage = max(facts.timeoutStage, stage) }

    func stopped(by signal: Int32) { facts.stops += 1 }

    func continued() {}

    func supervisorWasKilled() { note("the supervisor was killed; the reporter kept the job's output flowing") }

    func note(_ sentence: String) { sink.note(sentence) }

    // MARK: The job's programs

    /// How often records are taken while the job runs: the words of a program can be read only while it lives.
    private static let lookInterval: Int64 = 200_000_000

    private func followProcesses(_ job: Int32) {
        guard setting.trace.sendsTransaction, processes == nil else { return }
        timeline = ProcessTimeline(
            identity: setting.identity, job: job, span: setting.trace.spanID, start: facts.start,
            scrubber: setting.scrubber)
        if let tracing { timeline?.take(tracing, at: .now) }
        processes = try? ProcessRecorder(job: job)
    }

    func traced(_ state: TracingState) {
        tracing = state
        timeline?.take(state, at: .now)
    }

    func processChanged(_ message: LinkMessage) { timeline?.take(message) }

    func readProcessRecords() {
        guard let processes else { return }
        timeline?.take(processes.take())
        nextLook = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + Self.lookInterval)
    }

    /// The programs that the job executed, closed at `end`.
    private func takeProcesses(end: Timestamp) -> ProcessTree.Spans {
        guard processes != nil else { return .none }
        readProcessRecords()
        if let problem = processes?.problem { facts.notes.append("child programs are not shown: \(problem)") }
        if let lost = timeline?.lostRecords, lost > 0 {
            facts.notes.append("\(lost) records of child programs were lost")
        }
        return timeline?.finish(at: end) ?? .none
    }

    // MARK: Ending

    /// Makes the verdict and puts everything into the spool. The first call counts.
    func close(_ ending: Ending) {
        guard !isSettled else { return }
        isSettled = true
        output.finish()
        let deadline = hooks.runHasEnded()
        logHook?.finish(by: deadline)
        facts.end(
            ending, now: Timestamp(nanoseconds: wallClockNanoseconds()),
            lastSign: output.tail(limit: 1).last?.timestamp, outOfMemoryKill: host.outOfMemoryKill())
        let judged = JudgedRun(
            facts, setting: setting, tail: output.tail(limit: 200), crashes: crashes, exceptions: exceptionEvidence,
            host: host)
        noteTracing()
        noteProfile()
        diedAtStartup = judged.verdict.isStartupCrash
        let spans = takeProcesses(end: facts.ended)
        sendReports(judged, spans)
        keepRecord(judged, spans)
    }

    /// Nobody waits any more: what is left is to tidy up.
    func tidy() {
        sink.close()
        // A store that cannot be pruned is as good as one that was: the next run tries again.
        try? home?.store.prune(looksAtLogs: output.keptMuch)
    }

    // MARK: Delivery

    /// Envelopes of this run that wait in the outbox.
    var pendingDeliveries: Int { home.flatMap { try? $0.spool.pending($0.spool.run) } ?? 0 }

    /// Starts a courier, unless one is at work: it looks once more after giving up its lock, so what is in the outbox now
    /// is not overlooked. (Looking takes the lock for a moment; whoever thereby keeps a courier out starts one.)
    func startCourier() {
        guard wantsCourier, let home, !FileLock.isHeld(StateDirectory.courierLock, in: home.state.root) else { return }
        do throws(SystemError) {
            try courier.drain(state: home.state.path, setting.plan)
        } catch {
            note("the courier could not be started (\(error)); reports wait in \(home.state.path)")
        }
    }

    func watchDelivery() -> DeliveryWatch? { home.flatMap { try? DeliveryWatch($0.spool) } }

    func remember(_ fact: RunFacts.Remembered) { output.note(fact: fact.json) }
}
