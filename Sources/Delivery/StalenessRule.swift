// What is too old to be true when it arrives (protocol reference 4.4, 9.1, 12.5).

import Spool

/// Decides what becomes of an envelope that waited. Pure.
package enum StalenessRule {
    package enum Verdict: Sendable, Equatable {
        case send
        /// Worth nothing to anybody any more; counted.
        case drop
        /// A check-in that would be false now: an event says what it said, with its real time.
        case replaceByEvent
    }

    /// What a check-in says about its monitor.
    package enum CheckInPhase: Sendable, Equatable {
        /// `in_progress`. `closingWaits`: the run's closing check-in is in the spool too and will speak for both.
        case opening(closingWaits: Bool)
        /// `ok` or `error`. `openingDelivered`: the server has the opening one.
        case closing(openingDelivered: Bool)
    }

    /// Check-ins carry no time: the server takes their arrival for it, to the minute. Up to five minutes the error is
    /// of the size of a usual margin, and a restarted network or proxy costs no report; beyond it a row would say
    /// something false about when the job ran.
    package static let checkInLimit: Int64 = 5 * 60 * second

    /// The server ignores older sessions, and transactions of that age belong to no chart anybody looks at.
    package static let dayLimit: Int64 = 5 * 86400 * second

    private static let second: Int64 = 1_000_000_000

    /// - Parameter age: nanoseconds since the envelope was accepted; negative (the clock went back) counts as new.
    package static func verdict(_ category: SpoolCategory, age: Int64, checkIn: CheckInPhase?) -> Verdict {
        switch category {
        case .session, .transaction: return age > dayLimit ? .drop : .send
        case .checkIn: return age > checkInLimit ? late(checkIn) : .send
        case .event, .profile, .log, .clientReport: return .send
        }
    }

    private static func late(_ phase: CheckInPhase?) -> Verdict {
        switch phase {
        // The closing one gets the server a correct row if it is in time: the start is its arrival less its duration.
        // If it is late as well, its event tells the whole story.
        case .opening(closingWaits: true): .drop
        case .opening(closingWaits: false): .replaceByEvent
        // The row exists with the right start; a closing one sets status and duration, or only the duration after the
        // server has called a timeout. Not sending it would leave a run "in progress" that ended.
        case .closing(openingDelivered: true): .send
        // The start would be computed from the arrival: a run at a time when there was none.
        case .closing(openingDelivered: false): .replaceByEvent
        // Unreadable: nothing to make an event from.
        case nil: .drop
        }
    }
}
