// One pass over one line. Every byte that can begin or mark a secret is looked at where it stands; what a look passes
// over is not looked at again, and looks backwards are bounded, so that the whole is linear.

struct ScrubbingPass {
    private static let maximumKeyLength = 64
    private static let maximumUserInfo = 512

    private let line: UnsafeRawBufferPointer
    private var index = 0
    /// Up to where `output` is settled.
    private var copied = 0
    private var output: [UInt8]?

    init(_ line: UnsafeRawBufferPointer) { self.line = line }

    /// `nil` when nothing was replaced.
    var result: [UInt8]? { output }

    mutating func run() {
        let interest = Self.interest
        while index < line.count {
            if interest[Int(line[index])] { look() } else { index += 1 }
        }
        output?.append(contentsOf: line[copied...])
    }

    /// Bytes at which ``look()`` has something to look for.
    private static let interest: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        for byte in SecretShape.initials + Array("=:-eBb0123456789".utf8) { table[Int(byte)] = true }
        return table
    }()

    private mutating func look() {
        let start = index
        let byte = line[start]
        switch byte {
        case UInt8(ascii: "="): keyed(by: byte)
        case UInt8(ascii: ":"): if !userInfo() { keyed(by: byte) }
        case UInt8(ascii: "-"): if !privateKey() { option() }
        default: if !isInsideWord(start) { word(byte) }
        }
        if index == start { index += 1 }
    }

    private func isInsideWord(_ start: Int) -> Bool {
        start > 0 && (line[start - 1].isAlphanumeric || line[start - 1] == 0x5F)
    }

    private mutating func word(_ byte: UInt8) {
        if byte.isDigit {
            let (end, isCard) = CardNumber.read(line, from: index)
            if isCard { replace(index..<end) } else { index = end }
            return
        }
        if let end = SecretShape.end(line, from: index) ?? SecretShape.endOfWebToken(line, from: index) {
            return replace(index..<end)
        }
        scheme()
    }

    /// `Bearer TOKEN`, `Basic TOKEN` (RFC 6750, RFC 7617).
    private mutating func scheme() {
        let rest = UnsafeRawBufferPointer(rebasing: line[index...])
        let length = rest.hasPrefixIgnoringCase("bearer ") ? 7 : rest.hasPrefixIgnoringCase("basic ") ? 6 : 0
        guard length > 0 else { return }
        let value = endOfBareValue(from: index + length, line.count)
        guard SecretShape.looksRandom(slice((index + length)..<value)) else { return }
        replace((index + length)..<value)
    }

    // MARK: Keys and values

    /// `key=value`, `key: value`, `"key":"value"` at the separator.
    private mutating func keyed(by separator: UInt8) {
        var keyEnd = index > 0 && isQuote(line[index - 1]) ? index - 1 : index
        if keyEnd < index, keyEnd > 0, line[keyEnd - 1] == UInt8(ascii: "\\") { keyEnd -= 1 }
        var keyStart = keyEnd
        while keyStart > copied, keyEnd - keyStart < Self.maximumKeyLength, isKeyByte(line[keyStart - 1]) {
            keyStart -= 1
        }
        guard keyStart < keyEnd else { return }
        let sensitive = SensitiveKey(inText: slice(keyStart..<keyEnd))
        guard sensitive != .no else { return }
        let isQuotedKey = keyEnd < index
        let opensQuote = keyStart > 0 && isQuote(line[keyStart - 1]) ? line[keyStart - 1] : 0
        value(sensitive, from: index + 1, headerQuote: isQuotedKey ? 0 : opensQuote)
    }

    /// `--password VALUE`.
    private mutating func option() {
        guard !isInsideWord(index), index + 2 < line.count, line[index + 1] == UInt8(ascii: "-"),
            line[index + 2].isLetter
        else { return }
        var end = index + 2
        while end < line.count, end - index < Self.maximumKeyLength, isKeyByte(line[end]) { end += 1 }
        guard end < line.count, line[end] == 0x20, SensitiveKey(inText: slice((index + 2)..<end)) == .always else {
            return
        }
        value(.always, from: end, headerQuote: 0)
    }

    private mutating func value(_ sensitive: SensitiveKey, from separatorEnd: Int, headerQuote: UInt8) {
        var start = separatorEnd
        while start < line.count, line[start].isSpace { start += 1 }
        guard start < line.count else { return }
        let escaped = line[start] == UInt8(ascii: "\\") && start + 1 < line.count && isQuote(line[start + 1])
        if escaped { start += 1 }
        guard !line.has("[Filtered]", at: isQuote(line[start]) ? start + 1 : start) else { return }
        if sensitive == .ifRandomLooking {
            let sample = extent(sensitive, from: start, escaped, headerQuote, in: start..<min(line.count, start + 256))
            guard SecretShape.looksRandom(slice(sample)) else { return }
        }
        let range = extent(sensitive, from: start, escaped, headerQuote, in: start..<line.count)
        if !range.isEmpty { replace(range) }
    }

    /// Where the value lies that begins at `start`, as far as it lies in `window`.
    private func extent(
        _ sensitive: SensitiveKey, from start: Int, _ escaped: Bool, _ headerQuote: UInt8, in window: Range<Int>
    ) -> Range<Int> {
        let limit = window.upperBound
        if isQuote(line[start]) {
            return (start + 1)..<max(start + 1, endOfQuoted(from: start, escaped: escaped, limit))
        }
        if sensitive == .header { return start..<endOfHeader(from: start, quote: headerQuote, limit) }
        return start..<endOfBareValue(from: start, limit)
    }

    private func endOfQuoted(from start: Int, escaped: Bool, _ limit: Int) -> Int {
        let quote = line[start]
        var end = start + 1
        while end < limit {
            if line[end] == UInt8(ascii: "\\") {
                if escaped, end + 1 < line.count, line[end + 1] == quote { return end }
                end += 2
            } else if line[end] == quote {
                return end
            } else {
                end += 1
            }
        }
        return limit
    }

    private func endOfHeader(from start: Int, quote: UInt8, _ limit: Int) -> Int {
        var end = start
        while end < limit, quote == 0 || line[end] != quote { end += 1 }
        return end
    }

    private func endOfBareValue(from start: Int, _ limit: Int) -> Int {
        var end = start
        while end < limit {
            switch line[end] {
            case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "\""),
                UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ")"),
                UInt8(ascii: "}"), UInt8(ascii: "]"):
                return end
            default: end += 1
            }
        }
        return end
    }

    // MARK: Other forms

    /// `scheme://user:password@host`; a user alone only where it can be a token (http). `true` when it was `://`.
    private mutating func userInfo() -> Bool {
        guard line.has("://", at: index) else { return false }
        let start = index + 3
        var end = start
        var colon: Int?
        while end < line.count, end - start < Self.maximumUserInfo, line[end] != UInt8(ascii: "@") {
            let byte = line[end]
            if byte == UInt8(ascii: "/") || byte.isSpace || isQuote(byte) || byte == UInt8(ascii: "?") {
                index = start
                return true
            }
            if byte == UInt8(ascii: ":"), colon == nil { colon = end }
            end += 1
        }
        let isHTTP = index >= 4 && (line.has("http", at: index - 4) || line.has("https", at: max(0, index - 5)))
        guard end < line.count, line[end] == UInt8(ascii: "@"), end > start, colon != nil || isHTTP else {
            index = start
            return true
        }
        if colon != nil { replace(start..<end, with: "[Filtered]:[Filtered]") } else { replace(start..<end) }
        return true
    }

    /// A PEM private key within one line (`\n` written out), or what of it is on this line.
    private mutating func privateKey() -> Bool {
        guard line.has("-----BEGIN ", at: index) else { return false }
        let label = slice(index..<min(line.count, index + 48))
        guard find("PRIVATE KEY-----", in: label, from: 0) != nil else {
            index += 11
            return true
        }
        guard let end = find("-----END", in: line, from: index) else {
            replace(index..<line.count)
            return true
        }
        let tail = slice(end..<min(line.count, end + 48))
        replace(index..<(find("KEY-----", in: tail, from: 0).map { end + $0 + 8 } ?? line.count))
        return true
    }

    // MARK: Output

    private mutating func replace(_ range: Range<Int>, with text: StaticString = "[Filtered]") {
        if output == nil { output = [] }
        output?.append(contentsOf: line[copied..<range.lowerBound])
        output?.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        copied = range.upperBound
        index = range.upperBound
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[range]) }

    private func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
    }

    private func isKeyByte(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}
