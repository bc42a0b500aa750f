// Where in a text a secret may begin. Ordinary text has few such places: 64 bytes are looked at together, and only what may be
// one is looked at closer.

import LinuxSystem

/// What may begin, or be recognised, at a place.
enum ScrubTrigger {
    /// The second byte separates a key from its value.
    case separator
    /// `--`: an option, or a PEM line.
    case dashes
    /// A provider's token, by three bytes of its prefix; `eyJ`, `Bearer`, `Basic`.
    case token
    /// The first two digits of a payment card.
    case digits
    /// `://`
    case urlScheme
    /// ` -p`: a program's option of one letter.
    case option
    /// `/we`, `/se`: the path of a web hook.
    case hook
    /// `:AA`, `Q~`, `-us`: tokens that are recognised in their middle.
    case middle
    /// The second byte is `@`.
    case at
    /// A digit and a dot.
    case address
    /// `/ho`, `/Us`, `\Us`: a home directory.
    case home
}

/// What places are found with. Made when the first text is looked at, never changed, never freed; plain pointers, because
/// counting references would cost as much as a look does.
struct ScrubTriggers: @unchecked Sendable {  // The memory behind the pointers is written by the initialiser only.
    static let all = ScrubTriggers()

    let scan = MarkScan()
    let shapes = SecretShapeIndex()
    /// Bit n: a name that means something ends with the nth letter.
    let lastLetters: UInt32

    // Of the scan.
    private enum Group {
        static let separators = 0
        static let dashes = 1
        static let paths = 2
        static let at = 3

        static func of(_ kind: SecretShape.Anchor.Kind) -> Int { 4 + (kind == .other ? 3 : kind.rawValue) }
    }

    private init() {
        var lastLetters: UInt32 = 0
        SensitiveKey.forEachName { lastLetters |= 1 << UInt32($0.utf8Start[$0.utf8CodeUnitCount - 1] & 31) }
        self.lastLetters = lastLetters
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
            for letter in [letter, letter & 0xDF] {
                scan.allow(letter, at: 2, in: Group.dashes)
                scan.allow(letter, at: 0, in: Group.at)
                guard lastLetters >> UInt32(letter & 31) & 1 != 0 else { continue }
                scan.allow(letter, at: 0, in: Group.separators)
                scan.allow(letter, at: 0, in: Group.of(.capitals))
            }
        }
        for digit in UInt8(ascii: "0")...UInt8(ascii: "9") {
            scan.allow(digit, at: 0, in: Group.at)
            scan.allow(digit, at: 0, in: Group.of(.mark))
        }
        allow("\"'` ]", "=:>", nil, Group.separators)
        allow("- ", "-", "-", Group.dashes)
        allow("/\\:-", "wshUAu/", "eosA/", Group.paths)
        allow("", "@", nil, Group.at)
        // What is left goes where it lets through the fewest others: `1Q~`, `n%3`, `Bearer`, `Basic`, a web token.
        allow("", "Q", "~", Group.of(.mark))
        allow("", "%", "3", Group.of(.capitals))
        allow("bBe", "eaEAy", "asASJ", Group.of(.other))
        for shape in SecretShape.known {
            let anchor = shape.anchor
            guard anchor.kind != .digits else { continue }
            for place in 0..<SecretShape.Anchor.length {
                shape.forEachByte(of: anchor, at: place) { scan.allow($0, at: place, in: Group.of(anchor.kind)) }
            }
        }
    }

    /// - Parameter third: `nil` for any byte.
    private func allow(_ first: StaticString, _ second: StaticString, _ third: StaticString?, _ group: Int) {
        for (place, bytes) in [first, second].enumerated() { allow(bytes, place, group) }
        guard let third else { return scan.allowAll(at: 2, in: group) }
        allow(third, 2, group)
    }

    private func allow(_ bytes: StaticString, _ place: Int, _ group: Int) {
        for index in 0..<bytes.utf8CodeUnitCount { scan.allow(bytes.utf8Start[index], at: place, in: group) }
    }
}

/// Walks over the places of one text.
struct ScrubPlaces {
    private let line: UnsafeRawBufferPointer
    private let scan: MarkScan
    private let shapes: SecretShapeIndex
    private let lastLetters: UInt32
    private let isPersonal: Bool
    /// The places within ``MarkScan/width`` bytes from here on, and where these end; nothing was looked at before the first.
    private var block = 0
    private var blockEnd = 0
    private var marks: UInt64 = 0

    /// - Parameter personal: also what personal data begins with.
    @inline(__always) init(_ line: UnsafeRawBufferPointer, _ triggers: ScrubTriggers, personal: Bool) {
        self.line = line
        scan = triggers.scan
        shapes = triggers.shapes
        lastLetters = triggers.lastLetters
        isPersonal = personal
    }

    /// The next place from `index` on, and what may be there.
    mutating func next(from index: Int) -> (place: Int, trigger: ScrubTrigger)? {
        var index = index
        while index + 1 < line.count {
            if index >= blockEnd {
                block = index
                blockEnd = index + MarkScan.width
                marks = scan.places(in: line, from: index)
            }
            let left = marks & (UInt64.max << UInt64(index - block))
            if left == 0 {
                index = blockEnd
                continue
            }
            let place = block + left.trailingZeroBitCount
            guard place + 1 < line.count else { return nil }
            if let trigger = trigger(at: place) { return (place, trigger) }
            index = place + 1
        }
        return nil
    }

    /// The shape of the token that may be at a place, see ``SecretShapeIndex``.
    func token(at place: Int) -> Range<Int>? { shapes.range(line, at: place) }

    // MARK: One place

    private func trigger(at place: Int) -> ScrubTrigger? {
        let (first, second) = (line[place], line[place + 1])
        let third = place + 2 < line.count ? line[place + 2] : 0
        switch second {
        case UInt8(ascii: "="), UInt8(ascii: ":"): if mayEndKey(first, second) { return .separator }
        // XML's `<password>`, and `password%3D` within a URL.
        case UInt8(ascii: ">"), UInt8(ascii: "%"): if isLastLetter(first) { return .separator }
        case UInt8(ascii: "-"):
            if first == UInt8(ascii: "-"), third.isLetter || third == UInt8(ascii: "-") { return .dashes }
            if first == 0x20, third == UInt8(ascii: "p") || third == UInt8(ascii: "u") || third == UInt8(ascii: "a") {
                return .option
            }
        case UInt8(ascii: "/"):
            if first == UInt8(ascii: ":"), third == UInt8(ascii: "/") { return .urlScheme }
        case UInt8(ascii: "@"): if isPersonal, first.isAlphanumeric { return .at }
        case UInt8(ascii: "."): if isPersonal, first.isDigit { return .address }
        case 0x30...0x39: if mayBeginCard(first, second) { return .digits }
        default: break
        }
        return trigger(first, second, third, place)
    }

    private func trigger(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ place: Int) -> ScrubTrigger? {
        switch first {
        case UInt8(ascii: "/"):
            if third == UInt8(ascii: "e"), second == UInt8(ascii: "w") || second == UInt8(ascii: "s") { return .hook }
            if isPersonal, isHome(second, third) || second == UInt8(ascii: "h") && third == UInt8(ascii: "o") {
                return .home
            }
        case UInt8(ascii: "\\"): if isPersonal, isHome(second, third) { return .home }
        case UInt8(ascii: ":"): if second == UInt8(ascii: "A"), third == second { return .middle }
        case UInt8(ascii: "-"): if second == UInt8(ascii: "u"), third == UInt8(ascii: "s") { return .middle }
        case UInt8(ascii: "b"), UInt8(ascii: "B"):
            let (second, third) = (second | 0x20, third | 0x20)
            if second == UInt8(ascii: "e") && third == UInt8(ascii: "a")
                || second == UInt8(ascii: "a") && third == UInt8(ascii: "s")
            {
                return .token
            }
        case 0x30...0x39: if second == UInt8(ascii: "Q"), third == UInt8(ascii: "~") { return .middle }
        case UInt8(ascii: "e"): if second == UInt8(ascii: "y"), third == UInt8(ascii: "J") { return .token }
        default: break
        }
        return shapes.mayHave(line, at: place) ? .token : nil
    }

    private func isHome(_ second: UInt8, _ third: UInt8) -> Bool {
        second == UInt8(ascii: "U") && third == UInt8(ascii: "s")
    }

    private func mayEndKey(_ byte: UInt8, _ separator: UInt8) -> Bool {
        if isLastLetter(byte) || byte.isDigit || byte.isQuote || byte == 0x20 || byte == UInt8(ascii: "]") {
            return true
        }
        // The first group of an IPv6 address.
        return isPersonal && separator == UInt8(ascii: ":") && (byte | 0x20) &- 0x61 < 6
    }

    private func isLastLetter(_ byte: UInt8) -> Bool { byte.isLetter && lastLetters >> UInt32(byte & 31) & 1 != 0 }

    private func mayBeginCard(_ first: UInt8, _ second: UInt8) -> Bool {
        let second = second - 0x30
        switch first {
        case UInt8(ascii: "2"): return (2...7).contains(second)
        case UInt8(ascii: "3"): return second == 0 || (4...9).contains(second)
        case UInt8(ascii: "4"): return true
        case UInt8(ascii: "5"): return (1...5).contains(second)
        case UInt8(ascii: "6"): return second == 0 || second == 4 || second == 5
        default: return false
        }
    }
}
