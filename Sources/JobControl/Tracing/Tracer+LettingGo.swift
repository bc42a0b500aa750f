// Processes that are traced no more: for the budget, for good, or for as long as this process is stopped.

import LinuxSystem

extension Tracer {
    // MARK: The budget

    /// To be called at a stop of the process, before it goes on.
    func keepToBudget(at process: TracedProcess) {
        guard plan.mode == .automatic, !process.isLeaving, budget.isExceeded(at: .now) else { return }
        if !isReduced {
            isReduced = true
            sampler?.tell("new processes were not sampled any more: following them cost more than tracing may")
            note(.changed)
        } else if process.cost * 2 >= mostCost {
            letGo(process)
        }
    }

    private var letGoNote: String {
        lettingGoReason.isEmpty
            ? "processes were not sampled any more: following them cost more than tracing may"
            : "a process was not sampled any more: \(lettingGoReason)"
    }

    private var mostCost: Int64 {
        processes.values.reduce(0) { $1.isLeaving ? $0 : max($0, $1.cost) }
    }

    /// Its threads are detached one by one, each at its next stop: those that never stop cost nothing.
    func letGo(_ process: TracedProcess) {
        guard !process.isLeaving else { return }
        process.isLeaving = true
        processesLetGo += 1
        sampler?.tell(letGoNote)
    }

    // MARK: Detaching

    /// Detaches a thread that stands still.
    func leave(_ thread: Int32, delivering signal: Int32) {
        attempt { () throws(SystemError) in try Tracee(thread).detach(delivering: signal) }
        wentAway(thread)
    }

    /// The thread is traced no more.
    func wentAway(_ thread: Int32) {
        guard let gone = threads.removeValue(forKey: thread), let process = processes[gone.process] else { return }
        process.threads.remove(thread)
        guard process.threads.isEmpty else { return }
        forget(process)
        if processes.isEmpty, lent.isEmpty {
            hasLetGoOfAll = true
            note(.changed)
        }
    }

    // MARK: While this process is stopped

    /// How long threads may take to stand still.
    static let stopTime: Int64 = 50_000_000

    /// Lets go of everything before this process stops, or waits where it cannot trace: nobody would resume a tracee
    /// meanwhile. ``takeBack()`` follows.
    func lend() {
        isLending = true
        finish()
        for process in processes.values {
            if !process.isLeaving, !process.isDying {
                lent[process.id] = ProcessStat.of(process: process.id)?.started
            }
            process.isLeaving = true
        }
        // Once more for those whose creation is only now heard of.
        for _ in 0..<3 where !threads.isEmpty { letGoOfAll() }
    }

    /// Lets go of everything, at once.
    func letGoForGood() {
        processesLetGo += UInt32(clamping: processes.count)
        if !processes.isEmpty { sampler?.tell(letGoNote) }
        lend()
        isLending = false
        lent = [:]
        hasLetGoOfAll = processes.isEmpty
        note(.changed)
    }

    private func letGoOfAll() {
        let stopped = ThreadStopper.stop(Array(threads.keys), deadline: .now.advanced(by: Self.stopTime))
        hear()
        for thread in stopped.interrupted + stopped.groupStopped { leave(thread, delivering: 0) }
        for change in stopped.kept {
            if let stop = Tracee.Stop(rawStatus: change.rawStatus) {
                handle(stop, of: change.process)
            } else {
                kept.append(change)
            }
        }
    }

    /// Follows again what was lent and still lives. Processes that were started meanwhile are not followed.
    func takeBack() {
        isLending = false
        let due = lent
        lent = [:]
        for (process, started) in due {
            guard ProcessStat.of(process: process)?.started == started else { continue }
            seizeAnew(process)
        }
        if processes.isEmpty, !due.isEmpty {
            hasLetGoOfAll = true
            note(.changed)
        }
    }

    /// Seizes a living process: its threads run on. Returns whether there is one to trace.
    @discardableResult
    func seizeAnew(_ process: Int32) -> Bool {
        let traced = processes[process] ?? TracedProcess(id: process, parent: 0)
        for thread in threadsListed(of: process) where threads[thread] == nil {
            do throws(SystemError) {
                try Tracee(thread).seize(options)
                traced.threads.insert(thread)
                threads[thread] = TracedThread(process: process, options: options, isNew: false)
            } catch { continue }
        }
        guard !traced.threads.isEmpty else { return false }
        processes[process] = traced
        return true
    }
}
