// sentry-run-profiler: from samples of stacks to a profile. A program of its own, so that a broken stack or a huge debug
// file can harm or delay nothing but itself.

import LinuxSystem
import Profiling
import RunOptions

/// `follow` is how the reporter starts it; everything else is the verb `profile`, in sentry-run's own words.
func runProfiler(_ words: [String]) -> Int32 {
    if words.first == "follow" { return FollowCommand.run() }
    switch interpret(arguments: words, environment: environmentValue) {
    case .verb(.profile(.attach(let process, let duration), let plan)):
        return AttachCommand(process: process, duration: duration, plan: plan).run()
    case .verb(.profile(.convert(let path), let plan)): return ConvertCommand(plan: plan).convert(path)
    case .verb(.profile(.difference(let before, let after), let plan)):
        return ConvertCommand(plan: plan).compare(before, with: after)
    case .help(let text), .version(let text):
        say(text, on: .standardOutput)
        return 0
    case .usageError(let sentence): return complain(sentence, status: 125)
    case .run, .verb: return complain("this program is started by sentry-run; use that", status: 125)
    }
}

/// Writes for people; a reader that went away has what it wanted.
func say(_ text: String, on descriptor: FileDescriptor) { try? descriptor.writeAll(Array(text.utf8)) }

func complain(_ sentence: String, status: Int32) -> Int32 {
    say("sentry-run: \(sentence)\n", on: .standardError)
    return status
}

exitNow(runProfiler(Array(CommandLine.arguments.dropFirst())))
