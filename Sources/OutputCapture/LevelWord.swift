// The words that programs write for levels.

import SentryProtocol

/// A word that means a level.
struct LevelWord: Sendable {
    let level: LogLevel
    /// Also an ordinary word or a heading (`NOTE`, `LOG`): a level only where punctuation says so.
    let isWeak: Bool
}

extension LevelWord {
    /// Letters of the longest one.
    static let longest = 11

    /// Looks up a word of ASCII letters, any case.
    @inline(__always) init?(_ word: UnsafeRawBufferPointer) {
        guard word.count &- 3 <= Self.longest - 3, word.count >= 3, Self.initials & 1 << UInt32(word[0] & 0x1F) != 0
        else { return nil }
        self.init(lookingUp: word)
    }

    private init?(lookingUp word: UnsafeRawBufferPointer) {
        guard let text = ShortText(word), let found = Self.table[text.lowered] else { return nil }
        self = found
    }

    /// A name as configuration or JSON spell it, any case; slog's `INFO+2` too.
    init?(name: UnsafeRawBufferPointer) {
        var letters = 0
        while letters < name.count, name[letters].isLetter { letters += 1 }
        if let word = LevelWord(UnsafeRawBufferPointer(rebasing: name[..<letters])) {
            self = word
            if letters < name.count, let shifted = word.shifted(by: name, from: letters) { self = shifted }
        } else if letters == 1, name.count == 1, let level = LogLevel(letter: name[0] & 0xDF) {
            self.init(level: level, isWeak: false)
        } else {
            return nil
        }
    }

    /// log/slog prints a level between its four as the one below and the distance: four to the next.
    private func shifted(by name: UnsafeRawBufferPointer, from sign: Int) -> LevelWord? {
        guard name[sign] == UInt8(ascii: "+") || name[sign] == UInt8(ascii: "-"), (1...2) ~= name.count - sign - 1
        else { return nil }
        var distance = 0
        for index in (sign + 1)..<name.count {
            guard name[index].isDigit else { return nil }
            distance = distance * 10 + Int(name[index] - 0x30)
        }
        let steps = Int(level.rawValue / 4) + (name[sign] == UInt8(ascii: "-") ? -(distance + 3) / 4 : distance / 4)
        let level = LogLevel(rawValue: UInt8(4 * max(0, min(5, steps)) + 1))
        return level.map { LevelWord(level: $0, isWeak: false) }
    }

    private typealias Entry = (text: StaticString, value: LevelWord)

    /// Bit n: some word begins with the nth letter. Half of all other words end here.
    ///
    /// A constant of the compiler's: a table's would be looked up for every line.
    private static var initials: UInt32 {
        bit("a") | bit("c") | bit("d") | bit("e") | bit("f") | bit("h") | bit("i") | bit("l") | bit("n") | bit("p")
            | bit("s") | bit("t") | bit("v") | bit("w")
    }

    @inline(__always) private static func bit(_ letter: Unicode.Scalar) -> UInt32 { 1 << (letter.value & 0x1F) }

    /// Whether the constant above has every word's initial.
    static var knowsItsInitials: Bool {
        words.allSatisfy { initials & 1 << UInt32($0.text.utf8Start[0] & 0x1F) != 0 }
    }

    private static let table = ShortTextTable(words)

    private static var words: [Entry] {
        entries(.info, ["info", "inf", "notice", "information", "informational"])
            + entries(.error, ["error", "err", "eror", "erro", "severe"])
            + entries(.warn, ["warn", "warning", "wrn"])
            + entries(.debug, ["debug", "dbg", "dbug", "debu", "debg"])
            + entries(.trace, ["trace", "trc", "trce", "verbose", "finer", "finest"])
            + entries(.fatal, ["fatal", "ftl", "critical", "crit", "emerg", "emergency", "dpanic"])
            + entries(.fatal, ["panic", "alert"], weak: true)
            + entries(.error, ["fail"], weak: true)
            + entries(.info, ["note", "log", "config", "success", "hint", "detail"], weak: true)
            + entries(.debug, ["fine"], weak: true)
    }

    private static func entries(_ level: LogLevel, _ words: [StaticString], weak: Bool = false) -> [Entry] {
        words.map { (text: $0, value: LevelWord(level: level, isWeak: weak)) }
    }
}
