// Which names promise a secret. In free text most lines with `key` or `session` in them are no secrets, so there the
// whole words of a name decide; where a name is given on purpose (a variable, an option), a part of it suffices.

/// How surely a key's value is a secret.
package enum SensitiveKey: Sendable, Equatable {
    case no
    /// Only a value that looks made up by a machine is one: `token: abc` is a parser's message.
    case ifRandomLooking
    case always
    /// A header whose whole value is secret, spaces included.
    case header

    /// For text: log lines, breadcrumbs, JSON members.
    ///
    /// `key` may be in any case and any of the usual styles: `db_password`, `DB-PASSWORD`, `dbPassword`.
    package init(inText key: UnsafeRawBufferPointer) {
        self = .no
        var words = KeyWords(key)
        var previous = UnsafeRawBufferPointer(start: nil, count: 0)
        while let word = words.next() {
            let found = Self.word(word, after: previous)
            // The last word decides between weak and none: `token_count` is a number, `count_token` may be a token.
            switch found {
            case .always, .header: self = found
            case .ifRandomLooking, .no: if self != .always && self != .header { self = found }
            }
            previous = word
        }
    }

    /// For names that were given to a value on purpose: environment variables, options, attributes set by the user.
    /// Substrings count, as in every SDK (protocol reference 12.4).
    package static func isSensitive(name: String) -> Bool {
        let name = name.lowercased()
        if ["pwd", "oldpwd"].contains(name) { return false }
        return parts.contains { name.contains($0) }
    }

    private static let parts = [
        "auth", "token", "secret", "password", "passwd", "pwd", "passphrase", "key", "jwt", "bearer", "sso", "saml",
        "csrf", "xsrf", "credential", "session", "sid", "identity", "cookie", "dsn",
    ]

    private static func word(_ word: UnsafeRawBufferPointer, after previous: UnsafeRawBufferPointer) -> SensitiveKey {
        guard word.count >= 3 else { return .no }
        if headers.contains(where: { word.equalsIgnoringCase($0) }) { return .header }
        if strong.contains(where: { word.equalsIgnoringCase($0) }) { return .always }
        if word.equalsIgnoringCase("key") {
            return keyOwners.contains { previous.equalsIgnoringCase($0) } ? .always : .ifRandomLooking
        }
        if word.equalsIgnoringCase("token") {
            return tokenOwners.contains { previous.equalsIgnoringCase($0) } ? .always : .ifRandomLooking
        }
        return weak.contains { word.equalsIgnoringCase($0) } ? .ifRandomLooking : .no
    }

    private static let headers: [StaticString] = ["authorization", "cookie"]
    private static let strong: [StaticString] = [
        "password", "passwd", "passphrase", "secret", "credentials", "credential", "apikey", "privatekey", "csrf",
        "csrftoken", "xsrf", "jwt", "phpsessid", "sessionid", "accesskey", "secretkey", "authtoken", "accesstoken",
    ]
    private static let keyOwners: [StaticString] = [
        "api", "private", "access", "secret", "signing", "encryption", "auth",
    ]
    private static let tokenOwners: [StaticString] = [
        "access", "auth", "refresh", "api", "bearer", "session", "id", "oauth", "csrf", "xsrf", "secret",
    ]
    private static let weak: [StaticString] = [
        "auth", "pass", "pwd", "session", "sid", "bearer", "identity", "saml", "sso", "signature", "pw",
    ]
}

/// The words of a key: split at `_`, `-`, `.`, digits and where a capital follows a small letter.
private struct KeyWords {
    private let key: UnsafeRawBufferPointer
    private var offset = 0

    init(_ key: UnsafeRawBufferPointer) { self.key = key }

    mutating func next() -> UnsafeRawBufferPointer? {
        while offset < key.count, !key[offset].isLetter { offset += 1 }
        guard offset < key.count else { return nil }
        let start = offset
        offset += 1
        while offset < key.count, key[offset].isLetter, !(key[offset].isUppercase && !key[offset - 1].isUppercase) {
            offset += 1
        }
        return UnsafeRawBufferPointer(rebasing: key[start..<offset])
    }
}
