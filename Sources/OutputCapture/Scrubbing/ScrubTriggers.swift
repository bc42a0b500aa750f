// Where in a line a secret may begin: pairs of bytes that are worth a look. Ordinary text has few of them, so that most of
// a line costs one look-up in a table for each byte.

/// What may begin, or be recognised, at a pair of bytes.
enum ScrubTrigger: UInt8 {
    case none
    /// The second byte separates a key from its value.
    case separator
    /// `--`: an option, or a PEM line.
    case dashes
    /// A provider's token, by the two bytes of its prefix that are rarest; `yJ`, `Bearer`, `Basic`.
    case token
    /// The first two digits of a payment card.
    case digits
    /// `:/`
    case urlScheme
    /// ` -`: a program's option of one letter.
    case option
    /// `/w`, `/s`: the path of a web hook.
    case hook
    /// `:A`, `Q~`, `-u`: tokens that are recognised in their middle.
    case middle
    /// The second byte is `@`.
    case at
    /// A digit and a dot.
    case address
    /// `/h`, `/U`, `\U`: a home directory.
    case home
}

enum ScrubTriggers {
    /// By both bytes, as a load of 16 bits (little-endian) gives them.
    static let table = makeTable(personal: false)
    /// The same with what personal data begins with.
    static let tableWithPersonal = makeTable(personal: true)

    /// Made once and never freed. Nobody writes to it after this.
    private static func makeTable(personal: Bool) -> TriggerTable {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 16)
        table.initialize(repeating: 0, count: 1 << 16)
        func set(_ first: UInt8, _ second: UInt8, _ trigger: ScrubTrigger) {
            table[Int(second) << 8 | Int(first)] = trigger.rawValue
        }
        func set(_ pair: StaticString, _ trigger: ScrubTrigger) { set(pair.utf8Start[0], pair.utf8Start[1], trigger) }
        if personal {
            for digit in UInt8(ascii: "0")...UInt8(ascii: "9") { set(digit, UInt8(ascii: "."), .address) }
            for byte in UInt8.min...UInt8.max where byte.isAlphanumeric { set(byte, UInt8(ascii: "@"), .at) }
            for pair: StaticString in ["/h", "/U", "\\U"] { set(pair, .home) }
            // The first group of an IPv6 address.
            for letter in Array("abcdefABCDEF".utf8) { set(letter, UInt8(ascii: ":"), .separator) }
        }
        for pair in SecretShape.anchors { set(pair.first, pair.second, .token) }
        for pair: StaticString in ["yJ", "Be", "be", "BE", "Ba", "ba", "BA"] { set(pair, .token) }
        for pair: StaticString in ["22", "23", "24", "25", "26", "27", "30", "34", "35", "36", "37", "38", "39"] {
            set(pair, .digits)
        }
        for pair: StaticString in ["40", "41", "42", "43", "44", "45", "46", "47", "48", "49"] { set(pair, .digits) }
        for pair: StaticString in ["51", "52", "53", "54", "55", "60", "64", "65"] { set(pair, .digits) }
        set("--", .dashes)
        set(":/", .urlScheme)
        set(" -", .option)
        for pair: StaticString in ["/w", "/s"] { set(pair, .hook) }
        for pair: StaticString in [":A", "Q~", "-u"] { set(pair, .middle) }
        setSeparators(set)
        return TriggerTable(bytes: UnsafePointer(table))
    }

    private static func setSeparators(_ set: (UInt8, UInt8, ScrubTrigger) -> Void) {
        let letters = SensitiveKey.lastLetters.flatMap { [$0, $0 & 0xDF] }
        let digits = Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
        let quotes = Array("\"'`".utf8)
        for separator in Array("=:".utf8) {
            for byte in letters + digits + quotes + Array(" ]".utf8) { set(byte, separator, .separator) }
        }
        // XML's `<password>`, and `password%3D` within a URL.
        for separator in Array(">%".utf8) { for byte in letters { set(byte, separator, .separator) } }
    }
}

/// 65 536 bytes that never change: that makes it safe to share.
struct TriggerTable: @unchecked Sendable {
    let bytes: UnsafePointer<UInt8>

    @inline(__always) subscript(pair: Int) -> UInt8 { bytes[pair] }

    /// The next pair that is worth a look.
    ///
    /// Seven pairs at a time: what is no secret passes at more than 1 GB/s.
    @inline(__always) func firstPlace(in line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = line.baseAddress else { return nil }
        var place = start
        let end = line.count
        while place + 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let low = self[Int(word & 0xFFFF)] | self[Int(word >> 8 & 0xFFFF)] | self[Int(word >> 16 & 0xFFFF)]
            let high =
                self[Int(word >> 24 & 0xFFFF)] | self[Int(word >> 32 & 0xFFFF)] | self[Int(word >> 40 & 0xFFFF)]
                | self[Int(word >> 48)]
            if low | high != 0 { break }
            place += 7
        }
        while place + 1 < end {
            if self[Int(line[place + 1]) << 8 | Int(line[place])] != 0 { return place }
            place += 1
        }
        return nil
    }
}
