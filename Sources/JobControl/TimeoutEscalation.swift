// `--timeout`: TERM when it passes, KILL when that was not enough.

import LinuxSystem

/// What is due when. Pure: the supervisor sends the signals.
package struct TimeoutEscalation: Sendable, Equatable {
    package enum Stage: UInt8, Sendable {
        case running = 0
        case terminated = 1
        case killed = 2
    }

    package private(set) var stage = Stage.running
    /// When ``advance(at:)`` has something to do; `nil` when nothing more will happen.
    package private(set) var nextDue: MonotonicTime?
    private let killAfter: Int64

    /// - Parameters:
    ///   - timeout: nanoseconds from `start`; `nil` for none.
    ///   - killAfter: nanoseconds from the TERM to the KILL; 0 sends no KILL, as with timeout(1).
    package init(timeout: Int64?, killAfter: Int64, start: MonotonicTime) {
        self.killAfter = killAfter
        nextDue = timeout.map { start.advanced(by: $0) }
    }

    /// The signal to send now, if one is due.
    package mutating func advance(at now: MonotonicTime) -> Signal? {
        guard let due = nextDue, due <= now else { return nil }
        switch stage {
        case .running:
            stage = .terminated
            nextDue = killAfter > 0 ? now.advanced(by: killAfter) : nil
            return .terminate
        case .terminated:
            stage = .killed
            nextDue = nil
            return .kill
        case .killed: return nil
        }
    }
}
