// Secrets that are recognised by their own form, whatever stands before them.

/// A token with a fixed beginning: provider keys.
struct SecretShape: Sendable {
    let prefix: StaticString
    /// How many further characters make it one.
    let minimumTail: Int
    let tail: Tail

    /// Characters of the tail.
    enum Tail: Sendable {
        case alphanumeric
        case upperAlphanumeric
        case hexadecimal
        /// base64url: also `_` and `-`.
        case url
        case underscore
        case dash
        /// Anything of the above and `.`, `=`, `+`, `/`.
        case any

        func allows(_ byte: UInt8) -> Bool {
            switch self {
            case .alphanumeric: byte.isAlphanumeric
            case .upperAlphanumeric: byte.isUppercase || byte.isDigit
            case .hexadecimal: byte.isDigit || (byte | 0x20) &- 0x61 < 6
            case .url: byte.isAlphanumeric || byte == 0x5F || byte == 0x2D
            case .underscore: byte.isAlphanumeric || byte == 0x5F
            case .dash: byte.isAlphanumeric || byte == 0x2D
            case .any:
                byte.isAlphanumeric || byte == 0x5F || byte == 0x2D || byte == 0x2E || byte == 0x3D || byte == 0x2B
                    || byte == 0x2F
            }
        }
    }

    private init(_ prefix: StaticString, _ minimumTail: Int, _ tail: Tail = .url) {
        self.prefix = prefix
        self.minimumTail = minimumTail
        self.tail = tail
    }

    /// By the vendors' own documentation of their formats.
    static let known: [SecretShape] = clouds + forges + services + artificialMinds

    private static let clouds: [SecretShape] = [
        SecretShape("AKIA", 16, .upperAlphanumeric), SecretShape("ASIA", 16, .upperAlphanumeric),
        SecretShape("ABIA", 16, .upperAlphanumeric), SecretShape("ACCA", 16, .upperAlphanumeric),
        SecretShape("AIza", 30), SecretShape("ya29.", 20), SecretShape("GOCSPX-", 20),
        SecretShape("LTAI", 17, .alphanumeric),
        SecretShape("AKID", 28, .alphanumeric), SecretShape("dop_v1_", 40, .hexadecimal),
        SecretShape("doo_v1_", 40, .hexadecimal), SecretShape("dor_v1_", 40, .hexadecimal), SecretShape("HRKU-", 30),
        SecretShape("hvs.", 20), SecretShape("hvb.", 20), SecretShape("hvr.", 20),
        SecretShape("dapi", 32, .hexadecimal),
        SecretShape("dp.pt.", 30, .alphanumeric), SecretShape("dp.st.", 30, .any), SecretShape("pscale_tkn_", 30),
        SecretShape("pscale_pw_", 30), SecretShape("sbp_", 36, .hexadecimal), SecretShape("pul-", 40, .hexadecimal),
        SecretShape("tskey-", 16, .dash), SecretShape("AGE-SECRET-KEY-1", 40, .upperAlphanumeric),
        SecretShape("LS0tLS1CRUdJTi", 40, .any), SecretShape("lin_api_", 30, .alphanumeric),
        SecretShape("EAACEdEose0cBA", 8),
    ]

    private static let forges: [SecretShape] = [
        SecretShape("ghp_", 20, .alphanumeric), SecretShape("gho_", 20, .alphanumeric),
        SecretShape("ghu_", 20, .alphanumeric), SecretShape("ghs_", 20, .any), SecretShape("ghr_", 20, .alphanumeric),
        SecretShape("github_pat_", 22, .underscore), SecretShape("glpat-", 16, .any), SecretShape("gldt-", 16),
        SecretShape("glrt-", 16), SecretShape("glcbt-", 16), SecretShape("glptt-", 16), SecretShape("glft-", 16),
        SecretShape("glimt-", 16), SecretShape("glagent-", 16), SecretShape("glsoat-", 16),
        SecretShape("GR1348941", 16),
        SecretShape("ATATT3", 40, .any), SecretShape("ATCTT3", 40, .any), SecretShape("ATBB", 28, .alphanumeric),
        SecretShape("npm_", 30, .alphanumeric), SecretShape("pypi-AgE", 16), SecretShape("rubygems_", 40, .hexadecimal),
        SecretShape("oy2", 43, .alphanumeric), SecretShape("CLOJARS_", 40, .alphanumeric), SecretShape("dckr_pat_", 20),
        SecretShape("dckr_oat_", 20), SecretShape("bkua_", 30, .alphanumeric), SecretShape("CCIPAT_", 20),
        SecretShape("CCIPRJ_", 20), SecretShape("AKCp", 60, .alphanumeric),
    ]

    private static let services: [SecretShape] = [
        SecretShape("xoxa-", 10, .dash), SecretShape("xoxb-", 10, .dash), SecretShape("xoxp-", 10, .dash),
        SecretShape("xoxo-", 10, .dash), SecretShape("xoxs-", 10, .dash), SecretShape("xoxr-", 10, .dash),
        SecretShape("xoxe-", 10, .dash), SecretShape("xoxe.xox", 10, .dash), SecretShape("xapp-", 10, .dash),
        SecretShape("sk_live_", 16, .alphanumeric), SecretShape("sk_test_", 16, .alphanumeric),
        SecretShape("rk_live_", 16, .alphanumeric), SecretShape("rk_test_", 16, .alphanumeric),
        SecretShape("whsec_", 24, .any), SecretShape("sq0atp-", 20), SecretShape("sq0csp-", 40),
        SecretShape("shpat_", 30),
        SecretShape("shpca_", 30), SecretShape("shppa_", 30), SecretShape("shpss_", 30),
        SecretShape("access_token$production$", 16, .any), SecretShape("SG.", 32, .any),
        SecretShape("SK", 32, .hexadecimal), SecretShape("key-", 32, .hexadecimal), SecretShape("sntrys_", 20, .any),
        SecretShape("sntryu_", 20, .any), SecretShape("sntryi_", 20, .any), SecretShape("glsa_", 30, .underscore),
        SecretShape("glc_", 30, .any), SecretShape("NRAK-", 20), SecretShape("NRII-", 20), SecretShape("NRJS-", 16),
        SecretShape("PMAK-", 40), SecretShape("dt0c01.", 40, .any), SecretShape("ops_eyJ", 40, .any),
        SecretShape("figd_", 30), SecretShape("ntn_", 30, .alphanumeric), SecretShape("secret_", 43, .alphanumeric),
        SecretShape("FLWSECK", 20), SecretShape("duffel_", 30), SecretShape("EZAK", 50, .alphanumeric),
    ]

    private static let artificialMinds: [SecretShape] = [
        SecretShape("sk-ant-", 16), SecretShape("sk-proj-", 16), SecretShape("sk-svcacct-", 16),
        SecretShape("sk-admin-", 16), SecretShape("sk-or-", 16), SecretShape("sk-", 40, .alphanumeric),
        SecretShape("hf_", 30, .alphanumeric), SecretShape("r8_", 30, .alphanumeric),
        SecretShape("gsk_", 40, .alphanumeric),
        SecretShape("pplx-", 40, .alphanumeric),
    ]

    /// Where in the prefix the three bytes stand that are rarest in ordinary text.
    var anchor: Int {
        var rarest = 0
        var least = Self.frequency(0, in: prefix)
        for index in 1..<max(1, prefix.utf8CodeUnitCount - Self.anchorLength + 1) {
            let frequency = Self.frequency(index, in: prefix)
            if frequency < least { (rarest, least) = (index, frequency) }
        }
        return rarest
    }

    private static let anchorLength = 3

    /// What may stand at each of the three places by which the shape is found; behind a short prefix, what a tail has.
    var anchorBytes: [[UInt8]] {
        (anchor..<(anchor + Self.anchorLength)).map { place in
            place < prefix.utf8CodeUnitCount
                ? [prefix.utf8Start[place]] : (UInt8.min...UInt8.max).filter(tail.allows)
        }
    }

    private static func frequency(_ index: Int, in prefix: StaticString) -> Int {
        let end = min(index + anchorLength, prefix.utf8CodeUnitCount)
        return (index..<end).reduce(0) { sum, place in
            switch prefix.utf8Start[place] {
            case UInt8(ascii: "x"), UInt8(ascii: "q"), UInt8(ascii: "z"), UInt8(ascii: "j"), UInt8(ascii: "$"): sum + 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"): sum + 2
            case UInt8(ascii: "-"), UInt8(ascii: "A")...UInt8(ascii: "Z"): sum + 3
            case UInt8(ascii: "."), UInt8(ascii: "_"): sum + 4
            default: sum + 6
            }
        }
    }

    /// A token of this shape whose anchor is at `place`: where it begins and ends.
    func range(_ line: UnsafeRawBufferPointer, anchor: Int, at place: Int) -> Range<Int>? {
        let start = place - anchor
        guard line.has(prefix, at: start), !ScrubbingPass.isInsideWord(line, start), let end = end(line, from: start)
        else { return nil }
        return start..<end
    }

    /// The end of the token whose prefix is at `start`; `nil` where too little of the right kind follows.
    private func end(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let first = start + prefix.utf8CodeUnitCount
        var end = first
        while end < line.count, tail.allows(line[end]) { end += 1 }
        // What ends a sentence is no part of it.
        while end > first, line[end - 1] == UInt8(ascii: ".") { end -= 1 }
        guard end - first >= minimumTail else { return nil }
        // A tail that may hold another prefix after a dash must not be looked at in vain: that would be quadratic.
        let isOneWord = tail == .alphanumeric || tail == .upperAlphanumeric || tail == .hexadecimal
        let isWhole = end >= line.count || !(line[end].isAlphanumeric || line[end] == 0x5F)
        return isWhole || !isOneWord ? end : nil
    }

    /// Base64url parts joined by dots, three or (encrypted) five, the first an encoded `{"`: a JSON Web Token (RFC 7519).
    static func endOfWebToken(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard line.has("eyJ", at: start), start == 0 || line[start - 1] != 0x2D else { return nil }
        var end = start
        for part in 0..<5 {
            let from = end
            while end < line.count, Tail.url.allows(line[end]) { end += 1 }
            guard part >= 2 || end - from >= 8 else { return nil }
            let goesOn = end < line.count && line[end] == UInt8(ascii: ".")
            if part < 2, !goesOn { return nil }
            guard goesOn, part < 2 || (end + 1 < line.count && Tail.url.allows(line[end + 1])) else { break }
            if part < 4 { end += 1 }
        }
        return end
    }

    /// Letters mixed with digits, or of both cases in the middle of a word: what no one would write in a sentence.
    static func looksRandom(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 8, value[0] != UInt8(ascii: "$") else { return false }
        var letters = false
        var digits = false
        var innerCapital = false
        var slashes = 0
        for (index, byte) in value.enumerated() {
            guard Tail.any.allows(byte) || byte == 0x7E || byte == 0x25 else { return false }
            letters = letters || byte.isLetter
            digits = digits || byte.isDigit
            if byte == UInt8(ascii: "/") { slashes += 1 }
            innerCapital = innerCapital || (index > 0 && byte.isUppercase && !value[index - 1].isUppercase)
        }
        // A path has many short parts; base64 has few slashes.
        if value[0] == UInt8(ascii: "/"), value.count < 20 || value.count / (slashes + 1) < 10 { return false }
        return letters && (digits || innerCapital)
    }

    /// A number, a path, a variable, a word that says yes or no: what a test's or a shell's `pass=` has.
    static func looksPlain(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 3, let first = value.first else { return true }
        if first == UInt8(ascii: "/") || first == UInt8(ascii: "$") || first == UInt8(ascii: ".") { return true }
        if value.allSatisfy({ !$0.isLetter }) { return true }
        return plainWords.contains { value.equalsIgnoringCase($0) }
    }

    private static let plainWords: [StaticString] = [
        "true", "false", "yes", "none", "null", "nil", "fail", "failed", "pass", "passed", "skip", "off", "only",
        "through",
    ]
}
