// `ERROR something`, `error: something`, `WARNING:root:something`, `E/Tag: something`, `E0102 15:04:05 …`, `E, […]`.

import SentryProtocol

enum LeadingWord {
    /// The level that the line's first word states. The cursor is at a letter.
    static func level(_ start: LineCursor) -> LogLevel? {
        var cursor = start
        let word = cursor.takeWord(limit: LevelWord.longest + 1)
        if word.count == 1 { return letterLevel(word[0], cursor) }
        guard let found = LevelWord(word) else { return nil }
        switch cursor.current {
        case UInt8(ascii: ":"): return found.level
        case UInt8(ascii: "["), UInt8(ascii: "("): return found.isWeak ? nil : found.level
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "|"), UInt8(ascii: "]"), 0:
            if isFatalError(word, cursor) { return .fatal }
            return isShouted(word) && !found.isWeak ? found.level : nil
        default: return nil
        }
    }

    /// `Error` opens many sentences; `ERROR` opens log lines.
    private static func isShouted(_ word: UnsafeRawBufferPointer) -> Bool { word.allSatisfy(\.isUppercase) }

    private static func isFatalError(_ word: UnsafeRawBufferPointer, _ cursor: LineCursor) -> Bool {
        guard word.equalsIgnoringCase("fatal") else { return false }
        let rest = cursor.slice(cursor.offset..<cursor.line.count)
        return rest.hasPrefixIgnoringCase(" error:")
    }

    /// logcat `E/`, apt `E: `, Ruby `E, [2026-`, glog `E0102 `.
    private static func letterLevel(_ letter: UInt8, _ cursor: LineCursor) -> LogLevel? {
        let follows: Bool
        switch cursor.current {
        case UInt8(ascii: "/"): follows = cursor.peek(1).isLetter
        case UInt8(ascii: ":"): follows = cursor.peek(1) == UInt8(ascii: " ")
        case UInt8(ascii: ","): follows = cursor.peek(1) == UInt8(ascii: " ") && cursor.peek(2) == UInt8(ascii: "[")
        default: follows = (0..<4).allSatisfy { cursor.peek($0).isDigit } && cursor.peek(4) == UInt8(ascii: " ")
        }
        return follows ? LogLevel(letter: letter) : nil
    }
}
