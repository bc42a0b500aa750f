// What was kept for want of a DSN, and giving it one.

import LinuxSystem
import SentryProtocol
import Spool

package struct KeptEnvelopes {
    private let spool: Spool

    package init(_ spool: Spool) { self.spool = spool }

    /// Whether an entry is of one of the runs: ids or their beginnings; no runs means all.
    package static func belongs(_ entry: SpoolEntry, to runs: [String]) -> Bool {
        runs.isEmpty || runs.contains { $0.hasPrefix(entry.run) || entry.run.hasPrefix($0) }
    }

    /// Moves envelopes to the outbox with `dsn` in their headers.
    ///
    /// Interrupted half-way it leaves an envelope in both places, never in none; ids make the repetition harmless.
    /// - Parameter runs: ids or their beginnings; empty means all.
    /// - Returns: how many there were, and how many of those could not be read and were thrown away (counted).
    package func address(to dsn: DSN, runs: [String]) throws(SpoolError) -> (found: Int, unreadable: Int) {
        let entries = try spool.list(.kept).filter { Self.belongs($0, to: runs) }
        var unreadable = 0
        for entry in entries {
            guard let bytes = try spool.read(entry, from: .kept) else { continue }
            if var envelope = try? StoredEnvelope(bytes) {
                envelope.setHeader("dsn", .string(dsn.text))
                try spool.put(envelope.encoded(), like: entry, in: .outbox)
            } else {
                unreadable += 1
                try spool.ledger.add(Discard.of(entry, nil, because: .internalError), tag: entry.name)
            }
            try spool.remove(entry, from: .kept)
        }
        return (entries.count, unreadable)
    }
}
