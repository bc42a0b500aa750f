// What the sampler knows of a process, and which of its threads it looks at.

import LinuxSystem

/// A process whose threads are sampled when they run.
///
/// Most threads of most processes wait, and looking at each at each tick would take longer than all samples. The kernel has one
/// clock for a process, which is exactly the sum of what its threads have run: as long as the threads that are known to run
/// account for all of it, no other has.
final class SampledProcess {
    let id: Int32
    /// Threads came or went.
    var hasOtherMembers = true
    /// What the profiler was told of it is up to date.
    var isIntroduced = false
    var isForkTold = false
    /// Samples since it was introduced.
    var samples = 0
    /// Of the mappings that were told.
    var mappingsHash = 0

    /// Ran when they were last looked at; of some a stop was asked for.
    private var running: [SampledThread] = []
    private var waiting: [SampledThread] = []
    private var clock: UInt64 = 0
    /// Of the looks at those that run.
    private var turn: UInt32 = 0
    /// Of the run times of all threads.
    private var sum: UInt64 = 0
    /// By how much the clock is ahead of the sum when no waiting thread has run; `nil` where that is not known.
    private var unseen: UInt64?

    init(_ id: Int32) { self.id = id }

    func executed() {
        isIntroduced = false
        samples = 0
        mappingsHash = 0
    }

    func setMembers(_ members: [SampledThread]) {
        hasOtherMembers = false
        unseen = nil
        let known = Set(waiting.map(ObjectIdentifier.init))
        waiting = members.filter { known.contains(ObjectIdentifier($0)) }
        running = members.filter { !known.contains(ObjectIdentifier($0)) }
        sum = members.reduce(0) { $0 &+ $1.schedule.runTime }
    }

    /// How long a thread may take to stop before it is looked at again.
    private static let patience: Int64 = 100_000_000

    /// Finds the threads that run and are due a sample, and asks each at once: a moment later it may wait for something.
    func tick(at now: MonotonicTime, by sampler: StackSampler) {
        let time = processorTime(ofProcess: id).map { UInt64(bitPattern: $0) } ?? clock
        if running.isEmpty, time == clock { return }
        clock = time
        lookAtRunning()
        if unseen != clock &- sum { lookAtWaiting() }
        var kept = 0
        for index in running.indices {
            let thread = running[index]
            guard keeps(thread, at: now, by: sampler) else {
                waiting.append(thread)
                continue
            }
            if kept < index { running.swapAt(kept, index) }
            kept += 1
        }
        running.removeLast(running.count - kept)
    }

    private func keeps(_ thread: SampledThread, at now: MonotonicTime, by sampler: StackSampler) -> Bool {
        if let asked = thread.askedAt {
            // It waits for a processor. Or it was stopped for another reason, and lost the request.
            if now.since(asked) < Self.patience || thread.isRunning() { return true }
            thread.askedAt = nil
            return false
        }
        guard thread.isDue else { return thread.hasRun || thread.lookedAt != turn || thread.isRunning() }
        sampler.rehearse(thread)
        guard thread.isRunning() else { return false }
        sampler.ask(thread, at: now)
        return true
    }

    /// Of many threads most wait for a processor, and one that did not run when it was last looked at is passed over three times.
    /// Not where many wait for other things, since what the clock tells of those holds only if all of these were looked at.
    private func lookAtRunning() {
        turn &+= 1
        let passesOver = running.count > Self.many && waiting.count <= running.count / 4
        for (index, thread) in running.enumerated() {
            if passesOver, !thread.hasRun, (UInt32(truncatingIfNeeded: index) &+ turn) % 4 != 0 { continue }
            thread.lookedAt = turn
            _ = look(at: thread)
        }
    }

    private static let many = 16

    private func lookAtWaiting() {
        var woken: [SampledThread] = []
        var rest: [SampledThread] = []
        rest.reserveCapacity(waiting.count)
        for thread in waiting {
            if look(at: thread) { woken.append(thread) } else { rest.append(thread) }
        }
        running += woken
        waiting = rest
        // Only where nothing ran on between the first look and the last one can be told.
        unseen = processorTime(ofProcess: id).map({ UInt64(bitPattern: $0) }) == clock ? clock &- sum : nil
    }

    private func look(at thread: SampledThread) -> Bool {
        let before = thread.schedule.runTime
        let hasRun = thread.look() ?? false
        sum = sum &+ thread.schedule.runTime &- before
        return hasRun
    }
}
