// Sampling a process that somebody else has started.

import LinuxSystem
import Synchronization

/// Traces a process and everything that it starts, on a thread of its own, and writes stacks to a ring.
///
/// The kernel lets go of what a thread traces when the thread ends, without disturbing it: so ``stop()``, the end of this
/// process, and its death by any signal leave the process running.
///
/// All signals, SIGCHLD above all, must be blocked in all threads (``CallerSignals/block()``), and nobody else may take
/// SIGCHLD: each stop is told by one. Another loop takes its signals by ``SignalDescriptor/init(of:)``.
package final class SamplingAttachment: Sendable {
    /// Readable when it is over: the processes are gone, or it was stopped.
    package let ended: WakeUp
    private let stopping: WakeUp
    private let started: WakeUp
    private let refusal = Mutex<SystemError?>(nil)

    package init() throws(SystemError) {
        ended = try WakeUp()
        stopping = try WakeUp()
        started = try WakeUp()
    }

    /// Returns when the process is followed.
    ///
    /// - Throws: EPERM where tracing is not permitted, or somebody traces it already; ESRCH.
    package func start(_ process: Int32, _ plan: SamplingPlan) throws(SystemError) {
        let box = PlanBox(plan)
        try startThread(stackBytes: 512 * 1024) { self.run(process, box.plan) }
        _ = started.descriptor.waitReadable(milliseconds: -1)
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
    }

    /// Asks it to end, which ``ended`` tells.
    package func stop() { stopping.signal() }

    // MARK: The thread

    private func run(_ process: Int32, _ plan: SamplingPlan) {
        do throws(SystemError) {
            let loop = try SamplingLoop(process, plan, stopping: stopping)
            started.signal()
            loop.run()
        } catch { refusal.withLock { $0 = error } }
        plan.ring.wakeUp.signal()
        started.signal()
        ended.signal()
    }
}

/// A plan on its way to the thread that uses it from then on.
private struct PlanBox: @unchecked Sendable {
    let plan: SamplingPlan
    init(_ plan: SamplingPlan) { self.plan = plan }
}

/// Owned by the thread that traces.
private final class SamplingLoop {
    private let tracer: Tracer
    private let poll: EventPoll
    private let timer: Timer
    private let children: SignalDescriptor
    private let stopping: WakeUp
    private var isStopping = false
    private var hasMoreChanges = false

    private enum Token: UInt64 {
        case children = 1
        case timer = 2
        case stopping = 3
    }

    init(_ process: Int32, _ plan: SamplingPlan, stopping: WakeUp) throws(SystemError) {
        self.stopping = stopping
        var tracing = TracePlan(mode: .tree)
        tracing.capturesDeaths = false
        tracer = Tracer(tracing, started: .now) { event in
            if case .captured(let snapshot, _) = event {
                [snapshot.file, snapshot.rootDirectory, snapshot.executable].forEach { $0?.close() }
            }
        }
        poll = try EventPoll()
        timer = try Timer()
        children = try SignalDescriptor(of: [.child])
        try poll.add(children.descriptor, .readable, token: Token.children.rawValue)
        try poll.add(timer.descriptor, .readable, token: Token.timer.rawValue)
        try poll.add(stopping.descriptor, .readable, token: Token.stopping.rawValue)
        try tracer.attach(to: process)
        let sampler = StackSampler(plan)
        tracer.sampler = sampler
        try timer.arm(after: sampler.nextTick(after: .now))
    }

    deinit {
        tracer.close()
        for file in [poll.descriptor, timer.descriptor, children.descriptor] { file.close() }
    }

    /// How long threads that were asked to stop have to do so, at the end.
    private static let patience: Int64 = 250_000_000

    func run() {
        do throws(SystemError) {
            while !isStopping, !tracer.processes.isEmpty { try turn(milliseconds: -1) }
            // A thread that is let go of with a stop outstanding could see its system call fail.
            try timer.disarm()
            isStopping = true
            let deadline = MonotonicTime.now.advanced(by: Self.patience)
            while tracer.awaitsStops, .now < deadline { try turn(milliseconds: 10) }
        } catch {
            tracer.sampler?.tell("sampling ended early: \(error)")
        }
    }

    private func turn(milliseconds: Int32) throws(SystemError) {
        for event in try poll.wait(milliseconds: hasMoreChanges ? 0 : milliseconds) {
            switch Token(rawValue: event.token) {
            case .timer: try tick()
            case .stopping:
                isStopping = true
                _ = stopping.take()
            case .children: while try children.take().count == SignalDescriptor.mostAtOnce {}
            case nil: break
            }
        }
        try takeChanges()
    }

    private func tick() throws(SystemError) {
        guard timer.takeExpirations() > 0, !isStopping, let wait = tracer.sample() else { return }
        try timer.arm(after: wait)
    }

    /// A process that stops all the time must not keep us from everything else.
    private static let mostChangesAtOnce = 256

    private func takeChanges() throws(SystemError) {
        tracer.begin()
        hasMoreChanges = true
        for _ in 0..<Self.mostChangesAtOnce where hasMoreChanges {
            if let change = try nextChange() {
                _ = tracer.take(change)
            } else {
                hasMoreChanges = false
            }
        }
        tracer.finish()
    }

    private func nextChange() throws(SystemError) -> ChildChange? {
        if !tracer.kept.isEmpty { return tracer.kept.removeFirst() }
        return try ChildChange.takeTracedByThisThread()
    }
}
