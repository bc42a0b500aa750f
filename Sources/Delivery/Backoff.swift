// How long to leave a server alone that does not answer: a circuit breaker with growing pauses.

/// Pauses of one origin. Times are monotonic nanoseconds.
package struct Backoff: Sendable, Equatable {
    /// First and longest pause, nanoseconds.
    package struct Limits: Sendable, Equatable {
        package var first: Int64
        package var longest: Int64

        package init(first: Int64 = 1_000_000_000, longest: Int64 = 300_000_000_000) {
            self.first = first
            self.longest = longest
        }
    }

    private let limits: Limits
    private var failures = 0
    /// When the next attempt may be made; `nil` while everything works.
    package private(set) var retryAt: Int64?
    /// Since when nothing has worked.
    package private(set) var failingSince: Int64?

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package func isOpen(at now: Int64) -> Bool { retryAt.map { now < $0 } ?? false }

    package mutating func succeeded() {
        failures = 0
        retryAt = nil
        failingSince = nil
    }

    /// - Parameter jitter: 0..<1; spreads the couriers of many hosts over half to one and a half times the pause.
    package mutating func failed(at now: Int64, jitter: Double) {
        let pause = min(limits.longest, limits.first << min(failures, 30))
        failures += 1
        failingSince = failingSince ?? now
        retryAt = now + Int64(Double(pause) * (0.5 + jitter))
    }
}
