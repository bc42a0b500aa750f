// `sentry-run-courier stdin [--no-client-reports] [--debug]`: where the state directory cannot be used the reporter writes its envelopes here.

import Delivery
import LinuxSystem

/// - Returns: 0 when everything that came was sent or not wanted, 1 when something is lost.
func relayStandardInput(_ words: [String]) -> Int32 {
    guard Set(words).isSubset(of: ["--debug", "--no-client-reports"]) else {
        return complain("usage: sentry-run-courier stdin [--no-client-reports] [--debug]", status: 125)
    }
    let debug = words.contains("--debug")
    do {
        let queue = try EnvelopeQueue()
        // A thread, so that a slow server never makes the reporter wait at its end of the pipe.
        try startThread(stackBytes: 1 << 19) {
            // An unreadable pipe ends the stream as its writer's end does.
            try? EnvelopeStream.read(.standardInput) { queue.add($0, at: wallClockNanoseconds()) }
            queue.end()
        }
        let courier = StreamCourier(
            queue: queue, transport: try CurlTransport(certificates: certificates()), clock: SystemClock(watching: nil),
            clientReports: !words.contains("--no-client-reports"),
            log: debug ? { say("sentry-run-courier: \($0)\n", on: .standardError) } : { _ in })
        if courier.run() { return 0 }
        let reasons = courier.summary.reasons.keys.sorted().joined(separator: "; ")
        return complain("\(courier.summary.remaining) reports are lost: \(reasons)", status: 1)
    } catch {
        return complain(String(describing: error), status: 1)
    }
}
