// The check-ins of one run: opened, kept alive, closed (protocol reference 4.4).

import SentryProtocol

/// The rules of one monitor's check-ins for one run.
///
/// Opening and heartbeats are `in_progress`, closing is `ok` or `error`. The configuration travels with the opening one
/// and, in case that one is lost, with the closing one too: without it an unknown monitor rejects either.
package struct CheckInCycle: Sendable {
    package let monitorSlug: String
    package let config: MonitorConfig?
    /// Keep the check-in open past the monitor's `max_runtime`.
    package let keepsAlive: Bool

    private let id: HexID16
    private let environment: String?
    private let release: String?
    private let traceID: TraceID?

    /// What the server assumes where a monitor says nothing, in minutes.
    package static let defaultMaxRuntime = 30

    /// - Parameter keepsAlive: off unless asked for. A heartbeat tells the server that a long run is fine, and with it
    ///   `max_runtime` would never find the hung job that it is there for.
    package init(
        identity: RunIdentity, monitorSlug: String, config: MonitorConfig?, keepsAlive: Bool = false,
        environment: String?, release: String?, traceID: TraceID?
    ) {
        id = identity.checkInID
        self.monitorSlug = monitorSlug
        self.config = config
        self.keepsAlive = keepsAlive
        self.environment = environment
        self.release = release
        self.traceID = traceID
    }

    package func opening() -> CheckIn { checkIn(.inProgress, config: config) }

    /// After each of these many nanoseconds a ``heartbeat()`` is due while the job runs; `nil` when none is wanted.
    ///
    /// Half of `max_runtime`, so that one may be lost, but not more often than once a minute: six a minute is the
    /// server's limit, and those of overlapping runs count together.
    package var heartbeatInterval: Int64? {
        guard keepsAlive else { return nil }
        let minute: Int64 = 60_000_000_000
        return max(minute, Int64(config?.maxRuntime ?? Self.defaultMaxRuntime) * minute / 2)
    }

    package func heartbeat() -> CheckIn { checkIn(.inProgress, config: nil) }

    /// - Parameter duration: nanoseconds.
    package func closing(_ outcome: RunOutcome, duration: Int64) -> CheckIn {
        var closing = checkIn(outcome.isFailure ? .error : .ok, config: config)
        closing.duration = duration
        return closing
    }

    private func checkIn(_ status: CheckIn.Status, config: MonitorConfig?) -> CheckIn {
        CheckIn(
            id: id, monitorSlug: monitorSlug, status: status, environment: environment, release: release,
            config: config, traceID: traceID)
    }
}
