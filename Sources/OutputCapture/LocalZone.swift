// The offset of local time, asked for once in a while.

import LinuxSystem
import SentryProtocol

/// The zone in which the job's clocks are taken to be: the reporter's own, which has the caller's TZ as the job has.
struct LocalZone: Sendable {
    /// Zones change at full quarters of an hour.
    private static let quarter: Int64 = 900

    private var lastQuarter = Int64.min
    private var lastOffset: Int64 = 0

    /// Seconds east of Greenwich.
    mutating func offset(at moment: Timestamp) -> Int64 {
        let seconds = moment.nanoseconds / 1_000_000_000
        if seconds / Self.quarter != lastQuarter {
            lastQuarter = seconds / Self.quarter
            lastOffset = localZoneOffset(at: seconds)
        }
        return lastOffset
    }
}
