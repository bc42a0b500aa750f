// When threads are looked at.

import LinuxSystem

/// Ticks at a regular rate, each off by up to a tenth of it: a program with a rhythm of its own is not met at the same beat
/// for ever. Pure: the owner of the timer asks.
struct SamplingClock: Sendable, Equatable {
    /// Nanoseconds.
    private(set) var interval: Int64
    /// Without what the present tick is off.
    private var due: MonotonicTime
    private var random: UInt64

    init(interval: Int64, start: MonotonicTime, seed: UInt64 = 0x9E37_79B9_7F4A_7C15) {
        self.interval = max(1, interval)
        due = start
        random = seed | 1
    }

    /// To be called at a tick: says when the next one is, and how many were left out. Those that have passed already are not
    /// made up for, as a program that was kept from running for a moment was so in all of them.
    mutating func next(after now: MonotonicTime) -> (wait: Int64, leftOut: UInt64) {
        due = due.advanced(by: interval)
        var leftOut: UInt64 = 0
        let behind = now.since(due)
        if behind >= 0 {
            let passed = behind / interval + 1
            leftOut = UInt64(passed)
            due = due.advanced(by: passed * interval)
        }
        return (max(1, due.since(now) + offset()), leftOut)
    }

    mutating func change(interval new: Int64) { interval = max(1, new) }

    /// From -10 to 10 % of the interval. Source: Marsaglia's xorshift.
    private mutating func offset() -> Int64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        let tenth = interval / 10
        return tenth == 0 ? 0 : Int64(random % UInt64(2 * tenth + 1)) - tenth
    }
}
