// Which check-ins the server has seen opened and not yet closed: whether a late closing one still is the truth.

import SentryProtocol
import Spool

/// Ids of delivered opening check-ins. On disk in `open-check-ins`: a line of `id time` (wall clock, nanoseconds) for each.
package struct DeliveredOpenings {
    private var times: [String: Int64]
    private let file: StateFile

    package static let fileName = "open-check-ins"
    /// No monitor may run for longer than 28 days.
    private static let longestRun: Int64 = 28 * 86400 * 1_000_000_000
    private static let limit = 1000

    package init(in state: StateDirectory?) {
        file = StateFile(Self.fileName, in: state)
        let pairs = file.load().compactMap { fields -> (String, Int64)? in
            guard fields.count == 2, let time = Int64(fields[1]) else { return nil }
            return (fields[0], time)
        }
        times = Dictionary(pairs, uniquingKeysWith: max)
    }

    package func contains(_ id: HexID16) -> Bool { times[id.description] != nil }

    /// Takes note of a check-in that was delivered.
    package mutating func delivered(_ checkIn: StoredCheckIn, now: Timestamp) {
        if checkIn.isOpening {
            times[checkIn.id.description] = now.nanoseconds
        } else if times.removeValue(forKey: checkIn.id.description) == nil {
            return
        }
        times = times.filter { now.nanoseconds - $0.value < Self.longestRun }
        let newest = times.sorted { $0.value > $1.value }.prefix(Self.limit)
        file.save(newest.map { [$0.key, String($0.value)] })
    }
}
