// Secrets that are recognised by their own form, whatever stands before them.

/// A token with a fixed beginning: provider keys.
struct SecretShape: Sendable {
    let prefix: StaticString
    /// How many further characters make it one.
    let minimumTail: Int
    /// Characters of the tail besides letters and digits.
    let extra: StaticString

    private init(_ prefix: StaticString, _ minimumTail: Int, _ extra: StaticString = "_-") {
        self.prefix = prefix
        self.minimumTail = minimumTail
        self.extra = extra
    }

    /// By the vendors' own documentation of their formats.
    static let known: [SecretShape] = [
        SecretShape("AKIA", 16, ""), SecretShape("ASIA", 16, ""), SecretShape("AIza", 30),
        SecretShape("ghp_", 20, ""), SecretShape("gho_", 20, ""), SecretShape("ghu_", 20, ""),
        SecretShape("ghs_", 20, ""), SecretShape("ghr_", 20, ""), SecretShape("github_pat_", 22, "_"),
        SecretShape("glpat-", 16), SecretShape("xoxa-", 10, "-"), SecretShape("xoxb-", 10, "-"),
        SecretShape("xoxp-", 10, "-"), SecretShape("xoxo-", 10, "-"), SecretShape("xoxs-", 10, "-"),
        SecretShape("xoxr-", 10, "-"), SecretShape("sk_live_", 16, ""), SecretShape("sk_test_", 16, ""),
        SecretShape("rk_live_", 16, ""), SecretShape("rk_test_", 16, ""), SecretShape("sk-ant-", 16),
        SecretShape("sk-proj-", 16), SecretShape("npm_", 30, ""), SecretShape("pypi-AgE", 16), SecretShape("hvs.", 20),
        SecretShape("sntrys_", 20, "_=+/"), SecretShape("sntryu_", 20, "_=+/"), SecretShape("SG.", 32, "._-"),
    ]

    /// First letters of all prefixes.
    static let initials: [UInt8] = Array(Set(known.map { $0.prefix.utf8Start[0] }))

    /// The end of the secret that begins at `start`, `nil` if none does.
    static func end(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        for shape in known where line.has(shape.prefix, at: start) {
            let tail = start + shape.prefix.utf8CodeUnitCount
            var end = tail
            while end < line.count, line[end].isAlphanumeric || shape.allows(line[end]) { end += 1 }
            if end - tail >= shape.minimumTail { return end }
        }
        return nil
    }

    private func allows(_ byte: UInt8) -> Bool {
        for index in 0..<extra.utf8CodeUnitCount where extra.utf8Start[index] == byte { return true }
        return false
    }

    /// Three base64url parts, the first an encoded `{"`: a JSON Web Token (RFC 7519).
    static func endOfWebToken(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard line.has("eyJ", at: start), start == 0 || line[start - 1] != 0x2D else { return nil }
        var end = start
        for part in 0..<3 {
            let from = end
            while end < line.count, line[end].isAlphanumeric || line[end] == 0x2D || line[end] == 0x5F { end += 1 }
            guard end - from >= (part == 2 ? 0 : 8) else { return nil }
            if part < 2 {
                guard end < line.count, line[end] == UInt8(ascii: ".") else { return nil }
                end += 1
            }
        }
        return end
    }

    /// Letters mixed with digits, or of both cases in the middle of a word: what no one would write in a sentence.
    static func looksRandom(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 8, value[0] != UInt8(ascii: "/"), value[0] != UInt8(ascii: "$") else { return false }
        var letters = false
        var digits = false
        var innerCapital = false
        for (index, byte) in value.enumerated() {
            guard
                byte.isAlphanumeric || byte == 0x2D || byte == 0x5F || byte == 0x2B || byte == 0x2F || byte == 0x3D
                    || byte == 0x2E || byte == 0x7E
            else { return false }
            letters = letters || byte.isLetter
            digits = digits || byte.isDigit
            innerCapital = innerCapital || (index > 0 && byte.isUppercase && !value[index - 1].isUppercase)
        }
        return letters && (digits || innerCapital)
    }
}
