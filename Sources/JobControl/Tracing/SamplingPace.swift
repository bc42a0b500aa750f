// How many samples a thread is due.

/// One for each interval that the thread has run. Where threads are more than processors, one that is ready stops as soon as it
/// gets one: asked at every tick, each would be stopped in nearly each of its slices, which is several times the rate. Pure.
struct SamplingPace: Sendable, Equatable {
    /// The run time from which on the next sample is due, in nanoseconds.
    private var next: UInt64

    /// - Parameter runTime: what the thread has run that is no business of ours; the first sample is due at once.
    init(runTime: UInt64) { next = runTime }

    /// - Parameter runTime: as last seen, which may be behind by a tick of the scheduler: a thread that runs all the time
    ///   falls behind by that much once, and is due at each tick from then on.
    func isDue(at runTime: UInt64) -> Bool { runTime >= next }

    mutating func sampled(at runTime: UInt64, interval: Int64) {
        let interval = UInt64(max(1, interval))
        let backlog = max(Self.mostIntervals &* interval, Self.leastBacklog)
        next = max(next &+ interval, runTime > backlog ? runTime - backlog : 0)
    }

    /// What a thread is behind is made up for up to this: one that runs in short pieces is seldom met while it runs.
    private static let mostIntervals: UInt64 = 8
    /// Two ticks of the slowest scheduler, in nanoseconds.
    private static let leastBacklog: UInt64 = 20_000_000
}
