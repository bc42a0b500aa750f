// How long the job stood still because it is traced, and how long it may.

import LinuxSystem

/// Pure: whoever resumes a thread says how long it stood still.
struct TraceBudget: Sendable, Equatable {
    /// What a stop costs beside the time from our hearing of it to the thread's going on: the thread's way into the stop, our
    /// waking up, and its own. Measured as the difference of 100 000 handled signals with and without a tracer, less what the
    /// tracer itself sees of each (7 µs): 18 µs on an idle machine, 56 on a busy one.
    static let switches: Int64 = 40_000
    /// Free for every run: short ones would otherwise never be traced.
    static let grace: Int64 = 50_000_000

    private let share: Double
    private let started: MonotonicTime
    /// Summed over all threads, in nanoseconds.
    private(set) var spent: Int64 = 0
    private(set) var stops: UInt64 = 0

    init(share: Double, started: MonotonicTime) {
        self.share = share
        self.started = started
    }

    /// Counts one stop.
    ///
    /// - Parameter seen: nanoseconds of a processor that the tracer used from our hearing of the stop to the thread's going
    ///   on.
    /// - Returns: what the stop cost.
    @discardableResult
    mutating func charge(seen: Int64) -> Int64 {
        let cost = max(0, seen) + Self.switches
        spent += cost
        stops += 1
        return cost
    }

    func isExceeded(at now: MonotonicTime) -> Bool {
        spent > Self.grace + Int64(Double(max(0, now.since(started))) * share)
    }
}
