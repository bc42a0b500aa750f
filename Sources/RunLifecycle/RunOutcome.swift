// What the verdict on a run means for its check-in, session and transaction.

import SentryProtocol

/// How a run ended, in the words of each report. Made from the verdict by whoever wires the rooms.
package struct RunOutcome: Sendable, Equatable {
    package var isFailure: Bool
    package var sessionStatus: Session.Status
    package var spanStatus: SpanStatus

    package init(isFailure: Bool, sessionStatus: Session.Status, spanStatus: SpanStatus) {
        self.isFailure = isFailure
        self.sessionStatus = sessionStatus
        self.spanStatus = spanStatus
    }

    package static let success = RunOutcome(isFailure: false, sessionStatus: .exited, spanStatus: .ok)
}
