// `sentry-run`: supervises one command, and hands the other verbs to the programs that own them.

import JobControl
import LinuxSystem
import RunOptions

let arguments = CommandLine.unsafeArgv
let words = (1..<max(1, Int(CommandLine.argc))).map { arguments[$0].map { String(cString: $0) } ?? "" }

switch interpret(arguments: words, environment: environmentValue) {
case .run(let plan): supervise(plan, arguments: arguments)
case .verb(let verb): handOver(verb, arguments: arguments)
case .help(let text), .version(let text): printAndExit(text)
case .usageError(let message):
    writeToStandardError("sentry-run: \(message)")
    exitNow(ExitCode.ownFailure)
}
