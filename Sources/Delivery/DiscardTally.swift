// The courier's account of what was lost, until the server has been told.

import SentryProtocol
import Spool

/// Counts by destination. On disk in `unreported`, which only the holder of the courier's lock touches.
package struct DiscardTally {
    package private(set) var discards: [Discard]
    private let file: StateFile
    private let ledger: DiscardLedger?
    private let counts: Bool

    package static let fileName = "unreported"

    /// - Parameter counts: `false` counts and tells nothing, and leaves what others have counted to other couriers.
    package init(in state: StateDirectory?, counts: Bool = true) {
        file = StateFile(Self.fileName, in: state)
        ledger = counts ? state.map(DiscardLedger.init) : nil
        discards = counts ? file.load().compactMap(Discard.init(fields:)) : []
        self.counts = counts
    }

    package mutating func add(_ more: [Discard]) {
        guard counts, !more.isEmpty else { return }
        discards = Discard.merged(discards + more)
        save()
    }

    /// Takes over what the writers of the spool have counted.
    package mutating func takeLedger() {
        // A ledger that another process holds, or that cannot be read, is taken next time.
        _ = try? ledger?.drain { counted in
            discards = Discard.merged(discards + counted)
            return save()
        }
    }

    /// What is to be told to `dsn`: its own counts and those of unknown destination.
    package func report(for dsn: String) -> [Discard] { discards.filter { $0.dsn == dsn || $0.dsn == nil } }

    /// Subtracts what has been told.
    package mutating func told(_ told: [Discard]) {
        guard !told.isEmpty else { return }
        for report in told {
            guard
                let index = discards.firstIndex(where: {
                    $0.reason == report.reason && $0.category == report.category && $0.dsn == report.dsn
                })
            else { continue }
            discards[index].quantity -= report.quantity
        }
        discards.removeAll { $0.quantity <= 0 }
        save()
    }

    /// The item for a set of counts, `nil` for none.
    package static func item(_ discards: [Discard], at time: Timestamp) -> StoredItem? {
        var counts = DiscardCounts()
        for discard in discards { counts.add(discard.reason, discard.category, discard.quantity) }
        guard let item = counts.takeReport(at: time)?.item else { return nil }
        return StoredItem(
            type: item.kind.rawValue, header: ["type": .string(item.kind.rawValue)], payload: item.payload)
    }

    @discardableResult
    private func save() -> Bool { file.save(discards.map(\.fields)) }
}
