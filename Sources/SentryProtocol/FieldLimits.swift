// The server's limits on texts, applied here so that what is shown is what we cut, not what it threw away
// (protocol reference 3.1).

/// The longest texts the server keeps, in Unicode scalars.
package enum FieldLimit {
    package static let tag = 200
    package static let tagKey = 200
    package static let transaction = 200
    package static let message = 8192
    package static let logger = 64
    package static let serverName = 200
    package static let breadcrumbCategory = 128
    package static let exceptionType = 256
    package static let frameName = 512
    package static let framePath = 256
    package static let operation = 128
    package static let featureFlag = 200
}

/// A text cut to `limit` Unicode scalars on a character's border, ending in `...` where something was cut.
package func capped(_ text: String, _ limit: Int) -> String {
    // Never more scalars than bytes: most texts need no counting.
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
    var kept = ""
    var count = 3
    for character in text {
        count += character.unicodeScalars.count
        guard count <= limit else { break }
        kept.append(character)
    }
    return kept + "..."
}

/// What the server accepts as a release; anything else it drops.
package enum ReleaseName {
    /// A sentence saying what is wrong, `nil` for a valid one.
    package static func problem(_ text: String) -> String? {
        if trimmed(text).isEmpty { return "a release must not be empty" }
        if text.unicodeScalars.count > 200 { return "a release may have 200 characters at most" }
        if ["latest", ".", ".."].contains(text.lowercased()) { return "'\(text)' is not allowed as a release" }
        let forbidden: [Unicode.Scalar] = ["/", "\\", "\t", "\r", "\n"]
        if text.unicodeScalars.contains(where: forbidden.contains) {
            return "a release may not have '/', '\\', tabs or line breaks"
        }
        return nil
    }
}

/// What the server accepts as an environment.
package enum EnvironmentName {
    /// A sentence saying what is wrong, `nil` for a valid one.
    package static func problem(_ text: String) -> String? {
        if trimmed(text).isEmpty { return "an environment must not be empty" }
        if text.unicodeScalars.count > 64 { return "an environment may have 64 characters at most" }
        if text.lowercased() == "none" { return "'\(text)' is not allowed as an environment" }
        let forbidden: [Unicode.Scalar] = ["/", "\\", "\r", "\n"]
        if text.unicodeScalars.contains(where: forbidden.contains) {
            return "an environment may not have '/', '\\' or line breaks"
        }
        return nil
    }
}

/// What the server accepts as a distribution.
package enum DistName {
    /// A sentence saying what is wrong, `nil` for a valid one.
    package static func problem(_ text: String) -> String? {
        let isValid =
            1...64 ~= text.utf8.count && text.utf8.allSatisfy { isAlphanumeric($0) || [0x5F, 0x2E, 0x2D].contains($0) }
        return isValid ? nil : "a dist has 1 to 64 characters out of letters, digits, '_', '.' and '-'"
    }
}

/// What the server accepts as a tag's key.
package enum TagKey {
    /// A sentence saying what is wrong, `nil` for a valid one.
    package static func problem(_ text: String) -> String? {
        if ["environment", "release"].contains(text) {
            return "'\(text)' has an option of its own and cannot be a tag"
        }
        let isValid =
            1...FieldLimit.tagKey ~= text.utf8.count
            && text.utf8.allSatisfy { isAlphanumeric($0) || [0x5F, 0x2E, 0x3A, 0x2D].contains($0) }
        return isValid ? nil : "a tag's key has 1 to 200 characters out of letters, digits, '_', '.', ':' and '-'"
    }
}

/// A tag's value as the server keeps it: one line, capped.
func tagValue(_ text: String) -> String {
    let line =
        text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D })
        ? String(text.map { $0.isNewline ? " " : $0 }) : text
    return capped(line, FieldLimit.tag)
}
