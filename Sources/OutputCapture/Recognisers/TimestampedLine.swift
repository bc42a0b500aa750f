// `2026-11-21 08:00:00,123 - name - ERROR - message` and the many like it: a time, then the level among the first fields.

import SentryProtocol

enum TimestampedLine {
    /// The cursor is at a digit.
    static func read(_ start: LineCursor, into reading: inout LineReading, depth: Int) -> Bool {
        var cursor = start
        guard let stamp = Stamp.read(&cursor) else { return false }
        reading.parsed.format = .timestamped
        reading.parsed.time = stamp.time
        if isInside(cursor, &reading, depth) || SyslogLine.readHostAndTag(cursor, into: &reading) { return true }
        if isTracing(start, stamp, cursor), RustLine.read(cursor, into: &reading) { return true }
        if TabbedLine.read(cursor, into: &reading) { return true }
        var prefix = LogPrefix(cursor, for: &reading)
        if prefix.read() {
            guard reading.wantsDetails else {
                reading.parsed.level = prefix.level
                return true
            }
            prefix.apply(to: &reading)
            if hasTail(start, prefix) || isStructlog(start, prefix.levelRange) { liftTail(&reading) }
            return true
        }
        return withoutLevel(start, cursor, stamp, &reading)
    }

    /// Go's log prints no level, but mostly the place; a mere clock must be the stream's habit to be left out.
    private static func withoutLevel(
        _ start: LineCursor, _ afterStamp: LineCursor, _ stamp: Stamp, _ reading: inout LineReading
    ) -> Bool {
        guard let time = stamp.time else { return false }
        var cursor = afterStamp
        cursor.skip { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "]") || $0.isSpace }
        if cursor.current == UInt8(ascii: "-") || cursor.current == UInt8(ascii: "|"), cursor.peek(1) == 0x20 {
            cursor.offset += 2
        }
        var before = cursor
        if let place = CodePlace(&cursor), cursor.take(text: ": ") {
            if reading.wantsDetails { place.add(to: &reading.parsed.attributes) }
        } else {
            swap(&before, &cursor)
        }
        reading.parsed.level = ToolDiagnostic.level(cursor)
        if case .unknown = time.day, !reading.trusts(.bareClock) { return true }
        if reading.wantsDetails { reading.setMessage(from: cursor.offset) }
        return true
    }

    /// `kubectl logs --timestamps`, the container runtimes' files: a whole line of some other format behind the time.
    private static func isInside(_ afterStamp: LineCursor, _ reading: inout LineReading, _ depth: Int) -> Bool {
        var cursor = afterStamp
        guard cursor.take(0x20), depth == 0 else { return false }
        let isRuntimes =
            cursor.take(text: "stdout F ") || cursor.take(text: "stderr F ")
            || cursor.take(text: "stdout P ") || cursor.take(text: "stderr P ")
        guard isRuntimes || cursor.current == UInt8(ascii: "{") else { return false }
        let inner = cursor.rest
        guard reading.wantsDetails else {
            reading.parsed.level = LogLineParser.level(of: inner)
            return true
        }
        var parsed = LogLineParser.parse(inner, depth: 1)
        parsed = parsed.owned(from: inner)
        parsed.time = parsed.time ?? reading.parsed.time
        reading.parsed = parsed
        return true
    }

    /// tracing's own form: microseconds, `Z`, the level right-aligned in five columns.
    private static func isTracing(_ start: LineCursor, _ stamp: Stamp, _ end: LineCursor) -> Bool {
        guard stamp.time?.offset == 0, end.peek(-1) == UInt8(ascii: "Z"),
            end.offset - start.offset == 27 || end.offset - start.offset == 30
        else { return false }
        var level = end
        level.skipSpaces()
        let word = level.takeWord(limit: LevelWord.longest)
        return level.offset - end.offset == 6 && word.allSatisfy(\.isUppercase)
    }

    /// log/slog's default handler, zerolog's console, hclog.
    private static func hasTail(_ start: LineCursor, _ prefix: LogPrefix) -> Bool {
        guard prefix.isShouted else { return false }
        let isGo =
            start.peek(4) == UInt8(ascii: "/") && start.line.has(" ", at: prefix.levelRange.lowerBound - 1)
            && prefix.levelRange.lowerBound == start.offset + 20
        let isZerolog = prefix.levelRange.count == 3
        let isHclog = start.line.has("]", at: prefix.levelRange.upperBound) && start.peek(10) == UInt8(ascii: "T")
        return isGo || isZerolog || isHclog
    }

    /// structlog's console renderer: `[info     ]`, as wide as the longest level.
    private static func isStructlog(_ line: LineCursor, _ level: Range<Int>) -> Bool {
        let start = level.lowerBound - 1
        return line.line.has("[", at: start) && line.line.has("]", at: start + 10)
    }

    /// Makes attributes of the pairs that the message ends with.
    static func liftTail(_ reading: inout LineReading) {
        guard reading.wantsDetails, let range = reading.parsed.range else { return }
        guard let tail = Logfmt.startOfTail(LineCursor(reading.line, at: range.lowerBound)), tail > range.lowerBound
        else { return }
        var end = tail
        while end > range.lowerBound, reading.line[end - 1].isSpace || reading.line[end - 1] == UInt8(ascii: ":") {
            end -= 1
        }
        Logfmt.addTail(from: tail, to: &reading)
        reading.parsed.range = range.lowerBound..<end
    }
}
