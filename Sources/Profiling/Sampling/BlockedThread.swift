// One thread, and the time that it does not run.

import LinuxSystem

/// A thread whose waiting is sampled. Together with samples of when it runs, its samples sum to the time that has passed.
final class BlockedThread {
    let id: Int32
    /// It waited when it was last looked at, at the place of ``stack``.
    private(set) var isBlocked = false
    private var schedule: ThreadSchedule
    /// Up to here all of its time is in samples, or in what is carried.
    private var settled: MonotonicTime
    /// Nanoseconds that it neither ran nor was ready to, and that are in no sample yet. Below 0 where the scheduler's account
    /// of its run time was behind before.
    private var carried: Int64 = 0
    /// Nanoseconds that it waited for a processor, and that are in no sample yet.
    private var queued: Int64 = 0
    private var due: MonotonicTime
    private var wasTold = false
    private var stack: BlockedStack?
    private let schedules: KeptFile

    /// - Parameter born: from when on its time is ours to account for; `nil` for from now on.
    /// - Returns: `nil` where it is gone.
    init?(_ id: Int32, of process: Int32, at now: MonotonicTime, born: MonotonicTime? = nil, files: FileAllowance) {
        self.id = id
        schedules = KeptFile("/proc/\(process)/task/\(id)/schedstat", files)
        guard let schedule = schedules.schedule() else { return nil }
        self.schedule = born == nil ? schedule : ThreadSchedule()
        settled = born ?? now
        due = now
    }

    /// What there is to deliver of it.
    struct Finding {
        var weight: Int64
        /// `nil` where nothing is known of its stack.
        var stack: BlockedStack?
        var isQueued = false
    }

    /// A thread that stays where it is is told of so often, in nanoseconds: each time it is unwound again.
    private static let repetition: Int64 = 1_000_000_000
    /// Waiting for a processor is told of when it has come to this.
    private static let leastQueued: Int64 = 20_000_000

    // MARK: Looking

    /// Looks at it once more.
    ///
    /// - Parameters:
    ///   - before: when it was last known to be as it was.
    ///   - reader: reads its stack where it has moved.
    /// - Returns: whether it is still there.
    func look(
        at now: MonotonicTime, before: MonotonicTime, _ reader: BlockedStackReader, _ found: (Finding) -> Void
    ) -> Bool {
        guard let new = schedules.schedule() else {
            end(at: before, found)
            return false
        }
        if isBlocked, new == schedule {
            repeatIfDue(at: now, found)
            return true
        }
        leave(at: before, found)
        account(new, at: now)
        if queued >= Self.leastQueued { tellQueued(found) }
        switch reader.read(id) {
        case .running: break
        case .unreadable:
            // Closed to us: how long it waits can be told, not where.
            if schedules.schedule() == schedule { block(at: now, nil, found) }
        case .stack(let stack):
            // If it has run meanwhile, the stack is one of both.
            if schedules.schedule() == schedule { block(at: now, stack, found) }
        }
        return true
    }

    /// It is known to be where it was, without a look.
    func repeatIfDue(at now: MonotonicTime, _ found: (Finding) -> Void) {
        if isBlocked, now >= due { tellWaiting(until: now, found) }
    }

    /// Tells all that is left to tell.
    func finish(at now: MonotonicTime, _ found: (Finding) -> Void) {
        if isBlocked {
            tellWaiting(until: now, found)
        } else {
            if let new = schedules.schedule() { account(new, at: now) }
            tellCarried(found)
        }
        tellQueued(found)
    }

    /// It is gone: it waited for as long as it was known to.
    func end(at before: MonotonicTime, _ found: (Finding) -> Void) {
        leave(at: before, found)
        tellCarried(found)
        tellQueued(found)
    }

    // MARK: Time

    private func leave(at before: MonotonicTime, _ found: (Finding) -> Void) {
        guard isBlocked else { return }
        if before > settled { tellWaiting(until: before, found) }
        isBlocked = false
    }

    private func account(_ new: ThreadSchedule, at now: MonotonicTime) {
        let ran = difference(new.runTime, schedule.runTime)
        let delayed = difference(new.delay, schedule.delay)
        carried += now.since(settled) - ran - delayed
        queued += delayed
        settled = now
        schedule = new
    }

    private func difference(_ new: UInt64, _ old: UInt64) -> Int64 { new > old ? Int64(clamping: new - old) : 0 }

    private func block(at now: MonotonicTime, _ stack: BlockedStack?, _ found: (Finding) -> Void) {
        isBlocked = true
        self.stack = stack
        // The first time soon: once it is gone, nobody can look up what its addresses mean.
        due = wasTold ? now.advanced(by: Self.repetition) : now
        tellCarried(found)
    }

    // MARK: Telling

    private func tellWaiting(until end: MonotonicTime, _ found: (Finding) -> Void) {
        carried += end.since(settled)
        settled = end
        due = end.advanced(by: Self.repetition)
        tellCarried(found)
    }

    private func tellCarried(_ found: (Finding) -> Void) {
        guard carried > 0 else { return }
        wasTold = true
        found(Finding(weight: carried, stack: stack))
        carried = 0
    }

    private func tellQueued(_ found: (Finding) -> Void) {
        guard queued > 0 else { return }
        found(Finding(weight: queued, stack: nil, isQueued: true))
        queued = 0
    }
}
