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
        let words = program.utf8.split(separator: UInt8(ascii: "/"))
        return words.last.map { String(decoding: $0, as: UTF8.self) } ?? program
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
