// What has been read so far, while flags and environment are merged.

import SentryProtocol

/// The values read so far; becomes a ``RunPlan`` when all were.
struct OptionDraft {
    var plan = RunPlan()
    /// The monitor's settings; a monitor only when it has a slug.
    var monitor = MonitorPlan(slug: "")
    var lenient = false
    var json = false
    /// For `runs`; `nil` shows all.
    var limit: Int? = 20
    var logs = LogsQuery()
    /// What is settled about profiling; asked for only with `--profile` or by the verb.
    var profile = ProfilePlan()
    var profiles = false
    /// For `profile`.
    var attachesTo: Int32?
    var duration: Int64?

    /// The plan, with the monitor if there is one, and what is to be profiled.
    func settled(problems: [String]) -> RunPlan {
        var plan = plan
        if !monitor.slug.isEmpty { plan.monitor = monitor }
        if profiles {
            plan.profile = profile
            if profile.isLocal {
                // Nobody would be told of a crash.
                plan.tracing = .off
            } else {
                // A profile is shown with its transaction: whoever asks for the one wants the other.
                plan.tracesSampleRate = plan.tracesSampleRate ?? 1
            }
        }
        plan.problems = problems
        return plan
    }
}

/// What became of one value.
enum Reading: Equatable {
    case taken
    /// Taken, but not as it is: the end of a sentence says how.
    case changed(String)
    /// ``RunOption/allowed`` says enough.
    case notAllowed
    /// The end of a sentence that says what is wrong and what is allowed.
    case refused(String)
}
