// What was thrown away, counted, until a client report says so (protocol reference 10.1).

/// A count of lost items.
package struct Discard: Sendable, Hashable {
    /// A reason and a category by their wire names, e.g. `cache_overflow` and `log_item`.
    package var reason: String
    package var category: String
    package var quantity: Int
    /// Whom to tell; `nil` when it could not be read.
    package var dsn: String?

    package init(_ reason: String, _ category: String, _ quantity: Int = 1, dsn: String? = nil) {
        self.reason = reason
        self.category = category
        self.quantity = quantity
        self.dsn = dsn
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
