// sentry-run-courier: touches the network, so that nothing else has to.

import Delivery
import LinuxSystem
import RunOptions

/// `drain` and `stdin` are how the reporter starts it; everything else is a verb for people, in sentry-run's own words.
func runCourier(_ words: [String]) -> Int32 {
    switch words.first {
    case "drain": return drain(Array(words.dropFirst()))
    case "stdin": return relayStandardInput(Array(words.dropFirst()))
    default: break
    }
    switch interpret(arguments: words, environment: environmentValue) {
    case .verb(.send(let runs, let plan)): return send(runs, plan)
    case .verb(.doctor(let json, let plan)): return examine(plan, json: json)
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

exitNow(runCourier(Array(CommandLine.arguments.dropFirst())))
