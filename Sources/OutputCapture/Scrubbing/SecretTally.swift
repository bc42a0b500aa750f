// What was removed, by kind: the report says how much, never what.

/// What a removed text was.
package enum SecretKind: String, Sendable, CaseIterable {
    /// The value of a key whose name promises a secret.
    case named = "named value"
    /// By its own form: a provider's key, a web token, a bearer's.
    case token
    case privateKey = "private key"
    case cardNumber = "card number"
    /// User name and password, in a URL or for a program.
    case credentials = "credential"
    case email = "e-mail address"
    case address = "IP address"
    case userName = "user name"
    /// An expression of the user's matched.
    case pattern = "--scrub match"
}

/// Counts by kind.
package struct SecretTally: Sendable, Equatable {
    // Each line has one: it must not cost an allocation.
    private var counts = SIMD16<UInt32>()

    package init() {}

    package subscript(kind: SecretKind) -> Int {
        SecretKind.allCases.firstIndex(of: kind).map { Int(counts[$0]) } ?? 0
    }

    mutating func add(_ kind: SecretKind) {
        if let index = SecretKind.allCases.firstIndex(of: kind) { counts[index] &+= 1 }
    }

    mutating func add(_ other: SecretTally) { counts &+= other.counts }

    /// The kinds that were there, the most frequent first.
    package var entries: [(kind: SecretKind, count: Int)] {
        SecretKind.allCases.map { (kind: $0, count: self[$0]) }.filter { $0.count > 0 }.sorted { $0.count > $1.count }
    }
}
