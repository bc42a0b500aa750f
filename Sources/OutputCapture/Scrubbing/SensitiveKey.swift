// Which names promise a secret. In free text most lines with `key` or `session` in them are no secrets, so there the
// whole words of a name decide; where a name is given on purpose (a variable, an option), a part of it suffices.

/// How surely a key's value is a secret.
package enum SensitiveKey: Sendable, Equatable, BitwiseCopyable {
    case no
    /// Only a value that looks made up by a machine is one: `token: abc` is a parser's message.
    case ifRandomLooking
    /// Any value that is no number, path or variable: `pass=12` is a test's result.
    case ifNotPlain
    case always
    /// A header whose whole value is secret, spaces included.
    case header

    /// For text: log lines, breadcrumbs.
    ///
    /// `key` may be in any case and any of the usual styles: `db_password`, `DB-PASSWORD`, `dbPassword`, `PGPASSWORD`.
    package init(inText key: UnsafeRawBufferPointer) {
        self = .no
        var words = KeyWords(key)
        var previous = UnsafeRawBufferPointer(start: nil, count: 0)
        while let word = words.next() {
            let found = Self.word(word, after: previous)
            // The last word decides between weak and none: `token_count` is a number, `count_token` may be a token.
            switch found {
            case .always, .header: self = found
            case .ifRandomLooking, .ifNotPlain, .no: if self != .always && self != .header { self = found }
            }
            previous = word
        }
        if self != .no, self != .header, let last = previous.count > 0 ? previous : nil,
            Self.harmlessLast.contains(where: { last.equalsIgnoringCase($0) })
        {
            self = .no
        }
    }

    /// For data that has fields: members of JSON objects, attributes, query parameters. What every SDK removes by the whole
    /// name goes whatever its value; for other names it is as in text.
    package init(ofField key: UnsafeRawBufferPointer) {
        let isListed = Self.listedFilter.mayHave(key) && Self.listed.contains { key.equalsIgnoringCase($0) }
        let inText = SensitiveKey(inText: key)
        self = isListed && inText != .header ? .always : inText
    }

    /// For names that were given to a value on purpose: environment variables, options.
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

    /// Source: sentry_sdk.scrubber.DEFAULT_DENYLIST; protocol reference 12.4.
    private static let listed: [StaticString] = [
        "password", "passwd", "secret", "api_key", "apikey", "auth", "credentials", "mysql_pwd", "privatekey",
        "private_key", "token", "session", "csrftoken", "sessionid", "x_csrftoken", "set_cookie", "cookie",
        "authorization", "proxy-authorization", "proxy_authorization", "x_api_key", "aiohttp_session", "connect.sid",
        "csrf_token", "csrf", "_csrf", "_csrf_token", "phpsessid", "_session", "symfony", "user_session", "_xsrf",
        "xsrf-token", "pwd", "jwt", "bearer", "sso", "saml",
    ]

    private static let listedFilter = WordFilter(listed)

    private static func word(_ word: UnsafeRawBufferPointer, after previous: UnsafeRawBufferPointer) -> SensitiveKey {
        guard word.count >= 2, words.mayHave(word) || mayEnd(word) else { return .no }
        if headers.contains(where: { word.equalsIgnoringCase($0) }) { return .header }
        if strong.contains(where: { word.equalsIgnoringCase($0) }) { return .always }
        if endings.contains(where: { word.hasSuffixIgnoringCase($0) }) { return .always }
        if word.equalsIgnoringCase("key") {
            return keyOwners.contains { previous.equalsIgnoringCase($0) } ? .always : .ifRandomLooking
        }
        if word.equalsIgnoringCase("token") {
            return tokenOwners.contains { previous.equalsIgnoringCase($0) } ? .always : .ifRandomLooking
        }
        if passes.contains(where: { word.equalsIgnoringCase($0) }) {
            return passOwners.contains { previous.equalsIgnoringCase($0) } ? .always : .ifNotPlain
        }
        return weak.contains { word.equalsIgnoringCase($0) } ? .ifRandomLooking : .no
    }

    private static let words = WordFilter(headers + strong + endings + passes + weak + ["key", "token"])

    /// Whether one of ``endings`` may be at its end: by their last two letters.
    private static func mayEnd(_ word: UnsafeRawBufferPointer) -> Bool {
        guard word.count >= 6 else { return false }
        switch (word[word.count - 2].lowered, word[word.count - 1].lowered) {
        case (UInt8(ascii: "r"), UInt8(ascii: "d")), (UInt8(ascii: "w"), UInt8(ascii: "d")),
            (UInt8(ascii: "s"), UInt8(ascii: "e")), (UInt8(ascii: "d"), UInt8(ascii: "e")),
            (UInt8(ascii: "e"), UInt8(ascii: "t")), (UInt8(ascii: "e"), UInt8(ascii: "y")):
            return true
        default: return false
        }
    }

    private static let headers: [StaticString] = ["authorization", "cookie"]
    private static let strong: [StaticString] = [
        "secret", "credentials", "credential", "privatekey", "csrf", "csrftoken", "xsrf", "jwt", "phpsessid",
        "jsessionid",
        "sessionid", "accesskey", "secretkey", "authtoken", "accesstoken", "cvv", "cvc", "otp", "ssn", "mypwd",
    ]
    /// In one piece with what they belong to: `PGPASSWORD`, `clientsecret`.
    private static let endings: [StaticString] = ["password", "passwd", "passphrase", "passcode", "secret", "apikey"]
    private static let keyOwners: [StaticString] = [
        "api", "private", "access", "secret", "signing", "encryption", "auth", "account", "shared", "storage", "master",
        "consumer", "client", "license", "webhook", "service", "subscription",
    ]
    private static let tokenOwners: [StaticString] = [
        "access", "auth", "refresh", "api", "bearer", "session", "id", "oauth", "csrf", "xsrf", "secret", "security",
        "deploy", "personal", "bot", "webhook", "registry", "ci", "job", "github", "gitlab", "slack", "npm", "vault",
    ]
    /// Short for password.
    private static let passes: [StaticString] = ["pass", "pwd", "pw"]
    private static let passOwners: [StaticString] = [
        "db", "database", "user", "admin", "root", "mysql", "pg", "postgres", "smtp", "mail", "ftp", "ssh", "redis",
        "rabbitmq", "mongo", "ldap", "basic", "http", "proxy", "login", "account", "key", "keystore", "mssql", "sa",
    ]
    private static let weak: [StaticString] = [
        "auth", "session", "sid", "bearer", "identity", "saml", "sso", "signature", "sig", "nonce", "passwords",
        "secrets",
        "tokens",
    ]
    /// A name that ends so tells of a secret, but is none.
    private static let harmlessLast: [StaticString] = [
        "length", "count", "type", "name", "expires", "expiry", "expired", "expiration", "policy", "file", "path",
        "url",
        "uri", "age", "size", "status", "enabled", "required", "changed", "valid", "limit", "ttl", "algorithm", "min",
        "max",
    ]

    /// Calls `body` with all names that mean something, personal ones too.
    static func forEachName(_ body: (StaticString) -> Void) {
        for list in [headers, strong, endings, passes, weak, PersonalKey.names, ["key", "token"]] { list.forEach(body) }
    }
}

/// Names of fields that hold personal data.
enum PersonalKey {
    /// Source: sentry_sdk.scrubber.DEFAULT_PII_DENYLIST and what the protocol reference 12.4 adds.
    static let names: [StaticString] = [
        "user", "username", "user_name", "login", "email", "e-mail", "email_address", "remote_addr", "remote_ip",
        "client_ip", "ip_address", "x_forwarded_for", "x-forwarded-for", "x_real_ip", "x-real-ip", "user_email",
        "full_name", "first_name", "last_name", "phone", "phone_number",
    ]

    static func isPersonal(_ key: UnsafeRawBufferPointer) -> Bool {
        filter.mayHave(key) && names.contains { key.equalsIgnoringCase($0) }
    }

    private static let filter = WordFilter(names)
}

/// Says of most words that they are not on a list, by their length and their ends.
private struct WordFilter {
    private var bits = SIMD32<UInt64>()

    init(_ words: [StaticString]) {
        for word in words {
            let place = Self.place(
                word.utf8CodeUnitCount, word.utf8Start[0], word.utf8Start[word.utf8CodeUnitCount - 1])
            bits[place >> 6] |= 1 << UInt64(place & 63)
        }
    }

    func mayHave(_ word: UnsafeRawBufferPointer) -> Bool {
        guard let first = word.first, let last = word.last else { return false }
        let place = Self.place(word.count, first, last)
        return bits[place >> 6] & (1 << UInt64(place & 63)) != 0
    }

    private static func place(_ count: Int, _ first: UInt8, _ last: UInt8) -> Int {
        (Int(first.lowered) &* 37 ^ Int(last.lowered) &* 11 ^ count &* 131) & 2047
    }
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

extension UnsafeRawBufferPointer {
    /// `text` is in lower case.
    fileprivate func hasSuffixIgnoringCase(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && UnsafeRawBufferPointer(rebasing: self[(count - text.utf8CodeUnitCount)...]).hasPrefixIgnoringCase(text)
    }
}
