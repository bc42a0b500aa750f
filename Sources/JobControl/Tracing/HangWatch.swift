// `--hang-timeout`: a job that neither writes nor computes.

import LinuxSystem

/// What a job has done so far; any difference is progress.
struct JobActivity: Sendable, Equatable {
    /// Bytes of output that were passed on.
    var outputBytes: UInt64 = 0
    /// Time on a processor of all its processes, in clock ticks.
    var processorTicks: UInt64 = 0
}

/// When to look, and whether it hangs. Pure: the supervisor looks.
struct HangWatch: Sendable, Equatable {
    private let timeout: Int64
    private var last: JobActivity
    /// Since when nothing has happened.
    private var since: MonotonicTime
    private var isReported = false
    /// When ``observe(_:at:)`` is to be called next.
    private(set) var nextDue: MonotonicTime

    /// - Parameter timeout: nanoseconds.
    init(timeout: Int64, start: MonotonicTime) {
        self.timeout = timeout
        last = JobActivity()
        since = start
        nextDue = start.advanced(by: Self.interval(timeout))
    }

    /// Says whether the job hangs: once for each time it comes to a standstill.
    mutating func observe(_ activity: JobActivity, at now: MonotonicTime) -> Bool {
        nextDue = now.advanced(by: Self.interval(timeout))
        if activity != last {
            last = activity
            since = now
            isReported = false
        }
        guard !isReported else { return false }
        let left = timeout - now.since(since)
        if left <= 0 {
            isReported = true
            return true
        }
        nextDue = min(nextDue, now.advanced(by: left))
        return false
    }

    /// What was done because of us (its threads were stopped and went on) is no progress.
    mutating func forgive(_ activity: JobActivity) { last = activity }

    /// A quarter of the timeout, so that progress is dated closely enough; looking takes a few microseconds for each process.
    private static func interval(_ timeout: Int64) -> Int64 { min(max(timeout / 4, 20_000_000), 1_000_000_000) }
}
