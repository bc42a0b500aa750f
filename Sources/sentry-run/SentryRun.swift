// `sentry-run`: supervises one command, and hands the other verbs to the programs that own them.

import CProgramStart
import JobControl
import LinuxSystem
import RunOptions

/// Not a `main.swift`: code at a file's top level belongs to the main actor, and with it comes the concurrency runtime,
/// Dispatch, and a check of the executor at every closure.
@main
enum SentryRun {
    static func main() {
        guard let arguments = program_words() else { exitNow(ExitCode.ownFailure) }
        switch interpret(arguments: texts(of: arguments, from: 1), environment: environmentValue) {
        case .run(let plan): supervise(plan, arguments: arguments)
        case .verb(let verb): handOver(verb, arguments: arguments)
        case .help(let text), .version(let text): printAndExit(text)
        case .usageError(let message):
            writeToStandardError("sentry-run: \(message)")
            exitNow(ExitCode.ownFailure)
        }
    }
}
