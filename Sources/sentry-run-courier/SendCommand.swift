// `sentry-run send --dsn DSN [RUN…]`: delivers what was kept while there was nowhere to send it.

import Delivery
import LinuxSystem
import RunOptions
import SentryProtocol
import Spool

/// - Returns: 0 when everything asked for has left, 1 when something remains.
func send(_ runs: [String], _ plan: RunPlan) -> Int32 {
    guard let dsn = plan.dsn else { return complain("send needs --dsn or SENTRY_DSN", status: 125) }
    do {
        let state = try StateDirectory.open(stateDirectory(plan))
        let spool = Spool(state, run: courierTag)
        let moved = try KeptEnvelopes(spool).address(to: dsn, runs: runs)
        // What an earlier attempt could not deliver lies in the outbox.
        let waiting = try spool.list(.outbox)
        guard moved.found > 0 || waiting.contains(where: { KeptEnvelopes.belongs($0, to: runs) }) else {
            return nothingToSend(runs, state.path)
        }
        let summary = try deliver(spool, plan)
        let elsewhere = waiting.count - summary.delivered - summary.discarded - summary.remaining
        return report(
            summary, dsn, state: state.path, unreadable: moved.unreadable, byAnotherCourier: max(0, elsewhere))
    } catch {
        return complain(String(describing: error), status: 1)
    }
}

func stateDirectory(_ plan: RunPlan) -> String {
    StateDirectory.resolve(
        option: plan.stateDirectory, environment: environmentValue, userIsRoot: effectiveUser() == 0,
        home: environmentValue("HOME"))
}

private func nothingToSend(_ runs: [String], _ path: String) -> Int32 {
    if runs.isEmpty {
        say("sentry-run: nothing is waiting in \(path)\n", on: .standardOutput)
        return 0
    }
    return complain("nothing is waiting in \(path) for \(runs.joined(separator: ", "))", status: 1)
}

/// In the foreground, or by watching the courier that is at work already.
private func deliver(_ spool: Spool, _ plan: RunPlan) throws -> DeliverySummary {
    var patience = Courier.Patience()
    patience.idle = 0
    patience.unreachable = 10_000_000_000
    let clock = SystemClock(watching: spool)
    let courier = Courier(
        spool: spool, transport: try CurlTransport(certificates: certificates()), clock: clock, patience: patience,
        clientReports: plan.clientReports,
        log: plan.debug ? { say("sentry-run: \($0)\n", on: .standardError) } : { _ in })
    let limit = clock.monotonic + 60_000_000_000
    while try !courier.run() {
        // Its holder sends what we have just put there; when it leaves with something undone, it is our turn.
        guard clock.monotonic < limit else { break }
        clock.pause(100_000_000)
    }
    var summary = courier.summary
    summary.remaining = try spool.list(.outbox).count
    return summary
}

private func report(
    _ summary: DeliverySummary, _ dsn: DSN, state: String, unreadable: Int, byAnotherCourier: Int
) -> Int32 {
    var parts = ["\(summary.delivered) sent to \(dsn.redacted)"]
    if byAnotherCourier > 0 { parts.append("\(byAnotherCourier) taken by the courier that is at work") }
    if summary.discarded + unreadable > 0 { parts.append("\(summary.discarded + unreadable) dropped") }
    if summary.remaining > 0 { parts.append("\(summary.remaining) still waiting in \(state)") }
    say("sentry-run: \(parts.joined(separator: ", "))\n", on: .standardOutput)
    for (reason, count) in summary.reasons.sorted(by: { $0.key < $1.key }) {
        say("  \(count)× \(reason)\n", on: .standardError)
    }
    return summary.remaining > 0 ? 1 : 0
}
