// The words that programs write for levels.

import SentryProtocol

/// A word that means a level.
struct LevelWord {
    let level: LogLevel
    /// Also an ordinary word or a heading (`NOTE`, `LOG`): a level only where punctuation says so.
    let isWeak: Bool
}

extension LevelWord {
    /// Letters of the longest one.
    static let longest = 11

    /// Looks up a word of ASCII letters, any case.
    init?(_ word: UnsafeRawBufferPointer) {
        guard (3...Self.longest).contains(word.count), Self.initials & 1 << UInt32(word[0] & 0x1F) != 0 else {
            return nil
        }
        let key = Self.key(word)
        guard let entry = Self.table.first(where: { $0.key == key && $0.count == word.count }) else { return nil }
        self.init(level: entry.level, isWeak: entry.isWeak)
    }

    /// A name as configuration or JSON spell it, any case.
    init?(name: String) {
        var name = name
        guard let word = name.withUTF8({ LevelWord(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = word
    }

    private struct Entry: Sendable {
        let key: UInt64
        let count: Int
        let level: LogLevel
        let isWeak: Bool
    }

    /// The first eight letters in upper case.
    private static func key(_ word: UnsafeRawBufferPointer) -> UInt64 {
        var key: UInt64 = 0
        for index in 0..<min(8, word.count) { key = key << 8 | UInt64(word[index] & 0xDF) }
        return key
    }

    /// Bit n: some word begins with the nth letter. Nearly every other word ends here.
    private static let initials: UInt32 = table.reduce(0) { bits, entry in
        bits | 1 << UInt32(entry.key >> UInt64(8 * (min(8, entry.count) - 1)) & 0x1F)
    }

    private static let table: [Entry] =
        entries(.info, "info inf notice information")
        + entries(.error, "error err eror severe")
        + entries(.warn, "warn warning wrn")
        + entries(.debug, "debug dbg dbug debu")
        + entries(.trace, "trace trc verbose finer finest")
        + entries(.fatal, "fatal ftl critical crit emerg emergency dpanic")
        + entries(.fatal, "panic alert", weak: true)
        + entries(.info, "note log config success", weak: true)
        + entries(.debug, "fine", weak: true)

    private static func entries(_ level: LogLevel, _ words: String, weak: Bool = false) -> [Entry] {
        words.split(separator: " ").map { word in
            let bytes = Array(word.utf8)
            return Entry(key: bytes.withUnsafeBytes(key), count: bytes.count, level: level, isWeak: weak)
        }
    }
}
