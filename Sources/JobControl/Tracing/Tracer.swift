// Follows the job's threads and processes by ptrace(2). All of it runs on the supervisor's main thread: ptrace binds requests
// to the thread that attached.
//
// Who does what: +Stops takes each stop and lets the thread go on, +Exec looks at what a process becomes, +Snapshots reads
// those that die or hang, +LettingGo gives processes up and takes them back, +Sampling takes stacks of those that run.

import LinuxSystem
import SupervisorLink

/// The tracer of one job. A tracee may be killed at any moment, so that any request can fail: its end is told by wait(2), and
/// nothing here fails because of it.
final class Tracer {
    /// What others want to know. Told after the thread in question goes on.
    enum Event {
        /// The process is stopped by job control. (That it goes on is told to its parent by wait(2).)
        case stopped(process: Int32, by: Signal)
        case forked(process: Int32, parent: Int32, at: MonotonicTime)
        case executed(process: Int32, at: MonotonicTime)
        case ended(process: Int32, status: Int32, at: MonotonicTime)
        /// Whoever takes it closes its descriptors.
        case captured(CapturedSnapshot, SnapshotNotice)
        /// ``Tracer/state`` is another one.
        case changed
    }

    let plan: TracePlan
    let note: (Event) -> Void

    var threads: [Int32: TracedThread] = [:]
    var processes: [Int32: TracedProcess] = [:]
    /// First stops of threads whose creator has not told of them yet.
    var unannounced: [Int32: Int32] = [:]
    /// Changes that came in while something else was awaited.
    var kept: [ChildChange] = []
    /// The job's own process.
    var main: Int32 = 0

    var budget: TraceBudget
    /// New processes are followed no more.
    var isReduced = false
    var processesLetGo: UInt32 = 0
    var refusal: SystemError?
    /// Why processes were let go, if not for the budget.
    var lettingGoReason = ""
    /// Everything is being let go of for a while.
    var isLending = false
    /// Processes that were let go for as long as this process is stopped, with their start times.
    var lent: [Int32: UInt64] = [:]
    var snapshots = SnapshotAllowance()
    /// Takes stacks of threads that run, where that is wanted.
    var sampler: StackSampler?
    /// Programs that were looked at before, and are simply followed; few, so that looking through them beats hashing.
    var harmlessPrograms: [FileVersion] = []
    /// When this process began to look at what is pending.
    var heard = MonotonicTime.now
    /// What this thread had used of a processor when a stop was last heard of or ended.
    private var processorTimeSeen = processorTimeOfThread()

    init(_ plan: TracePlan, started: MonotonicTime, note: @escaping (Event) -> Void) {
        self.plan = plan
        self.note = note
        budget = TraceBudget(share: plan.budget, started: started)
    }

    /// What threads stop for now.
    var options: Tracee.Options {
        plan.mode == .main || isReduced ? .ofThreads : .ofProcesses
    }

    var followsNewProcesses: Bool { plan.mode != .main && !isReduced && !isLending }

    // MARK: The job's start

    /// The job's process was seized, and stands at the exec of its program (or nowhere, if it was killed on its way).
    func adopt(_ launched: TracedLaunch) {
        main = launched.process
        if launched.refusal != nil {
            refusal = launched.refusal
            return
        }
        hear()
        let process = TracedProcess(id: main, parent: 0)
        if let stop = launched.stop, case .executed? = Tracee.Stop(rawStatus: stop) { return beganExecuting(process) }
        register(process)
        guard let stop = launched.stop else { return }
        _ = take(ChildChange(process: main, rawStatus: stop, usage: .none))
    }

    /// Seizes the job that waits at the gate of its terminal's monitor.
    func seizeAtGate(_ process: Int32) {
        main = process
        do throws(SystemError) {
            try Tracee(process).seize(options)
            register(TracedProcess(id: process, parent: 0))
        } catch { refusal = error }
    }

    /// Its first thread has its id.
    func register(_ process: TracedProcess) {
        process.threads = [process.id]
        processes[process.id] = process
        threads[process.id] = TracedThread(process: process.id, options: options)
    }

    func isTracing(_ process: Int32) -> Bool { processes[process] != nil }

    // MARK: Changes

    /// To be called before changes are taken.
    func begin() { hear() }

    func hear() {
        heard = .now
        processorTimeSeen = processorTimeOfThread()
    }

    /// What has been done since a stop was last heard of is no cost of following the job: it was asked for.
    func chargeNobody() -> Int64 {
        let now = processorTimeOfThread()
        defer { processorTimeSeen = now }
        return now - processorTimeSeen
    }

    /// Charges the stop that has just ended with what it took of our time. While this thread waits for a processor, others
    /// of the job (or of somebody else) have it: that is no cost of tracing.
    func charge(_ process: TracedProcess) {
        let now = processorTimeOfThread()
        process.cost += budget.charge(seen: now - processorTimeSeen)
        processorTimeSeen = now
    }

    /// To be called when there are no more changes: those that nobody announced are adopted.
    func finish() {
        guard !unannounced.isEmpty else { return }
        for (thread, status) in unannounced { adoptUnannounced(thread, status) }
        unannounced = [:]
    }

    /// Takes a change of any child or tracee.
    ///
    /// - Returns: whether that was all; what remains is the news of a child.
    func take(_ change: ChildChange) -> Bool {
        let thread = change.process
        guard let stop = Tracee.Stop(rawStatus: change.rawStatus) else {
            ended(thread, change.rawStatus)
            return false
        }
        guard threads[thread] != nil else {
            guard stop.isFirst else { return false }
            unannounced[thread] = change.rawStatus
            return true
        }
        handle(stop, of: thread)
        return true
    }

    private func ended(_ thread: Int32, _ status: Int32) {
        unannounced[thread] = nil
        guard let gone = threads.removeValue(forKey: thread), let process = processes[gone.process] else { return }
        process.threads.remove(thread)
        // The leader's end comes last, whichever thread ended first.
        guard thread == process.id || process.threads.isEmpty else { return }
        forget(process)
        note(.ended(process: process.id, status: thread == process.id ? status : -1, at: heard))
    }

    func forget(_ process: TracedProcess) {
        process.closeFiles()
        sampler?.forget(process)
        for thread in process.threads { threads[thread] = nil }
        processes[process.id] = nil
    }

    /// Closes what is open. The kernel lets go of all tracees when this process ends.
    func close() {
        for process in processes.values { process.closeFiles() }
    }

    // MARK: State

    var state: TracingState {
        var state = TracingState(
            mode: .off, stoppedNanoseconds: budget.spent, processesLetGo: processesLetGo, detail: lettingGoReason)
        if snapshots.omitted > 0 {
            let clause = "\(snapshots.omitted) more crashes were not looked into"
            state.detail = state.detail.isEmpty ? clause : state.detail + "; " + clause
        }
        if let refusal {
            state.mode = .refused
            state.detail = refusal.description
        } else if hasLetGoOfAll {
            state.mode = .letGo
        } else if isReduced || processesLetGo > 0 && lettingGoReason.isEmpty {
            state.mode = .reduced
        } else {
            state.mode = plan.mode == .main ? .main : .tree
        }
        return state
    }

    /// Told from a job that has ended.
    var hasLetGoOfAll = false
}

extension Tracee.Stop {
    /// Whether a new tracee's first stop looks like this.
    fileprivate var isFirst: Bool {
        switch self {
        case .event, .group: true
        default: false
        }
    }
}
