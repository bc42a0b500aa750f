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
    /// What was accepted, by the option's index in ``allOptions``: as text, with its origin.
    var accepted: [Int: [Accepted]] = [:]
    /// Sentences about flags: they stop the job from starting unless `--lenient`.
    var errors: [String] = []
    /// Sentences about values that were left out or changed and stop nothing.
    var problems: [String] = []

    struct Accepted {
        var text: String
        var origin: ValueOrigin
    }

    init(_ scan: CommandLineScan, environment: (String) -> String?) {
        errors = scan.problems
        for (index, option) in allOptions.enumerated() where !option.verbs.isDisjoint(with: scan.verb) {
            readEnvironment(option, index, flags: scan.occurrences, environment)
        }
        var listsSeen: Set<Int> = []
        for occurrence in scan.occurrences {
            if case .list = allOptions[occurrence.option].repetition, listsSeen.insert(occurrence.option).inserted {
                accepted[occurrence.option] = nil
            }
            take(occurrence.text, occurrence.option, .flag(occurrence.spelling))
        }
        checkDependencies(scan)
    }

    /// The variable counts where no flag is given, or adds to what the flags say (and `--spotlight` alone keeps the
    /// variable's URL).
    private mutating func readEnvironment(
        _ option: RunOption, _ index: Int, flags: [CommandLineScan.Occurrence], _ environment: (String) -> String?
    ) {
        guard !option.environment.isEmpty else { return }
        guard option.keepsVariable || !flags.contains(where: { $0.option == index }) else { return }
        for variable in option.environment {
            guard let text = environment(variable), !text.isEmpty else { continue }
            guard !isInherited(option, text, environment) else { return }
            if case .lastWins = option.repetition {
                take(trimBlanks(text), index, .environment(variable))
            } else {
                for part in splitList(text) { take(part, index, .environment(variable)) }
            }
            return
        }
    }

    /// A job inherits our environment, so a sentry-run inside a monitored job would check in to the same monitor. We set
    /// SENTRY_MONITOR_SLUG for the job: where it names the same monitor, the variable was meant for our parent.
    private func isInherited(_ option: RunOption, _ text: String, _ environment: (String) -> String?) -> Bool {
        guard option.name == "monitor-slug", let outer = environment("SENTRY_MONITOR_SLUG") else { return false }
        var mine = OptionDraft()
        var parents = OptionDraft()
        return option.read(&mine, text) == nil && option.read(&parents, outer) == nil
            && mine.monitor.slug == parents.monitor.slug
    }

    private mutating func take(_ text: String, _ index: Int, _ origin: ValueOrigin) {
        let option = allOptions[index]
        var next = draft
        if let reason = option.read(&next, text) {
            let sentence = "\(origin.name) \(quoted(option.shown(text))): \(reason)"
            if case .flag = origin { errors.append(sentence) } else { problems.append("\(sentence); left out") }
            return
        }
        if let note = next.note {
            problems.append("\(origin.name) \(quoted(option.shown(text))): \(note)")
            next.note = nil
        }
        draft = next
        if case .lastWins = option.repetition { accepted[index] = [] }
        accepted[index, default: []].append(Accepted(text: text, origin: origin))
    }

    /// An option that means nothing without another is refused as a flag; as a variable it is a default for those runs
    /// that have the other.
    private mutating func checkDependencies(_ scan: CommandLineScan) {
        guard !scan.verb.isDisjoint(with: .supervising) else { return }
        let needsSchedule = [
            "check-in-margin", "max-runtime", "timezone", "failure-issue-threshold", "recovery-threshold", "owner",
        ]
        for occurrence in scan.occurrences {
            let name = allOptions[occurrence.option].name
            if needsSchedule.contains(name), draft.monitor.schedule == nil {
                require("--schedule", occurrence)
            } else if name == "schedule", draft.monitor.slug.isEmpty, scan.verb != .monitorsRun {
                require("--monitor-slug", occurrence)
            } else if name == "kill-after", draft.plan.timeout == nil {
                require("--timeout", occurrence)
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
    func shown(_ text: String) -> String { isSecret ? withoutSecret(text) : text }
}
