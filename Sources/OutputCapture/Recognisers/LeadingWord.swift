// `ERROR something`, `error: something`, `WARNING:root:something`, `E/Tag: something`, `INFO[0000] something key=value`.

import SentryProtocol

enum LeadingWord {
    /// The line's first word states the level. The cursor is at a letter.
    @inline(__always) static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        let word = cursor.takeWord(limit: LevelWord.longest + 1)
        if word.count == 1 { return readLetter(word[0], cursor, start, &reading) }
        guard let found = LevelWord(word) else { return false }
        return read(found, word, cursor, start, &reading)
    }

    private static func read(
        _ found: LevelWord, _ word: UnsafeRawBufferPointer, _ afterWord: LineCursor, _ start: LineCursor,
        _ reading: inout LineReading
    ) -> Bool {
        if DotNetHeader.read(start, into: &reading) { return true }
        let isShouted = word.allSatisfy(\.isUppercase)
        switch afterWord.current {
        case UInt8(ascii: ":"): break
        case UInt8(ascii: "["), UInt8(ascii: "("): if found.isWeak { return false }
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "|"), UInt8(ascii: "]"), 0:
            if isFatalError(word, afterWord) {
                reading.parsed.format = .leveled
                reading.parsed.level = .fatal
                return true
            }
            // `Error` opens many sentences; `ERROR` opens log lines.
            guard isShouted && !found.isWeak else { return false }
        default: return false
        }
        reading.parsed.format = .leveled
        reading.parsed.level = found.level
        if reading.wantsDetails, isShouted || isLoggers(word, afterWord, &reading) {
            readMessage(found.level, afterWord, start, &reading)
        }
        return true
    }

    /// `info: message` is a logger's at once, `error: message` when the stream is one's.
    private static func isLoggers(
        _ word: UnsafeRawBufferPointer, _ afterWord: LineCursor, _ reading: inout LineReading
    ) -> Bool {
        guard afterWord.line.has(": ", at: afterWord.offset), word.allSatisfy(\.isLowercase) else { return false }
        let isTrusted = reading.trusts(.lowercaseLevel)
        let certain: [StaticString] = ["info", "debug", "warn", "verbose", "trace", "silly", "http"]
        return isTrusted || certain.contains { word.equalsIgnoringCase($0) }
    }

    /// Behind a shouted level comes the message; `Error: …` is one as it stands.
    private static func readMessage(
        _ level: LogLevel, _ afterWord: LineCursor, _ start: LineCursor, _ reading: inout LineReading
    ) {
        if readStamp(level, afterWord, start, &reading) { return }
        guard !isHeading(afterWord) else { return }
        var cursor = afterWord
        let isLogrus =
            cursor.take(UInt8(ascii: "[")) && cursor.takeNumber(digits: 4...9) != nil && cursor.take(text: "] ")
        if !isLogrus {
            cursor = afterWord
            // rustc's `error[E0382]:` and the like keep their brackets.
            guard afterWord.current != UInt8(ascii: "["), afterWord.current != UInt8(ascii: "(") else { return }
        }
        var prefix = LogPrefix(cursor, for: &reading)
        prefix.readOn(level: level, at: start.offset..<afterWord.offset)
        prefix.apply(to: &reading)
        if isLogrus { TimestampedLine.liftTail(&reading) }
    }

    /// `ERROR 2026-11-28 14:17:11,464 django.request message`
    private static func readStamp(
        _ level: LogLevel, _ afterWord: LineCursor, _ start: LineCursor, _ reading: inout LineReading
    ) -> Bool {
        var cursor = afterWord
        cursor.skipSpaces()
        guard cursor.offset > afterWord.offset, cursor.current.isDigit, cursor.peek(4) == UInt8(ascii: "-"),
            let stamp = Stamp.read(&cursor), stamp.time != nil
        else { return false }
        reading.parsed.time = stamp.time
        var prefix = LogPrefix(cursor, for: &reading)
        prefix.readOn(level: level, at: start.offset..<afterWord.offset)
        prefix.apply(to: &reading)
        return true
    }

    /// `FATAL ERROR: …`, `FATAL EXCEPTION: …`, `ERROR 1045 (28000): …`: the level is half of a heading.
    private static func isHeading(_ afterWord: LineCursor) -> Bool {
        var cursor = afterWord
        guard cursor.take(0x20) else { return false }
        return cursor.current.isDigit || cursor.line.has("ERROR", at: cursor.offset)
            || cursor.line.has("EXCEPTION", at: cursor.offset)
    }

    private static func isFatalError(_ word: UnsafeRawBufferPointer, _ cursor: LineCursor) -> Bool {
        word.equalsIgnoringCase("fatal") && cursor.rest.hasPrefixIgnoringCase(" error:")
    }

    /// logcat `E/`, apt `E: `, Ruby `E, [2026-`, glog `E0102 `.
    private static func readLetter(
        _ letter: UInt8, _ afterLetter: LineCursor, _ start: LineCursor, _ reading: inout LineReading
    ) -> Bool {
        switch afterLetter.current {
        case UInt8(ascii: "/"): if !afterLetter.peek(1).isLetter { return false }
        case UInt8(ascii: ":"): if afterLetter.peek(1) != 0x20 { return false }
        case UInt8(ascii: ","): return RubyLine.read(start, into: &reading)
        default: return afterLetter.current.isDigit && GlogLine.read(start, into: &reading)
        }
        guard let level = LogLevel(letter: letter) else { return false }
        reading.parsed.format = .leveled
        reading.parsed.level = level
        return true
    }
}
