// What was thrown away, counted, until a client report says so (protocol reference 10.1).

import SentryProtocol

/// A count of lost items, and whom to tell.
package struct Discard: Sendable, Hashable {
    package var reason: DiscardReason
    package var category: DataCategory
    package var quantity: Int
    /// `nil` when it could not be read: whoever is told next.
    package var dsn: String?

    package init(_ reason: DiscardReason, _ category: DataCategory, _ quantity: Int = 1, dsn: String? = nil) {
        self.reason = reason
        self.category = category
        self.quantity = quantity
        self.dsn = dsn
    }

    /// As words of a line: `reason category quantity dsn`, the last `-` for none.
    package var fields: [String] { [reason.rawValue, category.rawValue, String(quantity), dsn ?? "-"] }

    /// `nil` for anything else.
    package init?(fields: [String]) {
        guard fields.count == 4, let reason = DiscardReason(rawValue: fields[0]),
            let category = DataCategory(rawValue: fields[1]), let quantity = Int(fields[2]), quantity > 0
        else { return nil }
        self.init(reason, category, quantity, dsn: fields[3] == "-" ? nil : fields[3])
    }

    /// The loss of a file: by item where it can be read, else by its name.
    package static func of(
        _ entry: SpoolEntry, _ envelope: StoredEnvelope?, because reason: DiscardReason
    ) -> [Discard] {
        guard let envelope else {
            return entry.category == .clientReport ? [] : [Discard(reason, entry.category.dataCategory)]
        }
        return envelope.items.flatMap { of($0, because: reason, dsn: envelope.dsn) }
    }

    /// The loss of one item.
    package static func of(_ item: StoredItem, because reason: DiscardReason, dsn: String?) -> [Discard] {
        item.lossCounts.map { Discard(reason, $0.category, $0.quantity, dsn: dsn) }
    }

    /// The same counts with equal reason, category and destination added up, in order of first appearance.
    package static func merged(_ discards: [Discard]) -> [Discard] {
        var result: [Discard] = []
        for discard in discards {
            let same = result.firstIndex {
                $0.reason == discard.reason && $0.category == discard.category && $0.dsn == discard.dsn
            }
            if let same { result[same].quantity += discard.quantity } else { result.append(discard) }
        }
        return result
    }
}
