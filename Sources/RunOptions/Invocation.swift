// The one entrance: words and environment in, what to do out.

import SentryProtocol

/// What a command line asks for.
package enum Invocation: Sendable {
    /// Supervise a job.
    case run(RunPlan)
    /// Another program's work: it is executed with the same words, and interprets them again.
    case verb(Verb)
    /// Print this on stdout and exit 0: help, the effective configuration, a reference page. Ends in a newline.
    case help(String)
    /// Print this on stdout and exit 0. Ends in a newline.
    case version(String)
    /// Print this sentence on stderr after `sentry-run: ` and exit 125. No newline at its end.
    case usageError(String)
}

/// A verb that the supervisor hands over. Of the plan, what concerns reports that are there already is meant: where they
/// are kept, where they go, what is said.
package enum Verb: Sendable {
    /// `run` is an id or its beginning; `nil` is the last run.
    case show(run: String?, json: Bool, RunPlan)
    /// `limit` is `nil` for all.
    case runs(limit: Int?, json: Bool, RunPlan)
    /// What a run said; `run` as in `show`, but one that goes on is found, too.
    case logs(run: String?, LogsQuery, json: Bool, RunPlan)
    /// The plan has a DSN. No ids means all runs.
    case send(runs: [String], RunPlan)
    /// What would be done with the plan, without a job.
    case doctor(json: Bool, RunPlan)
    /// Of the plan, ``RunPlan/profile`` is there.
    case profile(ProfileRequest, RunPlan)

    package enum Program: String, Sendable {
        case reporter = "sentry-run-reporter"
        case courier = "sentry-run-courier"
        case profiler = "sentry-run-profiler"
    }

    /// The program that owns the verb.
    package var program: Program {
        switch self {
        case .show, .runs, .logs: .reporter
        case .send, .doctor: .courier
        case .profile: .profiler
        }
    }
}

/// Which records `logs` prints.
package struct LogsQuery: Sendable, Equatable {
    package var follows = false
    package var level = LogLevel.trace
    /// `nil` for all.
    package var last: Int?

    package init() {}
}

/// Reads a command line.
///
/// Pure and quick: no I/O, no Foundation. The same words and environment give the same answer in every program.
///
/// - Parameters:
///   - arguments: The words after the program's name.
///   - environment: A variable's value, `nil` where it is not set; an empty one counts as not set.
/// - Returns: A plan has the values which could not be used, each as a sentence, in ``RunPlan/problems``. With
///   `--lenient`, and always for values from the environment, they do not stop the job.
package func interpret(arguments: [String], environment: (String) -> String?) -> Invocation {
    let scan = CommandLineScanner.scan(arguments)
    switch scan.shows {
    case .help?: return .help(helpPage(for: scan.verb))
    case .version?: return .version("sentry-run \(programVersion)\n")
    case nil: break
    }
    if scan.verb == .help { return explain(scan.operands) }
    if scan.verb == .docs { return reference(scan.operands) }
    return settle(arguments, scan, SettledOptions(scan, environment: environment))
}

private func settle(_ words: [String], _ scan: CommandLineScan, _ options: SettledOptions) -> Invocation {
    var options = options
    var request: ProfileRequest?
    if scan.verb == .profile {
        (options.draft.profiles, options.draft.profile.isLocal) = (true, true)
        switch options.profileRequest(scan) {
        case .success(let asked): request = asked
        case .failure(let error): return .usageError(options.errors.first ?? error.sentence)
        }
    }
    let supervises = [.run, .monitorsRun, .profile].contains(scan.verb) && request == nil
    var command: [String] = []
    if supervises {
        command = scan.command.map { Array(words[$0...]) } ?? []
        if let error = options.settleJob(scan, command) { return .usageError(error) }
    }
    if !options.draft.lenient, let error = options.errors.first { return .usageError(error) }

    let leftOut = options.errors.map { "\($0); left out" }
    var plan = options.draft.settled(problems: leftOut + options.problems)
    if let request { return .verb(.profile(request, plan)) }
    switch scan.verb {
    case .run, .monitorsRun, .profile:
        plan.command = command
        plan.commandIndex = (scan.command ?? 0) + 1
        return .run(plan)
    case .config:
        return .help(effectiveOptions(options))
    default:
        return verb(scan, options, plan)
    }
}

private func verb(_ scan: CommandLineScan, _ options: SettledOptions, _ plan: RunPlan) -> Invocation {
    let json = options.draft.json
    let mostOperands: Int
    let invocation: Invocation
    switch scan.verb {
    case .show:
        mostOperands = 1
        invocation = .verb(.show(run: scan.operands.first, json: json, plan))
    case .logs:
        mostOperands = 1
        invocation = .verb(.logs(run: scan.operands.first, options.draft.logs, json: json, plan))
    case .send:
        guard plan.dsn != nil else {
            return .usageError(
                options.problems.first { $0.hasPrefix("SENTRY_DSN ") } ?? "send needs --dsn or SENTRY_DSN")
        }
        mostOperands = .max
        invocation = .verb(.send(runs: scan.operands, plan))
    case .runs:
        mostOperands = 0
        invocation = .verb(.runs(limit: options.draft.limit, json: json, plan))
    default:
        mostOperands = 0
        invocation = .verb(.doctor(json: json, plan))
    }
    guard scan.operands.count <= mostOperands else {
        return .usageError(
            "\(quoted(scan.operands[mostOperands])) is one word too many: sentry-run \(VerbPage.of(scan.verb).usage)")
    }
    return invocation
}

extension SettledOptions {
    /// Reads the slug and checks that there is a job.
    /// - Returns: What makes a run impossible even with `--lenient`.
    fileprivate mutating func settleJob(_ scan: CommandLineScan, _ command: [String]) -> String? {
        if scan.verb == .monitorsRun {
            guard let slug = scan.operands.first else {
                return "monitors run needs a slug: sentry-run \(VerbPage.of(.monitorsRun).usage)"
            }
            if case .refused(let reason) = readSlug(slug, into: &draft) {
                errors.append("monitor slug \(quoted(slug)): \(reason)")
            }
        }
        guard command.isEmpty else { return nil }
        // What is wrong with an option explains a missing command better: its value may have been taken for one.
        return errors.first ?? "there is no command to run: sentry-run \(VerbPage.of(scan.verb).usage)"
    }
}

private func explain(_ operands: [String]) -> Invocation {
    guard let first = operands.first else { return .help(helpPage(for: .run)) }
    guard let page = VerbPage.named(by: first == "monitors" ? ["monitors", "run"] : operands[...]) else {
        let names = VerbPage.all.filter { !$0.isHidden && !$0.name.isEmpty }.map(\.name).joined(separator: ", ")
        return .usageError("there is no verb \(quoted(first)); there are \(names)")
    }
    return .help(helpPage(for: page.verb))
}

private func reference(_ operands: [String]) -> Invocation {
    switch operands {
    case ["markdown"]: .help(markdownReference())
    case ["man"]: .help(manualPage())
    default: .usageError("docs prints one of: markdown, man")
    }
}
