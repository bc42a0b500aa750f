// `2026-11-21 08:00:00,123 - name - ERROR - message` and the many like it: a time, then the level among the first fields.

import SentryProtocol

enum TimestampedLine {
    /// How many fields after the time may come before the level.
    private static let maximumFields = 6

    /// The cursor is at a digit.
    static func level(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        guard skipTime(&cursor) else { return nil }
        return levelAmongFields(cursor)
    }

    /// Passes a date, a time of day, or both, with fraction and zone. `false` when it is just a number.
    static func skipTime(_ cursor: inout LineCursor) -> Bool {
        let start = cursor.offset
        var separators = 0
        while !cursor.isAtEnd {
            switch cursor.current {
            case 0x30...0x39: break
            case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "/"): separators += 1
            case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "T"), UInt8(ascii: "Z"), UInt8(ascii: "+"): break
            case UInt8(ascii: " "):
                guard cursor.peek(1).isDigit, cursor.peek(3) == UInt8(ascii: ":") else { return separators >= 2 }
            default: return separators >= 2 && !cursor.current.isLetter && cursor.offset > start + 7
            }
            cursor.offset += 1
        }
        return separators >= 2
    }

    /// Looks at the words of the fields that follow: brackets, bars, dashes and spaces separate.
    static func levelAmongFields(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        for field in 0..<maximumFields {
            cursor.skip { isSeparator($0) }
            if let level = fieldLevel(cursor, isFirst: field == 0) { return level }
            cursor.skip { !isSeparator($0) }
            if cursor.isAtEnd { return nil }
        }
        return nil
    }

    /// A field that is a level word as a whole: in capitals, set off by punctuation, or the very first.
    private static func fieldLevel(_ start: LineCursor, isFirst: Bool) -> LogLevel? {
        var cursor = start
        let word = cursor.takeWord()
        guard let found = LevelWord(word) else { return nil }
        let bracketed = start.peek(-1) == UInt8(ascii: "[") || start.peek(-1) == UInt8(ascii: "(")
        switch cursor.current {
        case UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "|"): return found.level
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: ","), 0:
            if bracketed { return found.level }
            return !found.isWeak && (isFirst || word.allSatisfy(\.isUppercase)) ? found.level : nil
        default: return nil
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ","):
            true
        default: false
        }
    }
}
