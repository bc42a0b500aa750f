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
    /// Said about the value being read, when it was taken but not as it is. The caller adds where it came from.
    var note: String?

    /// The plan, with the monitor if there is one.
    func settled(problems: [String]) -> RunPlan {
        var plan = plan
        plan.monitor = monitor.slug.isEmpty ? nil : monitor
        plan.problems = problems
        return plan
    }
}
