// sentry-run-reporter: understands what the supervisor saw, and shows what was kept.

import LinuxSystem
import RunOptions
import SupervisorLink

/// `supervise` followed by the supervisor's own words follows a run; everything else is a verb for people.
func runReporter(_ words: [String]) -> Int32 {
    if words.first == "supervise" { return followRun(Array(words.dropFirst())) }
    switch interpret(arguments: words, environment: environmentValue) {
    case .verb(.show(let run, let json, let plan)):
        return printed { () throws(ArchiveError) in try show(run, json: json, plan) }
    case .verb(.runs(let limit, let json, let plan)):
        return printed { () throws(ArchiveError) in try listRuns(limit: limit, json: json, plan) }
    case .verb(.logs(let run, let query, let json, let plan)): return printedLogs(run, query, json: json, plan)
    case .help(let text), .version(let text): return printed { () throws(ArchiveError) in text }
    case .usageError(let sentence): return complain(sentence, status: 125)
    case .run, .verb: return complain("this program is started by sentry-run; use that", status: 125)
    }
}

private func followRun(_ words: [String]) -> Int32 {
    LinkDescriptors.closeOnExec()
    guard case .run(let plan) = interpret(arguments: words, environment: environmentValue) else {
        return complain("the supervisor's words were not understood; are the programs of one version?", status: 125)
    }
    do throws(SystemError) {
        try Reporter(words: words, plan: plan).follow()
        return 0
    } catch {
        return complain("the reporter ends: \(error)", status: 1)
    }
}

private func printed(_ text: () throws(ArchiveError) -> String) -> Int32 {
    do throws(ArchiveError) {
        let bytes = Array(try text().utf8)
        // A reader that went away (`| head`) has what it wanted.
        try? FileDescriptor.standardOutput.writeAll(bytes)
        return 0
    } catch {
        return complain(error.description, status: 1)
    }
}

private func printedLogs(_ run: String?, _ query: LogsQuery, json: Bool, _ plan: RunPlan) -> Int32 {
    do throws(ArchiveError) {
        let printer = try LogPrinter(run, query, json: json, plan)
        if let remark = printer.print() { return complain(remark, status: 0) }
        return 0
    } catch {
        return complain(error.description, status: 1)
    }
}

private func complain(_ sentence: String, status: Int32) -> Int32 {
    try? FileDescriptor.standardError.writeAll(Array("sentry-run: \(sentence)\n".utf8))
    return status
}

exitNow(runReporter(Array(CommandLine.arguments.dropFirst())))
