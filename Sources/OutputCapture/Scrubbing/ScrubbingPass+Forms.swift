// Secrets that are known by their own form.

import LinuxSystem

extension ScrubbingPass {
    private static let maximumUserInfo = 512

    /// At the bytes by which a provider's token or a web token is found, or at `Bearer` or `Basic`.
    mutating func token() {
        let start = index
        if let found = tokenOfShape() {
            if found.lowerBound >= copied { replace(found, .token) }
            return
        }
        guard !isInsideWord(start) else { return }
        if let end = SecretShape.endOfWebToken(line, from: start) { return replace(start..<end, .token) }
        scheme()
    }

    /// `Bearer TOKEN`, `Basic TOKEN` (RFC 6750, RFC 7617).
    private mutating func scheme() {
        let rest = UnsafeRawBufferPointer(rebasing: line[index...])
        let length = rest.hasPrefixIgnoringCase("bearer ") ? 7 : rest.hasPrefixIgnoringCase("basic ") ? 6 : 0
        guard length > 0 else { return }
        let start = index + length
        let value = end(from: start, while: Self.isBareValueByte)
        if SecretShape.looksRandom(slice(start..<value)) { replace(start..<value, .token) } else { index = value }
    }

    mutating func cardNumber() {
        // Most numbers are too short, and are passed without more ado.
        let run = end(from: index, while: \.isDigit)
        let isGroup =
            run - index == 4 && run + 1 < line.count && line[run + 1].isDigit
            && (line[run] == 0x20 || line[run] == 0x2D)
        guard isGroup || (13...19).contains(run - index) else {
            index = run
            return
        }
        let (end, isCard) = CardNumber.read(line, from: index)
        if isCard { replace(index..<end, .cardNumber) } else { index = max(index + 1, end) }
    }

    /// `scheme://user:password@host`; a user alone only where it can be a token (http).
    mutating func userInfo() {
        let colon = index
        guard line.has("://", at: colon) else { return }
        let start = colon + 3
        index = start
        var separator: Int?
        var last: Int?
        var place = start
        let limit = min(line.count, start + Self.maximumUserInfo)
        scan: while place < limit {
            switch line[place] {
            case UInt8(ascii: ":"): separator = separator ?? place
            case UInt8(ascii: "@"): last = place
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"):
                // A password should be encoded, and often is not. What follows a host and a colon is a port.
                guard last == nil, let separator, separator + 1 < place,
                    !slice((separator + 1)..<place).allSatisfy(\.isDigit)
                else { break scan }
            case 0x00...0x20, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "<"),
                UInt8(ascii: ">"):
                break scan
            default: break
            }
            place += 1
        }
        guard let at = last, at > start else { return }
        let hasPassword = separator.map { $0 < at } ?? false
        let isHTTP = colon >= 4 && (line.has("http", at: colon - 4) || line.has("https", at: max(0, colon - 5)))
        if hasPassword {
            guard !line.has("[Filtered]:[Filtered]@", at: start) else { return }
            replace(start..<at, .credentials, with: "[Filtered]:[Filtered]")
        } else if isHTTP, !line.has("[Filtered]@", at: start) {
            replace(start..<at, .credentials)
        }
    }

    /// `jdbc:oracle:thin:user/password@host`.
    mutating func oracleCredentials(from start: Int) {
        let slash = end(from: start, limit: start + 64) { $0.isAlphanumeric || $0 == 0x5F }
        guard slash > start, slash < line.count, line[slash] == UInt8(ascii: "/") else { return }
        let at = end(from: slash, limit: slash + Self.maximumUserInfo) {
            $0 != UInt8(ascii: "@") && Self.isBareValueByte($0)
        }
        guard at < line.count, line[at] == UInt8(ascii: "@") else { return }
        replace(start..<at, .credentials)
    }

    /// A PEM private key within one line (`\n` written out), or what of it is on this line. `true` when it was a PEM line.
    mutating func privateKey() -> Bool {
        guard line.has("-----BEGIN ", at: index) else { return false }
        let label = slice(index..<min(line.count, index + 64))
        guard find("PRIVATE KEY-----", in: label, from: 0) ?? find("PRIVATE KEY BLOCK-----", in: label, from: 0) != nil
        else {
            index += 11
            return true
        }
        guard let end = find("-----END", in: line, from: index) else {
            replace(index..<line.count, .privateKey)
            return true
        }
        let tail = slice(end..<min(line.count, end + 64))
        let close =
            find("KEY-----", in: tail, from: 0).map { $0 + 8 } ?? find("BLOCK-----", in: tail, from: 0).map { $0 + 10 }
        replace(index..<(close.map { end + $0 } ?? line.count), .privateKey)
        return true
    }

    /// `hooks.slack.com/services/T…/B…/…`, `discord.com/api/webhooks/ID/TOKEN`: whoever has the path may post.
    mutating func webHook() {
        let length = line.has("/services/T", at: index) ? 10 : line.has("/webhooks/", at: index) ? 10 : 0
        guard length > 0 else { return }
        let start = index + length
        let end = end(from: start) { SecretShape.Tail.any.allows($0) }
        let slashes = slice(start..<end).reduce(0) { $1 == UInt8(ascii: "/") ? $0 + 1 : $0 }
        if end - start >= 30, slashes >= 1 { replace(start..<end, .token) } else { index = end }
    }

    /// Telegram's `123456789:AA…`, Azure's `abc1Q~…`, Mailchimp's `…-us12`.
    mutating func tokenFromItsMiddle() {
        // The digit before `Q~`.
        let place = line[index].isDigit ? index + 1 : index
        switch line[place] {
        case UInt8(ascii: ":"):
            let start = start(before: place, count: 11, while: \.isDigit)
            guard (8...10).contains(place - start), line.has(":AA", at: place) else { return }
            let end = end(from: place + 1, limit: place + 40, while: SecretShape.Tail.url.allows)
            if end - place == 36 { replace(start..<end, .token) }
        case UInt8(ascii: "Q"):
            let start = start(before: place, count: 4) { SecretShape.Tail.any.allows($0) || $0 == UInt8(ascii: "~") }
            guard place - start == 4, line[place - 1].isDigit else { return }
            let end = end(from: place + 2, limit: place + 40) {
                SecretShape.Tail.any.allows($0) || $0 == UInt8(ascii: "~")
            }
            if (31...34).contains(end - place - 2) { replace(start..<end, .token) }
        default:
            let start = start(before: place, count: 33, while: SecretShape.Tail.hexadecimal.allows)
            guard place - start == 32, line.has("-us", at: place) else { return }
            let end = end(from: place + 3, limit: place + 6, while: \.isDigit)
            if end > place + 3 { replace(start..<end, .token) }
        }
    }

    // MARK: Programs that take secrets by a letter

    /// ` -pSECRET` where `mysql` is in the text, ` -u USER:SECRET` where `curl` is.
    mutating func programOption() {
        guard index + 3 < line.count else { return }
        let letter = line[index + 2]
        guard letter == UInt8(ascii: "p") || letter == UInt8(ascii: "u") || letter == UInt8(ascii: "a") else { return }
        let names = namedPrograms()
        var start = index + 3
        switch letter {
        case UInt8(ascii: "p") where names.contains(.mysql): break
        case UInt8(ascii: "p") where names.contains(.sshpass), UInt8(ascii: "u") where names.contains(.curl),
            UInt8(ascii: "a") where names.contains(.redis):
            start = end(from: start) { $0 == 0x20 }
        default: return
        }
        if start < line.count, line[start].isQuote {
            let quote = line[start]
            return replaceOption((start + 1)..<end(from: start + 1) { $0 != quote })
        }
        replaceOption(start..<end(from: start) { !$0.isSpace && $0 != 0x0A && !$0.isQuote })
    }

    /// Looked for once in a text, when the first option of such a letter is seen.
    private mutating func namedPrograms() -> ProgramNames {
        if let programs { return programs }
        var names: ProgramNames = []
        if firstOffset(of: "mysql", in: line) != nil || firstOffset(of: "mariadb", in: line) != nil {
            names.insert(.mysql)
        }
        if firstOffset(of: "curl ", in: line) != nil { names.insert(.curl) }
        if firstOffset(of: "sshpass ", in: line) != nil { names.insert(.sshpass) }
        if firstOffset(of: "redis-cli ", in: line) != nil { names.insert(.redis) }
        programs = names
        return names
    }

    private mutating func replaceOption(_ value: Range<Int>) {
        guard !value.isEmpty, !line.has("[Filtered]", at: value.lowerBound) else { return }
        replace(value, .credentials)
    }
}
