// One run as release health counts it (protocol reference 9).

/// The payload of a `session` item: the session's whole state at one moment.
package struct Session: Sendable, Equatable, JSONWritable {
    package var id: HexID16
    /// Set on the first update that is sent, and only there: it is what counts the session.
    package var isInitial: Bool
    package var started: Timestamp
    package var timestamp: Timestamp
    package var status: Status
    /// So far, a crash included.
    package var errors: Int
    /// Nanoseconds; only known at the end.
    package var duration: Int64?
    /// Required by the server: without a release there are no sessions.
    package var release: String
    package var environment: String?

    package enum Status: String, Sendable, CaseIterable {
        /// Running.
        case ok
        /// Ended by itself, perhaps with errors.
        case exited
        case crashed
        /// Ended from outside, or its end was not seen.
        case abnormal
    }

    package init(
        id: HexID16, isInitial: Bool, started: Timestamp, timestamp: Timestamp, status: Status, errors: Int = 0,
        duration: Int64? = nil, release: String, environment: String? = nil
    ) {
        self.id = id
        self.isInitial = isInitial
        self.started = started
        self.timestamp = timestamp
        self.status = status
        self.errors = errors
        self.duration = duration
        self.release = release
        self.environment = environment
    }

    package var item: EnvelopeItem { EnvelopeItem(.session, self) }

    package func write(to json: inout JSONWriter) {
        json.object { session in
            session.field("sid", id)
            if isInitial { session.field("init", true) }
            session.field("started", started.rfc3339)
            session.field("timestamp", timestamp.rfc3339)
            session.field("status", status.rawValue)
            session.field("errors", errors)
            session.field("duration", duration.map { Double(max(0, $0) / 1_000_000) / 1000 })
            session.field("attrs") { attributes in
                attributes.object {
                    $0.field("release", release)
                    $0.field("environment", environment)
                }
            }
        }
    }
}
