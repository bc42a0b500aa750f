// Envelopes that the courier makes itself.

import SentryProtocol
import Spool

extension StoredEnvelope {
    /// An envelope that is sent at once: `now` becomes its `sent_at`.
    package init(from sender: SDKInfo = .current, to dsn: DSN, at now: Timestamp, items: [StoredItem]) {
        self.init(
            header: [
                "dsn": .string(dsn.text), "sdk": ["name": .string(sender.name), "version": .string(sender.version)],
                "sent_at": .string(now.rfc3339),
            ], items: items)
    }
}
