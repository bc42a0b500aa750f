// What an HTTP status means for the envelope that was sent (protocol reference 1.3).

import SentryProtocol

/// What becomes of an envelope after an attempt. Only a missing answer keeps it.
package enum DeliveryVerdict: Sendable, Equatable {
    case delivered
    /// 429: what was not limited has been accepted, so it is never sent again; the server counts the rest itself.
    case limited
    /// Any other status: it would be refused again. Counted as ``DiscardReason/sendError``.
    case refused(status: Int)

    package init(status: Int) {
        switch status {
        case 200..<300: self = .delivered
        case 429: self = .limited
        default: self = .refused(status: status)
        }
    }
}
