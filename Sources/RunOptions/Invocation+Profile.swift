// `sentry-run profile`: a job, a process that runs, or files.

extension SettledOptions {
    /// What the words after `profile` and its options ask for; `nil` where it is to run a job.
    mutating func profileRequest(_ scan: CommandLineScan) -> Result<ProfileRequest?, UsageError> {
        let words = scan.operands
        let usage = VerbPage.of(.profile).usage
        if let process = draft.attachesTo {
            if let word = words.first { return .failure("\(quoted(word)) is one word too many beside --pid") }
            if scan.command != nil { return .failure("with --pid there is no command to run") }
            return .success(.attach(process: process, duration: draft.duration))
        }
        if draft.duration != nil { return .failure("--duration needs --pid; of a command there is --timeout") }
        switch (words.first, words.count) {
        case ("diff"?, 3): return .success(.difference(words[1], words[2]))
        case ("diff"?, _): return .failure("profile diff needs two profiles: sentry-run \(usage)")
        case ("convert"?, 2) where draft.profile.output != nil: return .success(.convert(words[1]))
        case ("convert"?, 2): return .failure("profile convert needs -o FILE")
        case ("convert"?, _): return .failure("profile convert needs one profile: sentry-run \(usage)")
        default:
            if draft.profile.output == "-" { return .failure("a command's profile cannot go to its stdout: -o FILE") }
            return .success(nil)
        }
    }
}

/// A sentence about the command line.
struct UsageError: Error, ExpressibleByStringInterpolation {
    var sentence: String

    init(stringLiteral value: String) { sentence = value }
}
