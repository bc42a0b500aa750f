// tracing-subscriber: `2026-11-21T08:00:00.123456Z  INFO request{id=7}:inner: app::module: src/main.rs:3: message key=value`.

import LinuxSystem
import SentryProtocol

enum RustLine {
    private static let mostSpans = 8

    /// The cursor is behind the time, or where it would be.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        cursor.skipSpaces()
        guard let level = LevelWord(cursor.takeWord(limit: LevelWord.longest))?.level, cursor.take(0x20) else {
            return false
        }
        reading.parsed.level = level
        guard reading.wantsDetails else { return true }
        takeThread(&cursor, &reading)
        takeSpans(&cursor, &reading)
        takeTarget(&cursor, &reading)
        if let place = CodePlace(&cursor) {
            place.add(to: &reading.parsed.attributes)
            _ = cursor.take(UInt8(ascii: ":"))
        }
        reading.setMessage(from: cursor.offset)
        TimestampedLine.liftTail(&reading)
        return true
    }

    private static func takeThread(_ cursor: inout LineCursor, _ reading: inout LineReading) {
        var end = cursor
        guard end.take(text: "ThreadId("), let number = end.takeNumber(digits: 1...9), end.take(text: ") ") else {
            return
        }
        reading.add("thread.id", number)
        cursor = end
    }

    /// `outer{a=1}:inner{b="x y"}: `. Spans without fields look like the target, and are taken for it.
    private static func takeSpans(_ cursor: inout LineCursor, _ reading: inout LineReading) {
        var trial = cursor
        var names: [String] = []
        var fields: [(name: Range<Int>, fields: Range<Int>)] = []
        while names.count < mostSpans {
            let name = trial.offset
            trial.skip { $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
            let nameEnd = trial.offset
            guard nameEnd > name else { return }
            if let inside = braced(&trial) { fields.append((name..<nameEnd, inside)) }
            guard trial.take(UInt8(ascii: ":")) else { return }
            names.append(trial.slice(name..<nameEnd).text)
            if trial.take(0x20) { break }
        }
        guard !fields.isEmpty else { return }
        cursor = trial
        reading.add("span", text: names.joined(separator: ":"))
        for (name, inside) in fields { add(inside, prefix: trial.slice(name).text + ".", &reading) }
    }

    private static func braced(_ cursor: inout LineCursor) -> Range<Int>? {
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        let start = cursor.offset
        var depth = 1
        var isQuoted = false
        while !cursor.isAtEnd {
            switch cursor.current {
            case UInt8(ascii: "\\") where isQuoted: cursor.offset += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "{") where !isQuoted: depth += 1
            case UInt8(ascii: "}") where !isQuoted: depth -= 1
            default: break
            }
            cursor.offset += 1
            if depth == 0 { return start..<(cursor.offset - 1) }
        }
        return nil
    }

    private static func add(_ fields: Range<Int>, prefix: String, _ reading: inout LineReading) {
        var cursor = LineCursor(
            UnsafeRawBufferPointer(rebasing: reading.line[..<fields.upperBound]), at: fields.lowerBound)
        var count = 0
        while count < 32, let pair = Logfmt.next(&cursor) {
            count += 1
            let name = reading.parsed.attributes.name(prefix + cursor.slice(pair.key).text)
            reading.add(name, pair.fieldValue(cursor.line))
        }
    }

    private static func takeTarget(_ cursor: inout LineCursor, _ reading: inout LineReading) {
        var end = cursor
        end.skip { $0.isNameByte || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard end.peek(-1) == UInt8(ascii: ":"), end.offset - 1 > cursor.offset, end.current == 0x20 else { return }
        var place = cursor
        guard CodePlace(&place) == nil else { return }
        reading.add("logger.name", cursor.offset..<(end.offset - 1))
        end.skipSpaces()
        cursor = end
    }
}
