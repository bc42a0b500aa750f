// What a plan says of the run's name and trace: the supervisor and the reporter must agree on it.

import RunOptions
import SentryProtocol

extension RunPlan {
    /// What the run is called: `--name`, else the monitor's slug, else the program's base name. Never empty.
    package var runName: String {
        if let name { return name }
        if let monitor { return monitor.slug }
        let program = command.first ?? ""
        if program.isEmpty { return "unnamed" }
        // Of bytes: splitting by characters would map the code for graphemes into every supervisor.
        let bytes = program.utf8
        let slash = UInt8(ascii: "/")
        guard let last = bytes.lastIndex(where: { $0 != slash }) else { return program }
        let start = bytes[..<last].lastIndex(of: slash).map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(decoding: bytes[start...last], as: UTF8.self)
    }

    /// Of the options alone: what is detected later (a release from git) must not change a trace that the job knows.
    package var traceSettings: TraceSettings {
        TraceSettings(
            dsn: dsn, release: release, environment: environment, transaction: runName,
            tracesSampleRate: tracesSampleRate)
    }
}

extension MonitorPlan {
    /// The configuration on the wire; `nil` without a schedule: the monitor must exist then.
    package var config: MonitorConfig? {
        schedule.map { schedule in
            MonitorConfig(
                schedule: schedule, checkInMargin: checkInMargin, maxRuntime: maxRuntime, timezone: timezone,
                failureIssueThreshold: failureIssueThreshold, recoveryThreshold: recoveryThreshold, owner: owner)
        }
    }
}
