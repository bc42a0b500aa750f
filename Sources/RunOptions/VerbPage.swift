// What each verb is, for the dispatcher and for the help.

/// A verb as it is written and explained. The first is the main one and has no word of its own.
struct VerbPage: Sendable {
    var verb: VerbSet
    /// The words that name it; empty for the main one.
    var name: String
    /// What follows the program's name.
    var usage: String
    var summary: String
    /// Paragraphs for its help, each one line.
    var details: [String]
    var isHidden = false

    static let all: [VerbPage] = [
        VerbPage(
            verb: .run, name: "", usage: "[options] [--] CMD [ARG...]",
            summary: "Run CMD and report to Sentry how it went",
            details: [
                """
                Runs CMD unchanged: its output, exit status, signals and terminal are what they would be without us. \
                What it did is reported to the Sentry project of --dsn or SENTRY_DSN; without one the report is kept \
                on this host and 'sentry-run show' displays it.
                """,
                """
                Options end at the first word that is none, or at '--'. A command that is named like one of our verbs \
                needs the '--'.
                """,
            ]),
        VerbPage(
            verb: .monitorsRun, name: "monitors run", usage: "monitors run SLUG [options] -- CMD [ARG...]",
            summary: "The same for a cron monitor, as sentry-cli's",
            details: [
                """
                Does what 'sentry-cli monitors run' does, and reports like any other run: a check-in when CMD starts \
                and one when it ends. Takes sentry-cli's options, and every option of sentry-run.
                """
            ]),
        VerbPage(
            verb: .profile, name: "profile",
            usage: "profile [options] -- CMD | -p PID | diff A B | convert A -o B",
            summary: "Profile a command or a process, without Sentry",
            details: [
                """
                Runs CMD unchanged, samples the stacks of its processes, writes a flame graph to the working directory \
                (or what -o names) and prints where the time went. Nothing is sent or kept.
                """,
                """
                With -p it samples a process that runs already, and what that starts. 'diff' shows what changed from \
                one profile to another, 'convert' writes one in another format.
                """,
            ]),
        VerbPage(
            verb: .show, name: "show", usage: "show [RUN] [options]",
            summary: "Show the report of a run (the last one)",
            details: ["RUN is an id or the beginning of one, as 'sentry-run runs' lists them."]),
        VerbPage(
            verb: .runs, name: "runs", usage: "runs [options]", summary: "List the runs whose reports are kept here",
            details: []),
        VerbPage(
            verb: .logs, name: "logs", usage: "logs [RUN] [options]", summary: "Print what a run said (the last one)",
            details: [
                """
                Prints the records that were kept of the run's output, secrets removed, at most the last 10 MiB. With -f \
                goes on until the run ends. RUN is as in show, and may still run.
                """
            ]),
        VerbPage(
            verb: .send, name: "send", usage: "send --dsn DSN [RUN...]",
            summary: "Deliver reports that were kept without a DSN", details: ["Without a RUN, all of them are sent."]),
        VerbPage(
            verb: .doctor, name: "doctor", usage: "doctor [options]",
            summary: "Say what will work here, and what will not",
            details: ["Takes every option of sentry-run, and fails where what they ask for will not work."]),
        VerbPage(
            verb: .config, name: "config", usage: "config [options]",
            summary: "Print each option's value and where it is from",
            details: ["Takes every option of sentry-run."]),
        VerbPage(
            verb: .help, name: "help", usage: "help [VERB]", summary: "Explain a verb", details: []),
        VerbPage(
            verb: .docs, name: "docs", usage: "docs markdown|man", summary: "Print the option reference", details: [],
            isHidden: true),
    ]

    /// The verb that the words begin with, and how many of them name it.
    static func named(by words: ArraySlice<String>) -> (verb: VerbSet, count: Int)? {
        guard let first = words.first, !first.isEmpty else { return nil }
        if first == "monitors" { return words.dropFirst().first == "run" ? (.monitorsRun, 2) : nil }
        return all.first { $0.name == first }.map { ($0.verb, 1) }
    }

    /// All that is said about it, as one paragraph.
    var explanation: String { ([summary + "."] + details).joined(separator: " ") }

    static func of(_ verb: VerbSet) -> VerbPage { all.first { $0.verb == verb } ?? all[0] }
}
