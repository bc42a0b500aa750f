// Secrets that are the values of keys: `key=value`, `key: value`, `"key":"value"` (however often that was quoted again),
// `<key>value</key>`, `key%3Dvalue`, `--key value`.

/// A key as it was found, and how its value is written.
private struct FoundKey {
    var range: Range<Int>
    var isQuoted = false
    /// The quote that stands before a key without quotes of its own: a header within quotes ends with it.
    var outerQuote: UInt8 = 0
    var separator: UInt8
    /// Where the value, or blanks before it, begin.
    var valueStart: Int
    /// The value is within a URL's encoding.
    var isEncoded = false
}

extension ScrubbingPass {
    private static let maximumKeyLength = 64
    /// Each level of quoting doubles the backslashes.
    private static let maximumBackslashes = 64

    /// At a byte that may separate a key from its value.
    mutating func keyed(separatorAt separator: Int) {
        if line[separator - 1] == UInt8(ascii: "\""), isPlainField(before: separator) { return }
        if line[separator - 1].isDigit, isNumber(before: separator) { return }
        guard let key = key(before: separator) else { return }
        let name = slice(key.range)
        let isField = key.isQuoted || key.isEncoded || isQueryParameter(key)
        let verdict = keys.verdict(name)
        var sensitive = isField ? verdict.ofField : verdict.inText
        if sensitive == .ifNotPlain, key.separator == UInt8(ascii: ":"), !key.isQuoted { sensitive = .ifRandomLooking }
        var kind = SecretKind.named
        if sensitive == .no {
            guard looksForPersonalData, isField || key.separator == UInt8(ascii: "="), verdict.isPersonal
            else {
                return other(key)
            }
            sensitive = .always
            kind = .userName
        }
        value(of: key, sensitive, kind)
    }

    /// `"key":` whose key is known to mean nothing: nearly all of JSON.
    @inline(__always) private mutating func isPlainField(before separator: Int) -> Bool {
        guard line[separator] == UInt8(ascii: ":") else { return false }
        let end = separator - 1
        let limit = max(copied, end - Self.maximumKeyLength)
        var begin = end
        while begin > limit, Self.isKeyByte(line[begin - 1]) { begin -= 1 }
        work += end - begin
        guard begin < end, begin > limit, line[begin - 1] == UInt8(ascii: "\"") else { return false }
        return keys.verdict(slice(begin..<end)).isPlainField
    }

    /// A number alone is no key: most colons are those of times. (It may begin an address.)
    private mutating func isNumber(before separator: Int) -> Bool {
        let begin = start(before: separator, count: 20, while: \.isDigit)
        if begin > 0, line[begin - 1].isLetter || line[begin - 1] == 0x5F || line[begin - 1] == 0x2D { return false }
        if looksForPersonalData, separator - begin == 4, line[separator] == UInt8(ascii: ":") {
            addressOfGroups(from: begin)
        }
        return true
    }

    private func isQueryParameter(_ key: FoundKey) -> Bool {
        guard key.separator == UInt8(ascii: "="), key.range.lowerBound > 0 else { return false }
        let before = line[key.range.lowerBound - 1]
        return before == UInt8(ascii: "?") || before == UInt8(ascii: "&")
    }

    /// Keys that mean something else.
    private mutating func other(_ key: FoundKey) {
        guard key.separator == UInt8(ascii: ":") else { return }
        if slice(key.range).equalsIgnoringCase("thin") { return oracleCredentials(from: key.valueStart) }
        if looksForPersonalData { addressOfGroups(from: key.range.lowerBound) }
    }

    private mutating func key(before place: Int) -> FoundKey? {
        var key = FoundKey(range: place..<place, separator: line[place], valueStart: place + 1)
        if key.separator == UInt8(ascii: "%") {
            guard line.has("3D", at: place + 1) || line.has("3d", at: place + 1) else { return nil }
            key.isEncoded = true
            key.separator = UInt8(ascii: "=")
            key.valueStart = place + 3
        }
        var end = start(before: place, count: 4) { $0.isSpace }
        if end > copied, line[end - 1] == UInt8(ascii: "]") { end -= 1 }
        if end > copied, line[end - 1].isQuote {
            key.isQuoted = true
            end = start(before: end - 1, count: Self.maximumBackslashes) { $0 == UInt8(ascii: "\\") }
        }
        var begin = start(before: end, count: Self.maximumKeyLength, while: Self.isKeyByte)
        // `%3Ftoken`, `--token`.
        if begin > 0, line[begin - 1] == UInt8(ascii: "%"), end - begin > 2 { begin += 2 }
        while begin < end, line[begin] == UInt8(ascii: "-") || line[begin] == UInt8(ascii: ".") { begin += 1 }
        guard begin < end else { return nil }
        key.range = begin..<end
        let before = begin > 0 ? line[begin - 1] : 0
        if key.separator == UInt8(ascii: ">"), before != UInt8(ascii: "<"), before != UInt8(ascii: ":") { return nil }
        if !key.isQuoted, before.isQuote { key.outerQuote = before }
        return key
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// `--password VALUE`.
    mutating func longOption() {
        let dashes = index
        guard !isInsideWord(dashes), dashes + 2 < line.count, line[dashes + 2].isLetter else { return }
        let limit = dashes + 2 + Self.maximumKeyLength
        let nameEnd = end(from: dashes + 2, limit: limit, while: Self.isKeyByte)
        guard nameEnd < line.count, line[nameEnd] == 0x20 else { return }
        let key = FoundKey(range: (dashes + 2)..<nameEnd, separator: 0x20, valueStart: nameEnd)
        let sensitive = SensitiveKey(inText: slice(key.range))
        guard sensitive != .no, nameEnd + 1 < line.count, line[nameEnd + 1] != UInt8(ascii: "-") else { return }
        value(of: key, sensitive == .header ? .always : sensitive, .named)
    }

    // MARK: Values

    private mutating func value(of key: FoundKey, _ sensitive: SensitiveKey, _ kind: SecretKind) {
        var start = key.valueStart
        // `=>`, `==`, `:=`
        if start < line.count, key.separator != UInt8(ascii: ">"), line[start] == 0x3D || line[start] == 0x3E {
            start += 1
        }
        start = end(from: start) { $0.isSpace }
        let quoteAt = end(from: start, limit: start + Self.maximumBackslashes) { $0 == UInt8(ascii: "\\") }
        guard quoteAt < line.count else { return }
        if line[quoteAt].isQuote { return quotedValue(of: key, sensitive, kind, quoteAt, backslashes: quoteAt - start) }
        guard start < line.count, !line.has("[Filtered]", at: start) else { return }
        // Python's b'…'
        if line[start].isLetter, start + 1 < line.count, line[start + 1].isQuote {
            return quotedValue(of: key, sensitive, kind, start + 1, backslashes: 0)
        }
        if line[start] == UInt8(ascii: "{") || line[start] == UInt8(ascii: "[") {
            if sensitive == .always || sensitive == .header, !decisions.allows(key: slice(key.range)) {
                replace(start..<endOfStructure(from: start), kind)
            }
            return
        }
        let sampleEnd = sensitive == .header || sensitive == .always ? start : endOfBare(key, from: start, start + 256)
        guard isSecret(start..<sampleEnd, sensitive) else { return }
        let end = sensitive == .header ? endOfHeader(key, from: start) : endOfBare(key, from: start, line.count)
        settle(start..<end, of: key, kind)
    }

    private mutating func quotedValue(
        of key: FoundKey, _ sensitive: SensitiveKey, _ kind: SecretKind, _ quoteAt: Int, backslashes: Int
    ) {
        guard !line.has("[Filtered]", at: quoteAt + 1) else { return }
        let isSure = sensitive == .always || sensitive == .header
        let sampleEnd = isSure ? quoteAt + 1 : endOfQuoted(quoteAt, backslashes, quoteAt + 257)
        guard isSecret((quoteAt + 1)..<max(quoteAt + 1, sampleEnd), sensitive) else { return }
        settle((quoteAt + 1)..<max(quoteAt + 1, endOfQuoted(quoteAt, backslashes, line.count)), of: key, kind)
    }

    private func isSecret(_ value: Range<Int>, _ sensitive: SensitiveKey) -> Bool {
        switch sensitive {
        case .no: false
        case .always, .header: true
        case .ifNotPlain: !SecretShape.looksPlain(slice(value))
        case .ifRandomLooking: SecretShape.looksRandom(slice(value))
        }
    }

    private mutating func settle(_ value: Range<Int>, of key: FoundKey, _ kind: SecretKind) {
        guard !value.isEmpty else { return }
        if decisions.allows(key: slice(key.range)) { index = value.upperBound } else { replace(value, kind) }
    }

    /// The closing quote has as many backslashes before it as the opening one had: more are a quote within the value.
    private mutating func endOfQuoted(_ quoteAt: Int, _ backslashes: Int, _ limit: Int) -> Int {
        let quote = line[quoteAt]
        let limit = min(limit, line.count)
        var place = quoteAt + 1
        defer { work += place - quoteAt }
        var run = 0
        while place < limit {
            let byte = line[place]
            if byte == quote, run <= backslashes { return place - run }
            run = byte == UInt8(ascii: "\\") ? run + 1 : 0
            place += 1
        }
        return limit
    }

    /// After the bracket that closes the one at `start`; brackets within quotes do not count.
    private mutating func endOfStructure(from start: Int) -> Int {
        var depth = 0
        var quote: UInt8 = 0
        var place = start
        defer { work += place - start }
        while place < line.count {
            let byte = line[place]
            if byte == UInt8(ascii: "\\") {
                place += 2
                continue
            }
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 { return place + 1 }
            }
            place += 1
        }
        return line.count
    }

    private mutating func endOfHeader(_ key: FoundKey, from start: Int) -> Int {
        let quote = key.isQuoted ? 0 : key.outerQuote
        return end(from: start) { $0 != 0x0A && (quote == 0 || $0 != quote) }
    }

    private mutating func endOfBare(_ key: FoundKey, from start: Int, _ limit: Int) -> Int {
        if key.separator == UInt8(ascii: ">") {
            return end(from: start, limit: limit) { $0 != UInt8(ascii: "<") && $0 != 0x0A }
        }
        let bare = end(from: start, limit: limit, while: Self.isBareValueByte)
        guard key.isEncoded else { return bare }
        var place = start
        while place < bare, !line.has("%26", at: place) { place += 1 }
        return place
    }

    static func isBareValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "\""),
            UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ")"),
            UInt8(ascii: "}"), UInt8(ascii: "]"):
            false
        default: true
        }
    }
}
