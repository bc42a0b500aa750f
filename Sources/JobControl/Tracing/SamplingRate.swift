// Keeping the sampler to its share of a processor.

import LinuxSystem

/// Sampling takes the longer the more threads run. Where it takes more than it may, there are fewer samples. Pure.
struct SamplingRate: Sendable, Equatable {
    /// As asked for, in nanoseconds.
    private let wanted: Int64
    private let budget: Double
    private(set) var interval: Int64
    private var periodStart: MonotonicTime
    private var spent: Int64 = 0

    /// Long enough that a second of much work, say at the start, is not the whole story.
    static let period: Int64 = 1_000_000_000
    /// 10 samples a second are left in any case.
    static let longest: Int64 = 100_000_000

    init(interval: Int64, budget: Double, start: MonotonicTime) {
        wanted = interval
        self.interval = interval
        self.budget = max(budget, 0.0001)
        periodStart = start
    }

    var isReduced: Bool { interval > wanted }
    var frequency: Int { Int((1_000_000_000 + interval / 2) / interval) }

    /// Counts processor time of the sampler, in nanoseconds.
    mutating func spend(_ nanoseconds: Int64) { spent += max(0, nanoseconds) }

    /// To be called at each tick: whether there is another interval now.
    mutating func adapt(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(periodStart)
        guard elapsed >= Self.period else { return false }
        let share = Double(spent) / Double(elapsed)
        periodStart = now
        spent = 0
        let before = interval
        if share > budget {
            interval = min(max(wanted, Self.longest), Int64(Double(interval) * min(share / budget, 4)))
        } else if isReduced, share < budget / 2 {
            // Half of the way, so that it does not swing.
            interval = max(wanted, interval / 4 * 3)
        }
        return interval != before
    }
}
