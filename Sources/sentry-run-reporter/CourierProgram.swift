// The courier, as the reporter sees it: a program to be started when something waits in the outbox.

import LinuxSystem
import RunOptions

/// Finds and starts `sentry-run-courier`.
struct CourierProgram {
    /// `nil` when it isn't installed beside us.
    let path: String?

    /// Looks where the supervisor looked for us.
    init() { path = siblingProgram("sentry-run-courier") }

    /// Starts a courier that drains the outbox. If one is at work already the new one leaves at once.
    ///
    /// With `--debug` it writes to our stderr.
    func drain(state: String, _ plan: RunPlan) throws(SystemError) {
        guard let path else { throw SystemError("start", on: "sentry-run-courier", code: SystemError.noSuchFile) }
        try DetachedProgram.start(path, ["drain", "--state", state] + Self.flags(plan), keepsErrors: plan.debug)
    }

    /// Starts a courier that keeps what it is given in memory; `nil` where that fails.
    func startPipe(_ plan: RunPlan) -> CourierPipe? {
        path.flatMap { try? CourierPipe(courier: $0, Self.flags(plan), keepsErrors: plan.debug) }
    }

    private static func flags(_ plan: RunPlan) -> [String] {
        (plan.clientReports ? [] : ["--no-client-reports"]) + (plan.debug ? ["--debug"] : [])
    }
}
