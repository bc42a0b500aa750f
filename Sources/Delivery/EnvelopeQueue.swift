// Envelopes in memory, for a host whose state directory cannot be written to.

import LinuxSystem
import SentryProtocol
import Spool
import Synchronization

/// A bounded queue in the order of delivery, filled by one thread and emptied by another.
package final class EnvelopeQueue: Sendable {
    package struct Waiting: Sendable {
        package let entry: SpoolEntry
        package let envelope: StoredEnvelope
    }

    private struct Content {
        var waiting: [Waiting] = []
        var discards: [Discard] = []
        var sequence = 0
        var ended = false
    }

    private let quota: SpoolQuota
    private let content = Mutex(Content())
    /// Raised when something was added or the stream ended.
    package let arrivals: WakeUp

    package init(quota: SpoolQuota = SpoolQuota(bytes: 8 << 20, count: 1000)) throws(SystemError) {
        self.quota = quota
        arrivals = try WakeUp()
    }

    /// Adds an envelope; what does not fit any more goes by value and is counted.
    package func add(_ bytes: [UInt8], at time: Int64) {
        content.withLock { content in
            guard let envelope = try? StoredEnvelope(bytes) else {
                // Our own reporter wrote this, so it is a slip of ours: counted as one.
                return content.discards.append(Discard(.internalError, .error))
            }
            content.sequence += 1
            let entry = SpoolEntry(
                category: SpoolCategory(of: envelope), time: time, run: "00000000", sequence: content.sequence,
                bytes: bytes.count)
            content.waiting.append(Waiting(entry: entry, envelope: envelope))
            makeRoom(&content, sparing: entry)
        }
        arrivals.signal()
    }

    private func makeRoom(_ content: inout Content, sparing entry: SpoolEntry) {
        let victims = Set(quota.victims(among: content.waiting.map(\.entry), sparing: entry))
        if victims.isEmpty { return }
        for victim in content.waiting where victims.contains(victim.entry) {
            content.discards += Discard.of(victim.entry, victim.envelope, because: .queueOverflow)
        }
        content.waiting.removeAll { victims.contains($0.entry) }
    }

    /// Nothing more will come.
    package func end() {
        content.withLock { $0.ended = true }
        arrivals.signal()
    }

    /// What is to be sent next; it stays in the queue.
    package func next() -> Waiting? { content.withLock { $0.waiting.min { $0.entry < $1.entry } } }

    package func remove(_ entry: SpoolEntry) { content.withLock { $0.waiting.removeAll { $0.entry == entry } } }

    package func closingWaits(for entry: SpoolEntry) -> Bool {
        content.withLock { content in
            content.waiting.contains { $0.entry.category == .checkIn && $0.entry.sequence > entry.sequence }
        }
    }

    /// Counts of what did not fit, once.
    package func takeDiscards() -> [Discard] {
        content.withLock { content in
            defer { content.discards = [] }
            return content.discards
        }
    }

    package var isEnded: Bool { content.withLock { $0.ended } }
    package var count: Int { content.withLock { $0.waiting.count } }
}
