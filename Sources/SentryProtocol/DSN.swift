// Where reports go and as whom (protocol reference 1.1).

/// A parsed DSN: `{scheme}://{public_key}[:{secret_key}]@{host}[:{port}]{path}/{project_id}`.
package struct DSN: Sendable, Equatable {
    /// The text it was read from, without outer blanks. May hold a secret: show ``redacted`` to people.
    package let text: String
    package let scheme: Scheme
    /// Never empty; letters, digits, `-` and `_`.
    package let publicKey: String
    /// Only in very old DSNs.
    package let secretKey: String?
    /// Lower case; an IPv6 address has no brackets here.
    package let host: String
    /// `nil` where it is the scheme's own.
    package let port: Int?
    /// What stands before `/api/`: empty, or `/a/b` without a trailing slash.
    package let path: String
    /// Opaque; a number on Sentry's servers.
    package let projectID: String

    package enum Scheme: String, Sendable, CaseIterable {
        case http
        case https

        var port: Int { self == .http ? 80 : 443 }
    }

    /// Reads a DSN. An empty text is an error here; callers to whom it means "off" ask first.
    package init(_ text: String) throws(DSNError) {
        let text = trimmed(text)
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .forbiddenCharacter }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { throw .scheme("") }
        let schemeText = text[..<colon].lowercased()
        guard let scheme = Scheme(rawValue: schemeText) else { throw .scheme(schemeText) }
        let rest = text[colon...].dropFirst(3)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else { throw .query }

        let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let at = rest[..<authorityEnd].lastIndex(of: "@") else { throw .noPublicKey }
        let keys = try Self.keys(rest[..<at])
        let address = try Self.address(rest[rest.index(after: at)..<authorityEnd])
        let (path, projectID) = try Self.path(rest[authorityEnd...])

        self.text = text
        self.scheme = scheme
        publicKey = keys.public
        secretKey = keys.secret
        host = address.host
        port = address.port == scheme.port ? nil : address.port
        self.path = path
        self.projectID = projectID
    }

    private static func keys(_ text: Substring) throws(DSNError) -> (public: String, secret: String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let key = parts.first, !key.isEmpty else { throw .noPublicKey }
        guard key.utf8.allSatisfy(isKeyByte) else { throw .publicKey }
        let secret = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
        guard secret?.utf8.allSatisfy(isKeyByte) ?? true else { throw .secretKey }
        return (String(key), secret.map(String.init))
    }

    private static func address(_ text: Substring) throws(DSNError) -> (host: String, port: Int?) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw .host(String(text)) }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw .host(String(text)) }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E })
            else { throw .host(String(text)) }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard host.utf8.allSatisfy({ isKeyByte($0) || $0 == 0x2E }) else { throw .host(String(text)) }
        }
        guard !host.isEmpty else { throw .noHost }
        guard let port else { return (host.lowercased(), nil) }
        guard let number = Int(port), port.utf8.allSatisfy(isDigit), 1...65535 ~= number
        else { throw .port(String(port)) }
        return (host.lowercased(), number)
    }

    private static func path(_ text: Substring) throws(DSNError) -> (path: String, projectID: String) {
        var segments = text.split(separator: "/")
        guard let projectID = segments.popLast() else { throw .noProjectID }
        guard projectID.utf8.allSatisfy(isKeyByte) else { throw .projectID(String(projectID)) }
        guard segments.allSatisfy({ $0.utf8.allSatisfy(isPathByte) && $0 != "." && $0 != ".." }) else { throw .path }
        return (segments.map { "/" + $0 }.joined(), String(projectID))
    }

    // MARK: What is derived from it

    /// Scheme, host and port: what one connection serves.
    package var origin: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(scheme.rawValue)://\(shownHost)\(port.map { ":\($0)" } ?? "")"
    }

    /// Where envelopes are posted to. Ends in a slash, as the server wants it.
    package var envelopeURL: String { "\(origin)\(path)/api/\(projectID)/envelope/" }

    /// The value of `X-Sentry-Auth`; `client` is `name/version`.
    package func authHeader(client: String) -> String {
        let secret = secretKey.map { ", sentry_secret=\($0)" } ?? ""
        return "Sentry sentry_version=7, sentry_client=\(client), sentry_key=\(publicKey)\(secret)"
    }

    /// The organisation's id where the host names it: `o<digits>.ingest[.<region>].sentry.io`.
    package var organizationID: String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard let digits = labels.first?.dropFirst(), host.first == "o", decimal(digits) != nil,
            labels.count == 4 || labels.count == 5, labels[1] == "ingest", labels.suffix(2) == ["sentry", "io"]
        else { return nil }
        return String(digits)
    }

    /// The DSN for messages to people: as given, but without the secret.
    package var redacted: String {
        let keys = secretKey == nil ? publicKey : "\(publicKey):[Filtered]"
        return "\(scheme.rawValue)://\(keys)@\(origin.dropFirst(scheme.rawValue.count + 3))\(path)/\(projectID)"
    }
}

/// Why a text is no DSN. The description is a sentence that says what is allowed and never repeats a key.
package enum DSNError: Error, Equatable, CustomStringConvertible {
    case empty
    case forbiddenCharacter
    case scheme(String)
    case noPublicKey
    case publicKey
    case secretKey
    case noHost
    case host(String)
    case port(String)
    case path
    case query
    case noProjectID
    case projectID(String)

    package var description: String {
        "\(problem); a DSN looks like https://PUBLIC_KEY@HOST/PROJECT_ID"
    }

    private var problem: String {
        switch self {
        case .empty: "it is empty"
        case .forbiddenCharacter: "it has a blank, a control character or one that is not ASCII"
        case .scheme(let text) where text.isEmpty: "it has no scheme: http:// or https:// is wanted"
        case .scheme(let text): "its scheme is '\(text)': only http and https are allowed"
        case .noPublicKey: "it has no public key before an '@'"
        case .publicKey: "its public key may only have letters, digits, '-' and '_'"
        case .secretKey: "its secret key may only have letters, digits, '-' and '_'"
        case .noHost: "it has no host after the '@'"
        case .host(let text): "its host '\(text)' is neither a host name nor an IPv6 address in brackets"
        case .port(let text): "its port '\(text)' is not a number from 1 to 65535"
        case .path: "its path may only have plain URL characters, and no '.' or '..' segment"
        case .query: "it has a '?' or '#'"
        case .noProjectID: "it has no project id after the host"
        case .projectID(let text): "its project id '\(text)' may only have letters, digits, '-' and '_'"
        }
    }
}

private func isKeyByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == 0x2D || byte == 0x5F }

private func isPathByte(_ byte: UInt8) -> Bool { isKeyByte(byte) || byte == 0x2E || byte == 0x7E || byte == 0x25 }
