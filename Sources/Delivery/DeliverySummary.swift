// What a courier did, for the verbs that tell somebody.

/// Counts of envelopes.
package struct DeliverySummary: Sendable, Equatable {
    package var delivered = 0
    package var discarded = 0
    /// Still in the spool when the courier stopped.
    package var remaining = 0
    /// Why envelopes were discarded or could not be delivered: a sentence, and how many it was true of.
    package var reasons: [String: Int] = [:]

    package init() {}

    mutating func record(_ outcome: DeliveryOutcome) {
        switch outcome {
        case .delivered: delivered += 1
        case .discarded(_, let why):
            discarded += 1
            reasons[why, default: 0] += 1
        case .unreachable(let error): reasons[error.description, default: 0] += 1
        }
    }
}
