// The reporter of one run: one epoll loop over the link, the copies of the output, and what it needs at the end.

import LinuxSystem
import RunOptions
import SentryProtocol
import SupervisorLink

/// Follows a run from its start to its settled report. Nothing it does can block the supervisor.
final class Reporter {
    private let words: [String]
    private let plan: RunPlan
    private let poll: EventPoll
    private let link = PacketSocket(LinkDescriptors.link)
    private let courier = CourierProgram()
    private var run: RunReport?
    /// Where the copy of the output arrives, and how far it is understood; `nil` when nothing is captured (any more).
    private var copy: (file: FileDescriptor, frames: CopyFrameReader)?
    private var phase = Phase.following
    private var hasGivenWay = false
    private var takeover: Takeover?
    private var courierDue: MonotonicTime?
    private var delivery: DeliveryWatch?
    /// The end of the courier that has reports in its memory.
    private var memoryCourier: FileDescriptor?
    private var rings: [FileDescriptor] = []
    private lazy var snapshots = SnapshotQueue(
        BacktracerProgram(plan),
        watch: { [unowned self] in watch($0, token: Token.firstBacktracer + UInt64($0.raw)) },
        done: { [unowned self] in run?.backtraced($0) })
    /// `nil` where the run is not to be profiled.
    private var profiler: RunProfiler?
    /// It went while stacks were awaited.
    private var isSupervisorGone = false
    /// What is to be done once all stacks are there.
    private var afterBacktraces: (() -> Void)?

    private enum Phase {
        case following
        /// The job has ended; stacks are still awaited.
        case ended
        /// The supervisor is gone, the job isn't.
        case takenOver
        /// The report is on disk; what is left is the delivery, or an orphan's output.
        case settled
        case finished
    }

    private enum Token {
        static let link: UInt64 = 1
        static let copy: UInt64 = 2
        static let takeover: UInt64 = 4
        static let delivery: UInt64 = 5
        static let processes: UInt64 = 6
        static let memoryCourier: UInt64 = 7
        static let profilerLink: UInt64 = 8
        static let profilerEnd: UInt64 = 9
        static let logHook: UInt64 = 10
        static let firstRing: UInt64 = 100
        /// Plus the descriptor's number.
        static let firstBacktracer: UInt64 = 1 << 32
    }

    /// A short job's opening and closing reports leave together: a courier is started only when the run has lasted.
    private static let courierDelay: Int64 = 50_000_000

    init(words: [String], plan: RunPlan) throws(SystemError) {
        self.words = words
        self.plan = plan
        poll = try EventPoll()
        try poll.add(link.descriptor, .readable, token: Token.link)
    }

    /// Returns when the report is settled and nobody waits for us any more.
    func follow() throws(SystemError) {
        while phase != .finished {
            for event in try poll.wait(milliseconds: waitingTime()) { handle(event) }
            tick()
        }
        run?.tidy()
        if let run, run.isSettled, let home = run.home { finishStaleRuns(in: home, courier: courier) }
    }

    private func handle(_ event: EventPoll.Event) {
        switch event.token {
        case Token.link: receive()
        case Token.copy: readCopy()
        case Token.takeover: jobEndedUnderTakeover()
        case Token.delivery: delivery?.drain()
        case Token.processes: processesAttached()
        case Token.memoryCourier: memoryCourierEnded()
        case Token.logHook: run?.logHook?.proceed()
        case Token.profilerLink: profiler?.receive()
        case Token.profilerEnd: profiler?.profilerEnded()
        case Token.firstBacktracer...: collectBacktrace(FileDescriptor(Int32(event.token - Token.firstBacktracer)))
        default: readRing(event)
        }
    }

    // MARK: Time

    private func waitingTime() -> Int32 {
        let deadlines = [
            courierDue, run?.nextDeadline, delivery?.nextLook, snapshots.nextDeadline, profiler?.nextDeadline,
        ].compactMap { $0 }
        guard let next = deadlines.min() else { return -1 }
        let left = next.since(.now)
        return left <= 0 ? 0 : Int32(clamping: left / 1_000_000 + 1)
    }

    private func tick() {
        let now = MonotonicTime.now
        run?.tick(now)
        if let due = courierDue, now >= due { startCourier() }
        if let delivery, delivery.isDone(now) { delivered() }
        snapshots.killOverdue(now)
        profiler?.killOverdue(now)
        if snapshots.isEmpty, profiler?.isDone ?? true, let next = afterBacktraces {
            afterBacktraces = nil
            next()
        }
    }

    // MARK: The link

    private func receive() {
        while phase != .finished {
            do throws(SystemError) {
                switch try link.receive(capacity: maximumPacket) {
                case .packet(let packet, let descriptors): take(packet, with: descriptors)
                case .nothing:
                    if phase == .following { run?.host.watchMemory() }
                    return
                case .end: return supervisorIsGone()
                }
            } catch {
                return supervisorIsGone()
            }
        }
    }

    private func take(_ packet: [UInt8], with descriptors: [FileDescriptor]) {
        do throws(LinkError) {
            try take(LinkMessage(packet: packet), with: descriptors)
        } catch {
            for descriptor in descriptors { descriptor.close() }
            run?.note("a message of the supervisor was not understood (\(error)); are the programs of one version?")
        }
    }

    private func take(_ message: LinkMessage, with descriptors: [FileDescriptor]) throws(LinkError) {
        switch message {
        case .runStart(let start): begin(start)
        case .jobStarted(let pid):
            run?.jobStarted(pid)
            profiler?.jobStarted(pid)
            if let processes = run?.processes { watch(processes.wakeUp.descriptor, token: Token.processes) }
        case .execFailed(let code, let reason):
            run?.couldNotStart(errno: code, reason: reason)
            settle(exit: nil)
        case .signalForwarded(let signal, let sender, let user), .signalSeen(let signal, let sender, let user):
            run?.signalled(signal, by: sender, user: user)
        case .timeout(let stage): run?.timedOut(stage: stage)
        case .jobStopped(let signal): run?.stopped(by: signal)
        case .jobContinued: run?.continued()
        case .jobExited(let exit): settle(exit: exit)
        case .closeStream(let stream): closeStream(stream)
        case .snapshot(let notice):
            guard let files = SnapshotFiles(descriptors, notice) else { return }
            snapshots.add(notice, files)
        case .processForked, .processExecuted, .processEnded: run?.processChanged(message)
        case .tracing(let state): run?.traced(state)
        case .sampling(let state): profiler?.sampled(state)
        case .samplingDescriptors(let count):
            guard let profiler else { return descriptors.forEach { $0.close() } }
            profiler.take(descriptors, of: count)
        case .drainSignals:
            drainPendingSignals()
            answer(.drained)
        }
    }

    private func begin(_ start: RunStart) {
        guard run == nil, let run = RunReport(start: start, plan: plan, words: words, courier: courier) else { return }
        self.run = run
        if start.capturesOutput || start.capturesError { watchCopy(LinkDescriptors.copy, start) }
        answer(.ready)
        if let hook = run.logHook { watch(hook.descriptor, token: Token.logHook) }
        profiler = makeProfiler(run)
        run.open()
        if run.wantsCourier {
            courierDue = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + Self.courierDelay)
        }
    }

    private func answer(_ message: ReporterMessage) {
        // A supervisor that cannot be told anything is noticed by the end of the link.
        _ = try? link.send(message.encoded())
    }

    /// The job's pipe may have no reader any more but us: without our copy the job gets its SIGPIPE. And where the job has
    /// closed the stream, whoever reads behind us is to see that.
    private func closeStream(_ stream: JobStream) {
        let (pipe, callers) =
            stream == .output
            ? (LinkDescriptors.jobOutput, FileDescriptor.standardOutput)
            : (LinkDescriptors.jobError, FileDescriptor.standardError)
        pipe.close()
        do throws(SystemError) {
            try callers.replaceByNull()
        } catch {
            callers.close()
        }
        answer(.closedStream(stream))
    }

    // MARK: The copies

    private func watchCopy(_ file: FileDescriptor, _ start: RunStart) {
        copy = (file, CopyFrameReader(runSeed: start.runSeed))
        watch(file, token: Token.copy)
    }

    private func watch(_ file: FileDescriptor, token: UInt64) {
        do throws(SystemError) {
            try poll.add(file, .readable, token: token)
        } catch {
            run?.note("cannot follow the run: \(error)")
        }
    }

    private func readCopy() {
        guard let copy else { return }
        guard let count = try? copy.file.read(into: copy.frames.room), count > 0 else { return endCopy() }
        if count >= Self.flood { giveWay() }
        run?.output.take(copy.frames.take(count))
    }

    /// In a flood the job, and whoever reads what it writes, need the processors more than we do. Not before: the end of a
    /// short job waits for us.
    private func giveWay() {
        if hasGivenWay { return }
        hasGivenWay = true
        ProcessIdentity.giveWay(by: 10)
    }

    /// Bytes that wait for us at once: more than a pipe of the default size holds.
    private static let flood = 100_000

    private func endCopy() {
        guard let ended = copy else { return }
        copy = nil
        poll.remove(ended.file)
        ended.file.close()
        if phase == .settled, takeover != nil { phase = .finished }
    }

    /// Takes what is in the copy now, without waiting for more.
    private func drainCopy() {
        while let waiting = try? copy?.file.bytesWaiting(), waiting > 0 { readCopy() }
    }

    // MARK: The job's programs

    private func processesAttached() {
        guard let processes = run?.processes else { return }
        poll.remove(processes.wakeUp.descriptor)
        rings = processes.descriptors
        for (index, file) in rings.enumerated() { watch(file, token: Token.firstRing + UInt64(index)) }
        run?.readProcessRecords()
    }

    private func readRing(_ event: EventPoll.Event) {
        run?.readProcessRecords()
        let index = Int(event.token - Token.firstRing)
        if event.ready.contains(.hangUp), rings.indices.contains(index) { poll.remove(rings[index]) }
    }

    // MARK: Stacks

    private func collectBacktrace(_ end: FileDescriptor) {
        poll.remove(end)
        // What the process said before it died explains its death.
        drainCopy()
        snapshots.collect(end)
        if snapshots.isEmpty { run?.reportHang() }
    }

    // MARK: The profile

    private func makeProfiler(_ run: RunReport) -> RunProfiler? {
        guard run.profile != nil else { return nil }
        return RunProfiler(
            ProfilerProgram(keepsErrors: plan.debug), parameters: { [unowned run] in run.profilerParameters($0) },
            surroundings: RunProfiler.Surroundings(
                watch: { [unowned self] in watch($0, token: $1 == .link ? Token.profilerLink : Token.profilerEnd) },
                unwatch: { [unowned self] in poll.remove($0) },
                chunk: { [unowned run] in run.send($0, $1) },
                abandoned: { [unowned self] in answer(.samplingAbandoned) }))
    }

    // MARK: The end

    /// The report waits for the stacks, which is bounded by `--symbolication-timeout`.
    private func settle(exit: JobExit?) {
        guard phase == .following else { return }
        phase = .ended
        snapshots.limit(to: MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + plan.symbolicationTimeout))
        profiler?.finish(within: plan.symbolicationTimeout)
        afterBacktraces = { [unowned self] in settleNow(exit: exit) }
    }

    private func settleNow(exit: JobExit?) {
        guard let run else { return }
        drainCopy()
        if let profiler { run.profiled(profiler) }
        run.close(.reported(exit))
        phase = .settled
        letGoOfCallersStreams()
        memoryCourier = run.sink.close()
        let waits = run.wantsCourier && run.pendingDeliveries > 0
        answer(
            .settled(
                notice: run.notice, pending: waits || memoryCourier != nil, urgent: run.diedAtStartup))
        if let memoryCourier { watch(memoryCourier, token: Token.memoryCourier) }
        if isSupervisorGone { phase = .finished }
        guard run.wantsCourier else { return }
        startCourier()
        if waits { watchDelivery() }
    }

    /// The caller may wait for the end of our stdout, so nobody behind us may hold it.
    private func letGoOfCallersStreams() {
        _ = try? FileDescriptor.standardOutput.replaceByNull()
        // With --debug the courier is to be heard.
        if !plan.debug { _ = try? FileDescriptor.standardError.replaceByNull() }
        LinkDescriptors.jobOutput.close()
        LinkDescriptors.jobError.close()
    }

    private func startCourier() {
        courierDue = nil
        run?.startCourier()
    }

    private func watchDelivery() {
        delivery = run?.watchDelivery()
        if let delivery { watch(delivery.descriptor, token: Token.delivery) }
    }

    private func delivered() {
        delivery = nil
        if memoryCourier == nil { answer(.delivered) }
    }

    private func memoryCourierEnded() {
        guard let ended = memoryCourier else { return }
        poll.remove(ended)
        ended.close()
        memoryCourier = nil
        if delivery == nil { answer(.delivered) }
    }

    // MARK: The supervisor's death

    private func supervisorIsGone() {
        poll.remove(link.descriptor)
        switch phase {
        case .following:
            guard let run, run.hasJob else { return phase = .finished }
            takeOver(run)
        case .ended: isSupervisorGone = true
        case .settled, .takenOver, .finished: phase = .finished
        }
    }

    private func takeOver(_ run: RunReport) {
        phase = .takenOver
        run.supervisorWasKilled()
        drainCopy()
        do throws(SystemError) {
            let takeover = try Takeover()
            try poll.add(takeover.wakeUp.descriptor, .readable, token: Token.takeover)
            self.takeover = takeover
            try pumpStreams(run, takeover)
            try takeover.follow(job: run.jobProcess)
        } catch {
            run.note("could not take over from the supervisor: \(error)")
            run.close(.supervisorKilled(waitStatus: nil))
            phase = .finished
        }
    }

    private func pumpStreams(_ run: RunReport, _ takeover: Takeover) throws(SystemError) {
        let start = run.facts.start
        guard start.capturesOutput || start.capturesError else { return }
        endCopy()
        let streams = [
            (start.capturesOutput, JobStream.output, LinkDescriptors.jobOutput, FileDescriptor.standardOutput),
            (start.capturesError, JobStream.error, LinkDescriptors.jobError, FileDescriptor.standardError),
        ]
        let channel = try takeover.pump(
            streams.filter { $0.0 }.map { Takeover.Stream(name: $0.1, source: $0.2, destination: $0.3) },
            runSeed: start.runSeed)
        watchCopy(channel, start)
    }

    private func jobEndedUnderTakeover() {
        guard let takeover, phase == .takenOver else { return }
        poll.remove(takeover.wakeUp.descriptor)
        profiler?.finish(within: plan.symbolicationTimeout)
        afterBacktraces = { [unowned self] in settleTakeover() }
    }

    private func settleTakeover() {
        guard let outcome = takeover?.outcome, let run else { return }
        drainCopy()
        if let profiler { run.profiled(profiler) }
        switch outcome {
        case .ended(let status): run.close(.supervisorKilled(waitStatus: status))
        case .unknown(let reason):
            run.note("the job could not be followed after the supervisor's death: \(reason)")
            run.close(.supervisorKilled(waitStatus: nil))
        }
        run.startCourier()
        phase = copy == nil ? .finished : .settled
    }
}
