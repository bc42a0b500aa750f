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

    /// The plan, with the monitor if there is one.
    func settled(problems: [String]) -> RunPlan {
        var plan = plan
        if !monitor.slug.isEmpty { plan.monitor = monitor }
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
