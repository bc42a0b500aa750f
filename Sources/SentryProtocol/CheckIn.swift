// One check-in of a monitor (protocol reference 4).

/// The payload of a `check_in` item. Its time is its arrival: the wire has no field for it.
package struct CheckIn: Sendable, Equatable, JSONWritable {
    /// The same for opening and closing.
    package var id: HexID16
    /// Normalised (``MonitorSlug``).
    package var monitorSlug: String
    package var status: Status
    /// Of the run, in nanoseconds; only with `ok` and `error`.
    package var duration: Int64?
    package var environment: String?
    package var release: String?
    /// Creates or updates the monitor.
    package var config: MonitorConfig?
    package var traceID: TraceID?

    package enum Status: String, Sendable, CaseIterable {
        case inProgress = "in_progress"
        case ok
        case error
    }

    package init(
        id: HexID16, monitorSlug: String, status: Status, duration: Int64? = nil, environment: String? = nil,
        release: String? = nil, config: MonitorConfig? = nil, traceID: TraceID? = nil
    ) {
        self.id = id
        self.monitorSlug = monitorSlug
        self.status = status
        self.duration = duration
        self.environment = environment
        self.release = release
        self.config = config
        self.traceID = traceID
    }

    package var item: EnvelopeItem { EnvelopeItem(.checkIn, self) }

    package func write(to json: inout JSONWriter) {
        json.object { checkIn in
            checkIn.field("check_in_id", id)
            checkIn.field("monitor_slug", monitorSlug)
            checkIn.field("status", status.rawValue)
            if let duration, status != .inProgress {
                // Kept as whole milliseconds, at most 2^31-1 of them; more would be refused.
                let milliseconds = min(max(0, duration / 1_000_000), Int64(Int32.max))
                checkIn.field("duration", Double(milliseconds) / 1000)
            }
            checkIn.field("environment", environment)
            checkIn.field("release", release)
            checkIn.field("monitor_config", config)
            if let traceID {
                checkIn.field("contexts") {
                    $0.object { $0.field("trace") { $0.object { $0.field("trace_id", traceID) } } }
                }
            }
        }
    }
}

/// How a monitor is set up by the check-ins themselves.
package struct MonitorConfig: Sendable, Equatable, JSONWritable {
    package var schedule: MonitorSchedule
    /// Minutes, ``checkInMarginRange``.
    package var checkInMargin: Int?
    /// Minutes, ``maxRuntimeRange``.
    package var maxRuntime: Int?
    package var timezone: String?
    /// ``thresholdRange``.
    package var failureIssueThreshold: Int?
    package var recoveryThreshold: Int?
    package var owner: String?

    package static let checkInMarginRange = 1...40320
    /// Newer servers allow 7 days, older ones 28.
    package static let maxRuntimeRange = 1...10080
    package static let thresholdRange = 1...720

    package init(
        schedule: MonitorSchedule, checkInMargin: Int? = nil, maxRuntime: Int? = nil, timezone: String? = nil,
        failureIssueThreshold: Int? = nil, recoveryThreshold: Int? = nil, owner: String? = nil
    ) {
        self.schedule = schedule
        self.checkInMargin = checkInMargin
        self.maxRuntime = maxRuntime
        self.timezone = timezone
        self.failureIssueThreshold = failureIssueThreshold
        self.recoveryThreshold = recoveryThreshold
        self.owner = owner
    }

    package func write(to json: inout JSONWriter) {
        json.object { config in
            config.field("schedule", schedule)
            config.field("checkin_margin", checkInMargin)
            config.field("max_runtime", maxRuntime)
            config.field("timezone", timezone)
            config.field("failure_issue_threshold", failureIssueThreshold)
            config.field("recovery_threshold", recoveryThreshold)
            config.field("owner", owner)
        }
    }

    /// A sentence saying what is wrong with an owner, `nil` for a valid one.
    package static func ownerProblem(_ text: String) -> String? {
        let name = text.hasPrefix("user:") || text.hasPrefix("team:") ? text.dropFirst(5) : ""
        return trimmed(name).isEmpty
            ? "an owner is user:ID, user:EMAIL, team:ID or team:SLUG, not '\(text)'" : nil
    }

    /// A sentence saying what is wrong with the shape of a time zone's name, `nil` for a possible one. Whether the
    /// zone exists, only its database knows.
    package static func timezoneProblem(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPossible =
            1...3 ~= parts.count && text.utf8.count <= 64
            && parts.allSatisfy { part in
                part.utf8.first.map(isLetter) ?? false
                    && part.utf8.allSatisfy { isAlphanumeric($0) || [0x5F, 0x2B, 0x2D].contains($0) }
            }
        return isPossible ? nil : "a time zone is a name of the tz database such as UTC or Europe/Prague, not '\(text)'"
    }
}

extension MonitorSchedule: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { schedule in
            switch self {
            case .crontab(let line):
                schedule.field("type", "crontab")
                schedule.field("value", line)
            case .interval(let value, let unit):
                schedule.field("type", "interval")
                schedule.field("value", value)
                schedule.field("unit", unit.rawValue)
            }
        }
    }
}
