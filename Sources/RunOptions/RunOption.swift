// What one option is: the row type of the table from which the parser, the help, the reference and the manual come.

/// One option of the command line, its environment variable and its key in a configuration file.
///
/// A class, though a value: the table is looked through often, and copying its rows would be most of the work.
package final class RunOption: Sendable {
    /// The long name without dashes; unique in the table.
    let name: String
    /// The one-letter name, `nil` for most.
    let short: String?
    let kind: Kind
    let repetition: Repetition
    /// The variable that gives the value, `nil` for what makes no sense as a setting.
    let environment: String?
    /// The TOML key, `nil` for what makes no sense in a file.
    let configKey: String?
    /// The default, in words.
    let standard: String
    /// What is allowed, as the end of a sentence: "a duration such as 90s". Empty for booleans.
    let allowed: String
    /// One line, imperative or noun phrase, no full stop.
    let summary: String
    let group: OptionGroup
    let verbs: VerbSet
    /// A value that must not be repeated in full (a DSN has a key in it).
    let isSecret: Bool
    /// Reads the value into the draft, which is not used where the value is refused.
    let read: @Sendable (inout OptionDraft, String) -> Reading

    enum Kind: Sendable {
        /// `--x`, `--no-x`, `--x=BOOL`; with its default.
        case boolean(Bool)
        /// `--x VALUE`, `--x=VALUE`; with the value's placeholder.
        case value(String)
        /// `--x`, `--x=VALUE`; `--x` alone reads "true", `--no-x` "false".
        case optionalValue(String)
    }

    enum Repetition: Sendable {
        /// The last one counts.
        case lastWins
        /// All of them count; a flag replaces the environment's list.
        case list
        /// As ``list``, but a variable has one on each line: values may have commas in them.
        case lines
        /// All of them count, by key; a flag adds to the environment's and wins on an equal key.
        case entries
    }

    init(
        _ name: String, short: String? = nil, _ kind: Kind, _ repetition: Repetition = .lastWins,
        environment: String? = nil, key configKey: String? = nil, default standard: String, allowed: String = "",
        _ summary: String, group: OptionGroup, verbs: VerbSet = .supervising, isSecret: Bool = false,
        read: @escaping @Sendable (inout OptionDraft, String) -> Reading
    ) {
        self.name = name
        self.short = short
        self.kind = kind
        self.repetition = repetition
        self.environment = environment
        self.configKey = configKey
        self.standard = standard
        self.allowed = allowed
        self.summary = summary
        self.group = group
        self.verbs = verbs
        self.isSecret = isSecret
        self.read = read
    }

    /// A flag does not replace what the variable says but is added to it, or looks at it first.
    var keepsVariable: Bool {
        switch (repetition, kind) {
        case (.entries, _), (.lastWins, .optionalValue): true
        default: false
        }
    }

    /// How it is written on the command line to change the default: `--no-sessions`, `--timeout`.
    var spelling: String {
        if case .boolean(true) = kind { return "--no-\(name)" }
        return "--\(name)"
    }

    /// ``spelling`` with the short name and the placeholder: `-e, --environment NAME`.
    var synopsis: String {
        let dash = short.map { "-\($0), " } ?? ""
        switch kind {
        case .boolean: return dash + spelling
        case .value(let placeholder): return "\(dash)\(spelling) \(placeholder)"
        case .optionalValue(let placeholder): return "\(dash)\(spelling)[=\(placeholder)]"
        }
    }
}

/// A heading of the help; in the order shown.
package enum OptionGroup: String, Sendable, CaseIterable {
    case job = "The job"
    case destination = "Where reports go"
    case identity = "What reports say"
    case content = "What is reported"
    case privacy = "What is removed, and hooks"
    case crash = "Crashes and hangs"
    case profile = "Profiles"
    case monitor = "Monitor (cron check-ins)"
    case program = "This program"
    case sentryCLI = "For crontabs written for sentry-cli"
}

/// The verbs that take an option.
package struct VerbSet: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `sentry-run [options] -- CMD`
    static let run = VerbSet(rawValue: 1)
    static let monitorsRun = VerbSet(rawValue: 2)
    static let show = VerbSet(rawValue: 4)
    static let runs = VerbSet(rawValue: 8)
    static let send = VerbSet(rawValue: 16)
    static let doctor = VerbSet(rawValue: 32)
    static let config = VerbSet(rawValue: 64)
    static let help = VerbSet(rawValue: 128)
    static let docs = VerbSet(rawValue: 256)
    static let profile = VerbSet(rawValue: 512)
    static let logs = VerbSet(rawValue: 1024)

    /// Everything that plans a run: doctor and config look at the plan of one.
    static let supervising: VerbSet = [.run, .monitorsRun, .doctor, .config]
    /// Everything that starts a job, reported or not.
    static let running = supervising.union(.profile)
    /// What may leave a profile in a file.
    static let profiling = running
    static let stored: VerbSet = [.show, .runs, .logs, .send]
    static let every: VerbSet = [
        .run, .monitorsRun, .show, .runs, .logs, .send, .doctor, .config, .help, .docs, .profile,
    ]
}
