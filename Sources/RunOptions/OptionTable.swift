// Every option, once. The parser, the help, `sentry-run config`, docs/options.md and the man page are made from this.

import SentryProtocol

/// All options in the order in which they are shown within their groups.
let allOptions: [RunOption] =
    jobOptions + destinationOptions + identityOptions + contentOptions + privacyOptions + crashOptions
    + profileOptions + monitorOptions + logOptions + programOptions + sentryCLIOptions

/// The names of all variables that options are read from.
package var optionVariables: [String] { allOptions.compactMap(\.environment) }

let durationText = "a duration such as 90s, 5m, 1h30m or 500ms"

private let jobOptions: [RunOption] = [
    RunOption(
        "timeout", .value("DURATION"), environment: "SENTRY_RUN_TIMEOUT", key: "timeout", default: "none",
        allowed: "\(durationText); 0 is none",
        "End the job after this time: TERM, then KILL", group: .job, verbs: .running
    ) { draft, text in
        guard let duration = readDuration(text) else { return .notAllowed }
        draft.plan.timeout = duration == 0 ? nil : duration
        return .taken
    },
    RunOption(
        "kill-after", .value("DURATION"), environment: "SENTRY_RUN_KILL_AFTER", key: "kill-after", default: "10s",
        allowed: "\(durationText); needs --timeout",
        "From the TERM of --timeout to the KILL", group: .job, verbs: .running
    ) { draft, text in
        guard let duration = readDuration(text), duration > 0 else { return .notAllowed }
        draft.plan.killAfter = duration
        return .taken
    },
    .boolean(
        "kill-group", environment: "SENTRY_RUN_KILL_GROUP", key: "kill-group",
        "Signal the job's whole process group", group: .job, verbs: .running
    ) { $0.plan.killGroup = $1 },
    .boolean(
        "subreaper", environment: "SENTRY_RUN_SUBREAPER", key: "subreaper",
        "Adopt and reap the job's orphans", group: .job, verbs: .running
    ) { $0.plan.subreaper = $1 },
    RunOption(
        "pty", .value("WHEN"), environment: "SENTRY_RUN_PTY", key: "pty", default: "auto",
        allowed: "auto or never",
        "Give the job a pty where we have a terminal", group: .job, verbs: .running
    ) { draft, text in
        guard let mode = RunPlan.TerminalMode(rawValue: text) else { return .notAllowed }
        draft.plan.terminal = mode
        return .taken
    },
    RunOption(
        "exit-code", .value("STYLE"), environment: "SENTRY_RUN_EXIT_CODE", key: "exit-code", default: "mirror",
        allowed: "mirror (die of the job's signal) or 128+n",
        "How a job's death by signal is handed on", group: .job, verbs: .running
    ) { draft, text in
        guard let style = RunPlan.ExitStyle(rawValue: text) else { return .notAllowed }
        draft.plan.exitStyle = style
        return .taken
    },
]

private let destinationOptions: [RunOption] = [
    RunOption(
        "dsn", .value("DSN"), environment: "SENTRY_DSN", key: "dsn", default: "none: reports are kept on this host",
        allowed: "https://KEY@HOST/PROJECT; empty is none",
        "The Sentry project that reports go to", group: .destination,
        verbs: [.supervising, .send], isSecret: true
    ) { draft, text in readDSN(text, into: &draft) },
    RunOption(
        "spotlight", .optionalValue("URL"), environment: "SENTRY_SPOTLIGHT", key: "spotlight", default: "off",
        allowed: "an http URL, or a boolean: true is \(defaultSpotlight)",
        "Send a copy of every envelope to Spotlight", group: .destination
    ) { draft, text in readSpotlight(text, into: &draft) },
    RunOption(
        "state-dir", .value("DIR"), environment: "SENTRY_RUN_STATE_DIR", key: "state-dir",
        default: "$XDG_STATE_HOME/sentry-run or ~/.local/state/sentry-run; /var/lib/sentry-run for root",
        allowed: "a directory's path",
        "Where reports are kept until delivered", group: .destination,
        verbs: [.supervising, .stored]
    ) { draft, text in
        draft.plan.stateDirectory = text.isEmpty ? nil : text
        return .taken
    },
    RunOption(
        "flush-timeout", .value("DURATION"), environment: "SENTRY_RUN_FLUSH_TIMEOUT", key: "flush-timeout",
        default: "2s", allowed: "\(durationText); 0 does not wait",
        "Wait so long for delivery, as PID 1", group: .destination
    ) { draft, text in
        guard let duration = readDuration(text) else { return .notAllowed }
        draft.plan.flushTimeout = duration
        return .taken
    },
    .boolean(
        "client-reports", default: true, environment: "SENTRY_RUN_CLIENT_REPORTS", key: "client-reports",
        "Do not tell Sentry what had to be dropped", group: .destination
    ) { $0.plan.clientReports = $1 },
]

private let contentOptions: [RunOption] = [
    RunOption(
        "ok-exit-codes", .value("CODES"), .list, environment: "SENTRY_RUN_OK_EXIT_CODES", key: "ok-exit-codes",
        default: "0", allowed: "codes and ranges from 0 to 255, such as 0,24,100-110",
        "Exit codes that are no failure, besides 0", group: .content
    ) { draft, text in
        guard let codes = readExitCodes(text) else {
            return .notAllowed
        }
        draft.plan.okExitCodes.formUnion(codes)
        return .taken
    },
    RunOption(
        "logs", .value("WHICH"), environment: "SENTRY_RUN_LOGS", key: "logs", default: "all",
        allowed: "all, warn (and above) or off",
        "Send the output's lines as structured logs", group: .content
    ) { draft, text in
        guard let mode = RunPlan.LogMode(rawValue: text) else { return .notAllowed }
        draft.plan.logs = mode
        return .taken
    },
    .boolean(
        "exceptions", default: true, environment: "SENTRY_RUN_EXCEPTIONS", key: "exceptions",
        "Do not look for exceptions (tracebacks, panics) in the output", group: .content
    ) { $0.plan.exceptions = $1 },
    .boolean(
        "capture-errors", environment: "SENTRY_RUN_CAPTURE_ERRORS", key: "capture-errors",
        "Send exceptions that the job outlived as events, too", group: .content
    ) { $0.plan.captureErrors = $1 },
    RunOption(
        "max-captured-errors", .value("N"), environment: "SENTRY_RUN_MAX_CAPTURED_ERRORS", key: "max-captured-errors",
        default: "10", allowed: "a number from 0 to 1000",
        "Most events that --capture-errors sends of one run", group: .content
    ) { draft, text in
        guard let count = readCount(text), count <= 1000 else { return .notAllowed }
        draft.plan.maxCapturedErrors = count
        return .taken
    },
    RunOption(
        "max-log-rate", .value("N"), environment: "SENTRY_RUN_MAX_LOG_RATE", key: "max-log-rate", default: "1000",
        allowed: "a number from 0 to 1000000, or none",
        "Lines a second that become logs, five times as many at once", group: .content
    ) { draft, text in
        if text == "none" {
            draft.plan.maxLogRate = nil
            return .taken
        }
        guard let rate = readCount(text), rate <= 1_000_000 else { return .notAllowed }
        draft.plan.maxLogRate = rate
        return .taken
    },
    RunOption(
        "max-breadcrumbs", .value("N"), environment: "SENTRY_RUN_MAX_BREADCRUMBS", key: "max-breadcrumbs",
        default: "100", allowed: "a number from 0 to 1000",
        "Last output lines that an event carries", group: .content
    ) { draft, text in
        guard let count = readCount(text), count <= 1000 else { return .notAllowed }
        draft.plan.maxBreadcrumbs = count
        return .taken
    },
    RunOption(
        "attach", .value("GLOB"), .list, environment: "SENTRY_RUN_ATTACH", key: "attach", default: "none",
        allowed: "a file name pattern; may be repeated",
        "Attach these files when the job fails", group: .content
    ) { draft, text in
        guard !text.isEmpty else { return .notAllowed }
        draft.plan.attachments.append(text)
        return .taken
    },
    RunOption(
        "max-attachment-size", .value("SIZE"), environment: "SENTRY_RUN_MAX_ATTACHMENT_SIZE",
        key: "max-attachment-size", default: "20M", allowed: "bytes, or a size such as 512k or 20M",
        "Leave out attachments larger than this", group: .content
    ) { draft, text in
        guard let size = readSize(text) else { return .notAllowed }
        draft.plan.maxAttachmentBytes = size
        return .taken
    },
    RunOption(
        "sample-rate", .value("RATE"), environment: "SENTRY_SAMPLE_RATE", key: "sample-rate", default: "1",
        allowed: "a number from 0 to 1",
        "The share of error events that are sent", group: .content
    ) { draft, text in
        guard let rate = readRate(text) else { return .notAllowed }
        draft.plan.sampleRate = rate
        return .taken
    },
    RunOption(
        "traces-sample-rate", .value("RATE"), environment: "SENTRY_TRACES_SAMPLE_RATE", key: "traces-sample-rate",
        default: "none: traces are continued, no transaction is sent", allowed: "a number from 0 to 1",
        "The share of runs sent as transactions", group: .content
    ) { draft, text in
        guard !text.isEmpty else {
            draft.plan.tracesSampleRate = nil
            return .taken
        }
        guard let rate = readRate(text) else { return .notAllowed }
        draft.plan.tracesSampleRate = rate
        return .taken
    },
    .boolean(
        "sessions", default: true, environment: "SENTRY_RUN_SESSIONS", key: "sessions",
        "Send no release-health sessions", group: .content
    ) { $0.plan.sessions = $1 },
]

private let programOptions: [RunOption] = [
    .boolean(
        "quiet", short: "q", environment: "SENTRY_RUN_QUIET", key: "quiet",
        "Print no line of ours on stderr", group: .program, verbs: [.running, .stored]
    ) { $0.plan.quiet = $1 },
    .boolean(
        "debug", environment: "SENTRY_DEBUG", key: "debug",
        "Say on stderr what we do", group: .program, verbs: [.running, .stored]
    ) { $0.plan.debug = $1 },
    .boolean(
        "lenient", environment: "SENTRY_RUN_LENIENT", key: "lenient",
        "Leave a wrong option out and run the job", group: .program, verbs: .running
    ) { $0.lenient = $1 },
    .boolean(
        "json", "Print JSON", group: .program, verbs: [.show, .runs, .logs, .doctor]
    ) { $0.json = $1 },
    RunOption(
        "limit", short: "n", .value("N"), default: "20 runs, all records", allowed: "a number; 0 is all",
        "List at most this many runs; print only the last records", group: .program, verbs: [.runs, .logs]
    ) { draft, text in
        guard let count = readCount(text) else { return .notAllowed }
        draft.limit = count == 0 ? nil : count
        draft.logs.last = draft.limit
        return .taken
    },
    .boolean("help", short: "h", "Print help and exit", group: .program, verbs: .every) { _, _ in },
    .boolean("version", short: "V", "Print the version and exit", group: .program, verbs: .every) { _, _ in },
]

/// What a crontab line written for sentry-cli may hold besides.
private let sentryCLIOptions: [RunOption] = [
    RunOption(
        "log-level", .value("LEVEL"), default: "none", allowed: "trace, debug, info, warn or error",
        "trace and debug are read as --debug", group: .sentryCLI, verbs: .monitorsRun
    ) { draft, text in
        switch text {
        case "trace", "debug": draft.plan.debug = true
        case "info", "warn", "error": break
        default: return .notAllowed
        }
        return .taken
    },
    .boolean("silent", "Read as --quiet", group: .sentryCLI, verbs: .monitorsRun) { $0.plan.quiet = $1 },
    RunOption(
        "auth-token", .value("TOKEN"), default: "none", allowed: "anything",
        "Not needed: the DSN authenticates", group: .sentryCLI, verbs: .monitorsRun, isSecret: true
    ) { _, _ in .taken },
    RunOption(
        "url", .value("URL"), default: "none", allowed: "anything",
        "Not needed: the DSN names the server", group: .sentryCLI, verbs: .monitorsRun
    ) { _, _ in .taken },
    RunOption(
        "header", .value("KEY:VALUE"), .list, default: "none", allowed: "anything",
        "Custom headers are not sent", group: .sentryCLI, verbs: .monitorsRun, isSecret: true
    ) { _, _ in
        .changed("custom headers are not sent")
    },
]

extension RunOption {
    /// A row for a boolean option.
    static func boolean(
        _ name: String, short: String? = nil, default standard: Bool = false, environment: String? = nil,
        key: String? = nil, _ summary: String, group: OptionGroup, verbs: VerbSet = .supervising,
        set: @escaping @Sendable (inout OptionDraft, Bool) -> Void
    ) -> RunOption {
        RunOption(
            name, short: short, .boolean(standard), environment: environment, key: key,
            default: standard ? "on" : "off", allowed: "true or false (also yes/no, on/off, 1/0)", summary,
            group: group, verbs: verbs
        ) { draft, text in
            guard let value = readBoolean(text) else { return .notAllowed }
            set(&draft, value)
            return .taken
        }
    }
}
