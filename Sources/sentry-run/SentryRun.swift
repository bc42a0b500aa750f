// `sentry-run`: supervises one command, and hands the other verbs to the programs that own them.

import JobControl
import LinuxSystem
import RunOptions

/// Not a `main.swift`: code at a file's top level belongs to the main actor, and with it comes the concurrency runtime,
/// Dispatch, and a check of the executor at every closure.
@main
enum SentryRun {
    static func main() {
        let arguments = CommandLine.unsafeArgv
        switch interpret(arguments: words(of: arguments), environment: environmentValue) {
        case .run(let plan): supervise(plan, arguments: arguments)
        case .verb(let verb): handOver(verb, arguments: arguments)
        case .help(let text), .version(let text): printAndExit(text)
        case .usageError(let message):
            writeToStandardError("sentry-run: \(message)")
            exitNow(ExitCode.ownFailure)
        }
    }

    /// The words after the program's name, invalid UTF-8 repaired.
    private static func words(of arguments: RawWords) -> [String] {
        elements(of: arguments).dropFirst().map { String(cString: $0) }
    }
}
