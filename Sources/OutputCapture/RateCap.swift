// How many lines a run may turn into logs.

import LinuxSystem

/// A token bucket. The last tenth of the burst is kept for warnings and worse, so that a flood of chatter does not hide
/// the line that explains it.
package struct RateCap: Sendable {
    /// Lines per second that pass for ever, and lines that pass at once after a quiet time.
    package static let defaultRate = 1000
    package static let defaultBurst = 5000

    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var filled: MonotonicTime?

    package init(rate: Int = defaultRate, burst: Int = defaultBurst) {
        self.rate = Double(max(0, rate))
        self.burst = Double(max(1, burst))
        tokens = self.burst
    }

    /// - Parameter perSecond: `nil` admits everything; 0 nothing.
    package init(perSecond: Int?) {
        guard let perSecond else {
            self.init(rate: Int.max, burst: Int.max)
            return
        }
        self.init(
            rate: perSecond, burst: perSecond == 0 ? 0 : perSecond.multipliedReportingOverflow(by: 5).partialValue)
        if perSecond == 0 { tokens = 0 }
    }

    /// Takes a token, if there is one.
    package mutating func admits(important: Bool, at now: MonotonicTime) -> Bool {
        if let filled, now > filled { tokens = min(burst, tokens + Double(now.since(filled)) / 1e9 * rate) }
        filled = filled.map { max($0, now) } ?? now
        guard tokens >= (important ? 1 : max(1, burst / 10)) else { return false }
        tokens -= 1
        return true
    }
}
