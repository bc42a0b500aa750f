// `[warn] message`, `[ERROR]: message`, `[2026-11-21 08:00:00] prod.ERROR: message`, `[main] INFO message`.

import SentryProtocol

enum BracketedLine {
    /// The cursor is at the `[`.
    static func level(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        cursor.offset += 1
        cursor.skipSpaces()
        if cursor.current.isDigit {
            return TimestampedLine.skipTime(&cursor) ? TimestampedLine.levelAmongFields(cursor) : nil
        }
        let word = cursor.takeWord()
        cursor.skipSpaces()
        if cursor.current == UInt8(ascii: "]") {
            if word.count == 1 { return LogLevel(letter: word[0]) }
            if let found = LevelWord(word) { return found.level }
        }
        return afterBracket(start)
    }

    /// `[main] INFO message`: a level in capitals right after the bracket.
    private static func afterBracket(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        cursor.skip { $0 != UInt8(ascii: "]") }
        guard cursor.take(UInt8(ascii: "]")) else { return nil }
        cursor.skip { $0.isSpace || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: ":") }
        let word = cursor.takeWord()
        guard !cursor.current.isAlphanumeric, let found = LevelWord(word), word.allSatisfy(\.isUppercase) else {
            return nil
        }
        return found.isWeak ? nil : found.level
    }
}
