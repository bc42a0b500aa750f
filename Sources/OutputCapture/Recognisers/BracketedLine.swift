// `[warn] message`, `[ERROR]: message`, `[2026-11-21 08:00:00] prod.ERROR: message`, `[main] INFO message`,
// `[Sat Nov 21 08:00:00 2026] [core:error] [pid 1] message`, `[  OK  ] Started`, `[I 08:00:00 app.py:12] message`.

import SentryProtocol

enum BracketedLine {
    /// The cursor is at the `[`.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        cursor.offset += 1
        reading.parsed.format = .bracketed
        if cursor.current.isDigit || cursor.current.isLetter, let stamp = Stamp.read(&cursor) {
            return afterStamp(stamp, cursor, &reading)
        }
        if readLetter(cursor, &reading) || SystemdStatus.read(cursor, into: &reading) { return true }
        let inside = cursor.offset
        cursor.skipSpaces()
        let wordStart = cursor.offset
        let word = cursor.takeWord()
        let wordEnd = cursor.offset
        cursor.skipSpaces()
        if cursor.current == UInt8(ascii: "]"), let level = level(word) {
            var prefix = LogPrefix(cursor, for: &reading)
            prefix.readOn(level: level, at: wordStart..<wordEnd)
            prefix.apply(to: &reading)
            return true
        }
        return afterBracket(start, inside, &reading)
    }

    private static func level(_ word: UnsafeRawBufferPointer) -> LogLevel? {
        word.count == 1 ? LogLevel(letter: word[0]) : LevelWord(word)?.level
    }

    private static func afterStamp(_ stamp: Stamp, _ afterStamp: LineCursor, _ reading: inout LineReading) -> Bool {
        reading.parsed.time = stamp.time
        var prefix = LogPrefix(afterStamp, for: &reading, isInBracket: true)
        var rest = afterStamp
        if rest.take(text: "] "), PHPLine.read(rest, into: &reading) || AccessLog.readRequest(rest, into: &reading) {
            return true
        }
        if prefix.read() {
            prefix.apply(to: &reading)
            if prefix.hasChannel { JSONTail.liftMonolog(&reading) }
            return true
        }
        guard stamp.time != nil, rest.offset > afterStamp.offset else { return false }
        reading.parsed.level = ToolDiagnostic.level(rest)
        if reading.wantsDetails { reading.setMessage(from: rest.offset) }
        return true
    }

    /// Tornado and Jupyter: `[I 2026-11-21 08:00:00.123 ServerApp] message`, `[W 261121 08:00:00 web:2344] message`.
    private static func readLetter(_ start: LineCursor, _ reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.peek(1) == 0x20, cursor.peek(2).isDigit, let level = LogLevel(letter: cursor.current),
            let end = cursor.find(UInt8(ascii: "]"), within: 128)
        else { return false }
        cursor.offset += 2
        // 261121: the clock behind it is enough.
        if cursor.takeNumber(digits: 6...6) != nil { cursor.skipSpaces() }
        guard let stamp = Stamp.read(&cursor) else { return false }
        reading.parsed.time = stamp.time
        reading.parsed.level = level
        guard reading.wantsDetails else { return true }
        cursor.skipSpaces()
        if let place = CodePlace(&cursor) {
            place.add(to: &reading.parsed.attributes)
        } else {
            reading.add("logger.name", cursor.offset..<end)
        }
        reading.setMessage(from: end + 1)
        return true
    }

    /// `[main] INFO message`: a level in capitals right after the bracket.
    private static func afterBracket(_ start: LineCursor, _ inside: Int, _ reading: inout LineReading) -> Bool {
        var cursor = start
        guard let end = cursor.find(UInt8(ascii: "]"), within: 64) else { return false }
        cursor.offset = end + 1
        cursor.skip { $0.isSpace || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: ":") }
        let wordStart = cursor.offset
        let word = cursor.takeWord(limit: LevelWord.longest + 1)
        guard !cursor.current.isAlphanumeric, let found = LevelWord(word), !found.isWeak, word.allSatisfy(\.isUppercase)
        else { return false }
        var prefix = LogPrefix(cursor, for: &reading)
        prefix.readOn(level: found.level, at: wordStart..<cursor.offset)
        prefix.apply(to: &reading)
        reading.add("thread.name", inside..<end)
        return true
    }
}
