// Sends what comes from a pipe, from memory: the way around a state directory that cannot be used.

import LinuxSystem
import SentryProtocol
import Spool

/// Empties an ``EnvelopeQueue`` until its stream has ended, and gives up when nothing is reachable for too long.
package final class StreamCourier {
    private let queue: EnvelopeQueue
    private let sender: EnvelopeSender
    private let clock: any CourierClock
    /// Nanoseconds without any answer after which what is left is lost.
    private let patience: Int64
    private let log: (String) -> Void
    private var circuit = Backoff(Backoff.Limits(longest: 10_000_000_000))
    package private(set) var summary = DeliverySummary()

    package init(
        queue: EnvelopeQueue, transport: any Transport, clock: any CourierClock, patience: Int64 = 60_000_000_000,
        clientReports: Bool = true, log: @escaping (String) -> Void = { _ in }
    ) {
        self.queue = queue
        self.clock = clock
        self.patience = patience
        self.log = log
        sender = EnvelopeSender(
            transport: transport, state: nil, clientReports: clientReports, clock: { clock.wall })
    }

    /// - Returns: whether everything that came was sent (or was not wanted).
    package func run() -> Bool {
        while true {
            sender.count(queue.takeDiscards())
            if let waiting = queue.next() {
                guard attempt(waiting) else { return false }
            } else if queue.isEnded {
                sender.sendReports { _ in true }
                return true
            } else {
                queue.arrivals.wait()
            }
        }
    }

    /// - Returns: `false` to give up.
    private func attempt(_ waiting: EnvelopeQueue.Waiting) -> Bool {
        let outcome = sender.deliver(
            waiting.envelope, as: waiting.entry, closingWaits: queue.closingWaits(for: waiting.entry))
        log("\(waiting.entry.category.rawValue): \(outcome)")
        summary.record(outcome)
        guard case .unreachable = outcome else {
            circuit.succeeded()
            queue.remove(waiting.entry)
            return true
        }
        circuit.failed(at: clock.monotonic, jitter: clock.jitter())
        summary.remaining = queue.count
        let failing = circuit.failingSince ?? clock.monotonic
        let retry = circuit.retryAt ?? clock.monotonic
        guard retry - failing < patience else { return false }
        clock.pause(retry - clock.monotonic)
        return true
    }
}
