// The rows for what reports say and for monitors, and the readers they need.

import SentryProtocol

let defaultSpotlight = "http://localhost:8969/stream"

let identityOptions: [RunOption] = [
    RunOption(
        "environment", short: "e", .value("NAME"), environment: "SENTRY_ENVIRONMENT", key: "environment",
        default: "production", allowed: "at most 64 characters, without slashes and line breaks",
        "The deployment environment", group: .identity
    ) { draft, text in readEnvironment(text, into: &draft) },
    RunOption(
        "release", .value("VERSION"), environment: "SENTRY_RELEASE", key: "release",
        default: "the commit in the working directory, or what the platform's variables say",
        allowed: "at most 200 characters, without slashes, tabs and line breaks",
        "The version of what runs: importer@2.3.1", group: .identity
    ) { draft, text in readRelease(text, into: &draft) },
    RunOption(
        "dist", .value("NAME"), environment: "SENTRY_DIST", key: "dist", default: "none",
        allowed: "at most 64 letters, digits, '_', '.' and '-'",
        "The build of the release", group: .identity
    ) { draft, text in readDist(text, into: &draft) },
    RunOption(
        "server-name", .value("NAME"), environment: "SENTRY_SERVER_NAME", key: "server-name",
        default: "the host's name", allowed: "a name",
        "The host as reports name it", group: .identity
    ) { draft, text in
        draft.plan.serverName = text.isEmpty ? nil : text
        return .taken
    },
    RunOption(
        "name", .value("NAME"), environment: "SENTRY_RUN_NAME", key: "name",
        default: "the monitor's slug, or the program's file name", allowed: "a name",
        "The run's and its transaction's name", group: .identity, verbs: .running
    ) { draft, text in
        draft.plan.name = text.isEmpty ? nil : text
        return .taken
    },
    RunOption(
        "tag", .value("KEY=VALUE"), .entries, environment: "SENTRY_RUN_TAG", key: "tags", default: "none",
        allowed: "KEY=VALUE; the key of letters, digits and _.:-, each at most 200 characters; may be repeated",
        "A searchable tag", group: .identity
    ) { draft, text in readTag(text, into: &draft) },
    RunOption(
        "user", .value("KEY=VALUE"), .entries, environment: "SENTRY_RUN_USER", key: "user", default: "none",
        allowed: "KEY=VALUE with a key such as id, email, username or ip_address, or an id alone; may be repeated",
        "The user that the run is for", group: .identity
    ) { draft, text in
        guard !text.isEmpty, text.utf8.first != UInt8(ascii: "=") else { return .notAllowed }
        let (key, value) = splitPair(text) ?? ("id", text)
        draft.plan.user.removeAll { $0.key == key }
        draft.plan.user.append((key, value))
        return .taken
    },
    RunOption(
        "context", .value("NAME.KEY=VALUE"), .entries, environment: "SENTRY_RUN_CONTEXT", key: "contexts",
        default: "none", allowed: "NAME.KEY=VALUE; may be repeated",
        "A value in a context of your own", group: .identity
    ) { draft, text in
        guard let (path, value) = splitPair(text), let (name, key) = splitPair(path, at: "."), !key.isEmpty else {
            return .notAllowed
        }
        draft.plan.contexts.removeAll { $0.name == name && $0.key == key }
        draft.plan.contexts.append((name, key, value))
        return .taken
    },
    RunOption(
        "flag", .value("NAME=VALUE"), .entries, environment: "SENTRY_RUN_FLAG", key: "flags", default: "none",
        allowed: "NAME=true, NAME=false or NAME=TEXT; NAME alone is true; may be repeated",
        "A feature flag that was in effect", group: .identity
    ) { draft, text in
        guard !text.isEmpty, text.utf8.first != UInt8(ascii: "=") else { return .notAllowed }
        let (name, value) = splitPair(text) ?? (text, "true")
        draft.plan.featureFlags.removeAll { $0.name == name }
        let isBoolean = value == "true" || value == "false"
        draft.plan.featureFlags.append((name, isBoolean ? .bool(value == "true") : .string(value)))
        return .taken
    },
    RunOption(
        "fingerprint", .value("PART"), .list, environment: "SENTRY_RUN_FINGERPRINT", key: "fingerprint",
        default: "Sentry's own grouping", allowed: "a text; {{ default }} is Sentry's own grouping; may be repeated",
        "A part of what groups events into an issue", group: .identity
    ) { draft, text in
        guard !text.isEmpty else { return .notAllowed }
        draft.plan.fingerprint.append(text)
        return .taken
    },
]

let monitorOptions: [RunOption] = [
    RunOption(
        "monitor-slug", .value("SLUG"), environment: "SENTRY_RUN_MONITOR_SLUG", key: "monitor.slug",
        default: "none: no check-ins", allowed: "letters, digits, '_' and '-', at most 50",
        "Check in to this monitor", group: .monitor,
        verbs: [.run, .doctor, .config]
    ) { draft, text in
        guard !text.isEmpty else {
            draft.monitor.slug = ""
            return .taken
        }
        return readSlug(text, into: &draft)
    },
    RunOption(
        "schedule", short: "s", .value("SCHEDULE"), environment: "SENTRY_RUN_SCHEDULE", key: "monitor.schedule",
        default: "none: the monitor must exist",
        allowed: "a crontab line of 5 fields, @daily and the like, or 'every 10 minutes'; needs a monitor",
        "When the monitor expects the job", group: .monitor
    ) { draft, text in readSchedule(text, into: &draft) },
    RunOption(
        "check-in-margin", .value("MINUTES"), environment: "SENTRY_RUN_CHECK_IN_MARGIN",
        key: "monitor.check-in-margin", default: "1 (Sentry's)",
        allowed: "minutes from 1 to 40320; needs --schedule",
        "How late the job may start", group: .monitor
    ) { draft, text in
        readBounded(text, 1...40_320, into: &draft) { $0.monitor.checkInMargin = $1 }
    },
    RunOption(
        "max-runtime", .value("MINUTES"), environment: "SENTRY_RUN_MAX_RUNTIME", key: "monitor.max-runtime",
        default: "30 (Sentry's)", allowed: "minutes from 1 to 10080; needs --schedule",
        "How long the job may run", group: .monitor
    ) { draft, text in
        readBounded(text, 1...10_080, into: &draft) { $0.monitor.maxRuntime = $1 }
    },
    RunOption(
        "timezone", .value("TZ"), environment: "SENTRY_RUN_TIMEZONE", key: "monitor.timezone", default: "UTC",
        allowed: "a time zone database name such as Europe/Vienna; needs --schedule",
        "The schedule's time zone", group: .monitor
    ) { draft, text in
        guard isTimeZoneName(text) else { return .notAllowed }
        draft.monitor.timezone = text
        return .taken
    },
    RunOption(
        "failure-issue-threshold", .value("N"), environment: "SENTRY_RUN_FAILURE_ISSUE_THRESHOLD",
        key: "monitor.failure-issue-threshold", default: "1 (Sentry's)",
        allowed: "a number from 1 to 720; needs --schedule",
        "Failures in a row that make an issue", group: .monitor
    ) { draft, text in
        readBounded(text, 1...720, into: &draft) { $0.monitor.failureIssueThreshold = $1 }
    },
    RunOption(
        "recovery-threshold", .value("N"), environment: "SENTRY_RUN_RECOVERY_THRESHOLD",
        key: "monitor.recovery-threshold", default: "1 (Sentry's)",
        allowed: "a number from 1 to 720; needs --schedule",
        "Successes in a row that resolve it", group: .monitor
    ) { draft, text in
        readBounded(text, 1...720, into: &draft) { $0.monitor.recoveryThreshold = $1 }
    },
    RunOption(
        "owner", .value("OWNER"), environment: "SENTRY_RUN_OWNER", key: "monitor.owner", default: "none",
        allowed: "user:ID-OR-EMAIL or team:ID-OR-SLUG; needs --schedule",
        "Who is responsible for the monitor", group: .monitor
    ) { draft, text in
        guard let (kind, name) = splitPair(text, at: ":"), kind == "user" || kind == "team", !name.isEmpty else {
            return .notAllowed
        }
        draft.monitor.owner = text
        return .taken
    },
]

// MARK: - Readers

/// A number above the range is taken as the largest that Sentry accepts, and said: sentry-cli sends any.
private func readBounded(
    _ text: String, _ range: ClosedRange<Int>, into draft: inout OptionDraft, set: (inout OptionDraft, Int) -> Void
) -> Reading {
    guard let number = readCount(text), number >= range.lowerBound else { return .notAllowed }
    set(&draft, min(number, range.upperBound))
    return number > range.upperBound ? .changed("Sentry takes at most \(range.upperBound), which is used") : .taken
}

/// A boolean, or a URL (protocol reference 12.7). The default URL never replaces one that is already there.
func readSpotlight(_ text: String, into draft: inout OptionDraft) -> Reading {
    let text = trimBlanks(text)
    switch readBoolean(text) {
    case true?: draft.plan.spotlight = draft.plan.spotlight ?? defaultSpotlight
    case false?: draft.plan.spotlight = nil
    case nil where text.isEmpty: draft.plan.spotlight = nil
    case nil:
        let lowered = text.lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else {
            return .notAllowed
        }
        draft.plan.spotlight = text
    }
    return .taken
}
