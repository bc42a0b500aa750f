// The rows for what is removed from reports, and for the user's own programs that look at them; and those of `logs`.

import Patterns
import SentryProtocol

private let expression = "a regular expression (docs/privacy.md says which)"
private let perLine = "may be repeated, in the variable one a line"

let privacyOptions: [RunOption] = [
    .boolean(
        "send-default-pii", environment: "SENTRY_SEND_DEFAULT_PII", key: "send-default-pii",
        "Keep e-mail and IP addresses and users' names", group: .privacy
    ) { $0.plan.sendDefaultPII = $1 },
    RunOption(
        "scrub", .value("REGEX"), .lines, environment: "SENTRY_RUN_SCRUB", key: "scrub", default: "none",
        allowed: "\(expression); \(perLine)",
        "Remove what matches, besides secrets", group: .privacy
    ) { draft, text in
        readPattern(text) { draft.plan.scrubbed.append($0) }
    },
    RunOption(
        "scrub-allow", .value("KEY|/REGEX/"), .lines, environment: "SENTRY_RUN_SCRUB_ALLOW", key: "scrub-allow",
        default: "none", allowed: "a key's name, or \(expression) between slashes; \(perLine)",
        "Keep the values of this key, or values that match", group: .privacy
    ) { draft, text in
        if text.utf8.count > 2, text.hasPrefix("/"), text.hasSuffix("/") {
            return readPattern(String(text.dropFirst().dropLast())) { draft.plan.allowedValues.append($0) }
        }
        let isKey = text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=")
        }
        guard !text.isEmpty, isKey else { return .notAllowed }
        draft.plan.allowedKeys.append(text)
        return .taken
    },
    RunOption(
        "ignore-errors", .value("REGEX"), .lines, environment: "SENTRY_RUN_IGNORE_ERRORS", key: "ignore-errors",
        default: "none", allowed: "\(expression); \(perLine)",
        "Send no event whose type, value or title matches", group: .privacy
    ) { draft, text in
        readPattern(text) { draft.plan.ignoredErrors.append($0) }
    },
    RunOption(
        "ignore-lines", .value("REGEX"), .lines, environment: "SENTRY_RUN_IGNORE_LINES", key: "ignore-lines",
        default: "none", allowed: "\(expression); \(perLine)",
        "Make neither log nor breadcrumb of lines that match", group: .privacy
    ) { draft, text in
        readPattern(text) { draft.plan.ignoredLines.append($0) }
    },
    hook("before-send", "SENTRY_RUN_BEFORE_SEND", "Give each error event to this command; what it prints is sent") {
        $0.plan.beforeSend = $1
    },
    hook("before-send-log", "SENTRY_RUN_BEFORE_SEND_LOG", "The same for logs, one a line") {
        $0.plan.beforeSendLog = $1
    },
    hook("before-send-transaction", "SENTRY_RUN_BEFORE_SEND_TRANSACTION", "The same for transactions") {
        $0.plan.beforeSendTransaction = $1
    },
    RunOption(
        "before-send-timeout", .value("DURATION"), environment: "SENTRY_RUN_BEFORE_SEND_TIMEOUT",
        key: "before-send-timeout", default: "5s", allowed: durationText,
        "End such a command after this time", group: .privacy
    ) { draft, text in
        guard let duration = readDuration(text), duration > 0 else { return .notAllowed }
        draft.plan.hookTimeout = duration
        return .taken
    },
    RunOption(
        "before-send-failure", .value("WHAT"), environment: "SENTRY_RUN_BEFORE_SEND_FAILURE",
        key: "before-send-failure", default: "drop", allowed: "drop or keep",
        "What becomes of a report whose command failed", group: .privacy
    ) { draft, text in
        guard let choice = RunPlan.HookFailure(rawValue: text) else { return .notAllowed }
        draft.plan.hookFailure = choice
        return .taken
    },
]

let logOptions: [RunOption] = [
    .boolean("follow", short: "f", "Go on until the run ends", group: .program, verbs: .logs) { $0.logs.follows = $1 },
    RunOption(
        "level", .value("LEVEL"), default: "trace", allowed: "trace, debug, info, warn, error or fatal",
        "Only records of this level and above", group: .program, verbs: .logs
    ) { draft, text in
        guard let level = LogLevel(name: text.lowercased()) else { return .notAllowed }
        draft.logs.level = level
        return .taken
    },
]

private func hook(
    _ name: String, _ environment: String, _ summary: String,
    set: @escaping @Sendable (inout OptionDraft, String?) -> Void
) -> RunOption {
    RunOption(
        name, .value("COMMAND"), environment: environment, key: name, default: "none",
        allowed: "a shell's command line", summary, group: .privacy
    ) { draft, text in
        set(&draft, text.isEmpty ? nil : text)
        return .taken
    }
}

private func readPattern(_ text: String, _ take: (LinePattern) -> Void) -> Reading {
    do throws(PatternError) {
        take(try LinePattern(text))
        return .taken
    } catch {
        return .refused("this is no regular expression of ours: \(error)")
    }
}

extension LogLevel {
    /// `warning` is taken for `warn`.
    init?(name: String) {
        guard let level = LogLevel.allCases.first(where: { $0.name == (name == "warning" ? "warn" : name) }) else {
            return nil
        }
        self = level
    }
}
