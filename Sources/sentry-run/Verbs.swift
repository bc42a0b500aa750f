// The verbs that other programs of the installation own.

import JobControl
import LinuxSystem

/// Becomes the program that owns the verb. Returns never: either that program runs, or we say why not.
func handOver(verb: String, arguments: RawWords) -> Never {
    let owner = courierVerbs.contains(verb) ? "sentry-run-courier" : ReporterProgram.name
    guard let program = ReporterProgram.find(owner), let path = makeRawWords([program.path])[0] else {
        writeToStandardError("sentry-run: \(verb): \(owner) is not installed beside sentry-run")
        exitNow(ExitCode.ownFailure)
    }
    let words = makeRawWords([owner], then: Array(elements(of: arguments).dropFirst()))
    let code = replaceProcess(by: words, program: path, environment: rawEnvironment())
    writeToStandardError("sentry-run: \(verb): \(program.path): \(errorText(code))")
    exitNow(ExitCode.ownFailure)
}

private let courierVerbs: Set<String> = ["send", "doctor"]

func printAndExit(_ text: String) -> Never {
    do throws(SystemError) {
        try FileDescriptor.standardOutput.writeAll(Array((text + "\n").utf8))
        exitNow(0)
    } catch {
        writeToStandardError("sentry-run: \(error)")
        exitNow(ExitCode.ownFailure)
    }
}
