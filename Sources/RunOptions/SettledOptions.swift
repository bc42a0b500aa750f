// Flags over environment over defaults: occurrences and variables become values, each with where it came from.

import SentryProtocol

/// Where an option's value came from, the strongest first. Files come between environment and defaults.
enum ValueOrigin: Equatable {
    /// With the spelling: `--timeout`.
    case flag(String)
    /// With the variable's name.
    case environment(String)
}

/// All options read.
struct SettledOptions {
    var draft = OptionDraft()
    /// What was accepted, as text: of an option that counts once, the last is in effect.
    var accepted: [Accepted] = []
    /// Sentences about flags: they stop the job from starting unless `--lenient`.
    var errors: [String] = []
    /// Sentences about values that were left out or changed and stop nothing.
    var problems: [String] = []

    struct Accepted {
        /// Index in ``allOptions``.
        var option: Int
        var text: String
        var origin: ValueOrigin
    }

    init(_ scan: CommandLineScan, environment: (String) -> String?) {
        errors = scan.problems
        for (index, option) in allOptions.enumerated() where !option.verbs.isDisjoint(with: scan.verb) {
            readEnvironment(option, index, flags: scan.occurrences, environment)
        }
        for occurrence in scan.occurrences { take(occurrence.text, occurrence.option, .flag(occurrence.spelling)) }
        checkDependencies(scan)
    }

    /// The variable counts where no flag is given, or adds to what the flags say (and `--spotlight` alone keeps the
    /// variable's URL).
    private mutating func readEnvironment(
        _ option: RunOption, _ index: Int, flags: [CommandLineScan.Occurrence], _ environment: (String) -> String?
    ) {
        guard let variable = option.environment, option.keepsVariable || !flags.contains(where: { $0.option == index }),
            let text = environment(variable), !text.isEmpty, !isInherited(option, text, environment)
        else { return }
        switch option.repetition {
        case .lastWins: take(trimBlanks(text), index, .environment(variable))
        case .list, .entries: for part in splitList(text) { take(part, index, .environment(variable)) }
        case .lines:
            for part in splitText(text, at: "\n").map(trimBlanks) where !part.isEmpty {
                take(part, index, .environment(variable))
            }
        }
    }

    /// A job inherits our environment, so a sentry-run inside a monitored job would check in to the same monitor. We set
    /// SENTRY_MONITOR_SLUG for the job: where it names the same monitor, the variable was meant for our parent.
    private func isInherited(_ option: RunOption, _ text: String, _ environment: (String) -> String?) -> Bool {
        guard option.name == "monitor-slug", let outer = environment("SENTRY_MONITOR_SLUG") else { return false }
        var mine = OptionDraft()
        var parents = OptionDraft()
        return option.read(&mine, text) == .taken && option.read(&parents, outer) == .taken
            && mine.monitor.slug == parents.monitor.slug
    }

    private mutating func take(_ text: String, _ index: Int, _ origin: ValueOrigin) {
        let option = allOptions[index]
        var next = draft
        switch option.read(&next, text) {
        case .taken: break
        case .changed(let note): problems.append("\(origin.name) \(quoted(option.shown(text))): \(note)")
        case .notAllowed: return refuse(text, option, origin, "allowed is \(option.allowed)")
        case .refused(let reason): return refuse(text, option, origin, reason)
        }
        draft = next
        if case .lastWins = option.repetition { accepted.removeAll { $0.option == index } }
        accepted.append(Accepted(option: index, text: text, origin: origin))
    }

    private mutating func refuse(_ text: String, _ option: RunOption, _ origin: ValueOrigin, _ reason: String) {
        let sentence = "\(origin.name) \(quoted(option.shown(text))): \(reason)"
        if case .flag = origin { errors.append(sentence) } else { problems.append("\(sentence); left out") }
    }

    /// An option that means nothing without another is refused as a flag; as a variable it is a default for those runs
    /// that have the other.
    private mutating func checkDependencies(_ scan: CommandLineScan) {
        guard !scan.verb.isDisjoint(with: .running) else { return }
        for occurrence in scan.occurrences {
            switch allOptions[occurrence.option].name {
            case "check-in-margin", "max-runtime", "timezone", "failure-issue-threshold", "recovery-threshold", "owner":
                if draft.monitor.schedule == nil { require("--schedule", occurrence) }
            case "schedule":
                if draft.monitor.slug.isEmpty, scan.verb != .monitorsRun { require("--monitor-slug", occurrence) }
            case "kill-after":
                if draft.plan.timeout == nil { require("--timeout", occurrence) }
            case "profiles-sample-rate", "profile-output", "format":
                if !draft.profiles, scan.verb != .profile { require("--profile", occurrence) }
            default: break
            }
        }
    }

    private mutating func require(_ other: String, _ occurrence: CommandLineScan.Occurrence) {
        errors.append("\(occurrence.spelling) needs \(other)")
    }
}

extension ValueOrigin {
    var name: String {
        switch self {
        case .flag(let spelling): spelling
        case .environment(let variable): variable
        }
    }
}

extension RunOption {
    /// A value as it may be shown.
    func shown(_ text: String) -> String {
        guard isSecret else { return text }
        return (try? DSN(text))?.redacted ?? withoutSecret(text)
    }
}
