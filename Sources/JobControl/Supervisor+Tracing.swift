// The tracer at work in the supervisor's loop: its share of the children's changes, and what it finds for the reporter.

import LinuxSystem
import SupervisorLink

extension Supervisor {
    /// `nil` where the job is not to be traced, or nobody would hear of it.
    func makeTracer() -> Tracer? {
        guard plan.reporter != nil, plan.tracing.mode != .off || samplesByTracer else { return nil }
        hangWatch = plan.tracing.hangTimeout.map { HangWatch(timeout: $0, start: startedMonotonic) }
        var tracing = plan.tracing
        // Of a job that is traced only to be sampled every process is.
        if tracing.mode == .off {
            tracing.mode = .tree
            tracing.capturesDeaths = false
        }
        return Tracer(tracing, started: startedMonotonic) { [unowned self] in take($0) }
    }

    var tracingState: TracingState { tracer?.state ?? TracingState(mode: .off) }

    private func take(_ event: Tracer.Event) {
        switch event {
        case .stopped(let process, let signal):
            // Of a job at a pty the monitor tells.
            if process == job?.process, session == nil, jobEnd == nil { jobStopped(by: signal) }
        case .forked(let process, let parent, let time):
            tell { .processForked(pid: process, parent: parent, time: time.nanoseconds) }
        case .executed(let process, let time): tell { executed(process, at: time) }
        case .ended(let process, let status, let time):
            tell { .processEnded(pid: process, waitStatus: status, time: time.nanoseconds) }
        case .captured(let snapshot, let notice): send(snapshot, notice)
        case .changed: reporter?.send(.tracing(tracingState))
        }
    }

    private func tell(_ message: () -> LinkMessage) {
        if plan.tracing.tellsProcesses { reporter?.send(message()) }
    }

    func executed(_ process: Int32, at time: MonotonicTime) -> LinkMessage {
        .processExecuted(pid: process, name: ProcessIdentity.name(of: process) ?? "", time: time.nanoseconds)
    }

    private func send(_ snapshot: CapturedSnapshot, _ notice: SnapshotNotice) {
        let descriptors = [snapshot.file, snapshot.rootDirectory, snapshot.executable].compactMap { $0 }
        guard let reporter else { return descriptors.forEach { $0.close() } }
        hasSentSnapshots = true
        reporter.send(.snapshot(notice), with: descriptors)
    }

    // MARK: Children

    /// A process that stops all the time must not keep us from everything else.
    private static let mostChangesAtOnce = 64

    func reap(with tracer: Tracer) {
        hasMoreChanges = false
        tracer.begin()
        do throws(SystemError) {
            var count = 0
            while let change = try nextChange(tracer) {
                if !tracer.take(change) { take(change) }
                count += 1
                if count == Self.mostChangesAtOnce {
                    hasMoreChanges = true
                    break
                }
            }
            tracer.finish()
            try takeContinuation()
        } catch {
            say("waiting for the job: \(error)")
        }
    }

    private func nextChange(_ tracer: Tracer) throws(SystemError) -> ChildChange? {
        if !tracer.kept.isEmpty { return tracer.kept.removeFirst() }
        return try ChildChange.takeTraced()
    }

    /// There is one notice of it, which a tracer would take from the real parent: so it is asked for by name.
    private func takeContinuation() throws(SystemError) {
        guard let job, let tracer else { return }
        while jobIsStopped, session == nil, jobEnd == nil,
            let change = try ChildChange.takeChange(of: job.process, ofChild: true)
        {
            if change.status == .continued || !tracer.take(change) { take(change) }
        }
    }

    // MARK: Where the tracer cannot work

    /// Before this process stops: a tracee would wait for it at its next signal.
    func lendTracees() {
        guard let tracer else { return }
        tracer.lend()
        guard session == nil, let job, !tracer.isTracing(job.process) else { return }
        attempt("stopping with the job") { () throws(SystemError) in
            // Its stop is told once more, to us as its parent.
            if let change = try ChildChange.takeChange(of: job.process, ofChild: true), change.status.isEnd {
                take(change)
            }
        }
    }

    /// The relay takes this thread until the streams' ends.
    func runUncaptured() {
        tracer?.lend()
        uncaptured.run()
        tracer?.takeBack()
    }

    // MARK: Stacks of the living

    /// At most this long is the job stopped for them.
    private static let timeForLiving: Int64 = 250_000_000

    func captureBeforeTimeout() {
        captureLiving(timeout.stage == .killed ? .timeoutKill : .timeout)
    }

    private func captureLiving(_ reason: SnapshotReason) {
        guard let tracer else { return }
        tracer.captureLiving(reason, deadline: .now.advanced(by: Self.timeForLiving))
        // Signals of children were taken meanwhile.
        reap()
    }

    func watchForHang(at now: MonotonicTime) {
        guard let due = hangWatch?.nextDue, due <= now else { return }
        guard jobEnd == nil, let activity else {
            hangWatch = nil
            return
        }
        guard hangWatch?.observe(activity, at: now) == true else { return }
        captureLiving(.hang)
        if let after = self.activity { hangWatch?.forgive(after) }
    }

    /// `nil` where the job is gone.
    private var activity: JobActivity? {
        guard let tracer, let job else { return nil }
        var activity = JobActivity()
        activity.outputBytes = streams.reduce(0) { $0 + $1.pump.passedBytes }
        for process in Set(tracer.processes.keys).union([job.process]) {
            activity.processorTicks += ProcessStat.of(process: process)?.processorTicks ?? 0
        }
        return activity
    }
}
