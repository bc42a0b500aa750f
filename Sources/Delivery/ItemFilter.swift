// Which items of an envelope may travel while limits are in force (protocol reference 10.2, 10.3).

import SentryProtocol
import Spool

package enum ItemFilter {
    /// Splits items into those to send and those to drop. Attachments go with their event or transaction, profiles with
    /// their transaction. Kinds that we do not know are only subject to a limit on everything.
    package static func split(
        _ items: [StoredItem], by limits: RateLimits, at now: Timestamp
    ) -> (wanted: [StoredItem], unwanted: [StoredItem]) {
        func isLimited(_ item: StoredItem) -> Bool {
            guard let kind = ItemKind(rawValue: item.type) else { return limits.deadlineForEverything(at: now) != nil }
            return limits.isLimited(kind, at: now)
        }
        let carrierIsGone = items.contains { ($0.type == "event" || $0.type == "transaction") && isLimited($0) }
        var wanted: [StoredItem] = []
        var unwanted: [StoredItem] = []
        for item in items {
            let depends = item.type == "attachment" || item.type == "profile"
            if isLimited(item) || depends && carrierIsGone { unwanted.append(item) } else { wanted.append(item) }
        }
        return (wanted, unwanted)
    }
}
