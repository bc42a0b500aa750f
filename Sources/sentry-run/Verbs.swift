// The verbs that other programs of the installation own.

import JobControl
import LinuxSystem
import RunOptions

/// Becomes the program that owns the verb. Never returns: either that program runs, or we say why not.
func handOver(_ verb: Verb, arguments: RawWords) -> Never {
    let owner = verb.program.rawValue
    guard let program = ReporterProgram.find(owner), let path = makeRawWords([program.path])[0] else {
        writeToStandardError("sentry-run: \(owner) is not installed beside sentry-run")
        exitNow(ExitCode.ownFailure)
    }
    let words = makeRawWords([owner], thenArgumentsOf: arguments)
    let code = replaceProcess(by: words, program: path, environment: rawEnvironment())
    writeToStandardError("sentry-run: \(program.path): \(errorText(code))")
    exitNow(ExitCode.ownFailure)
}

func printAndExit(_ text: String) -> Never {
    do throws(SystemError) {
        try FileDescriptor.standardOutput.writeAll(Array(text.utf8))
        exitNow(0)
    } catch {
        writeToStandardError("sentry-run: \(error)")
        exitNow(ExitCode.ownFailure)
    }
}
