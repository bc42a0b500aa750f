// glog, klog, absl: `E1121 08:00:00.123456   42 file.go:12] message`; newer glog has the year: `E20261121 08:00:00.123456 …`.

import SentryProtocol

enum GlogLine {
    /// The cursor is at a letter that a digit follows.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        guard let level = LogLevel(letter: start.current) else { return false }
        var cursor = start
        cursor.offset += 1
        guard let day = day(&cursor), cursor.take(0x20) else { return false }
        var stamped = cursor
        guard let clock = Stamp.read(&stamped)?.time, case .unknown = clock.day else { return false }
        reading.parsed.format = .glog
        reading.parsed.level = level
        reading.parsed.time = LineTime(day: day, clock: clock.clock, offset: nil)
        if reading.wantsDetails { readHeader(stamped, &reading) }
        return true
    }

    private static func day(_ cursor: inout LineCursor) -> LineTime.Day? {
        if let short = cursor.takeNumber(digits: 4...4) {
            guard (1...12).contains(short / 100), (1...31).contains(short % 100) else { return nil }
            return .of(month: short / 100, day: short % 100)
        }
        guard let long = cursor.takeNumber(digits: 8...8), (1970...2200).contains(long / 10000),
            (1...12).contains(long / 100 % 100), (1...31).contains(long % 100)
        else { return nil }
        return .number(LineTime.days(year: long / 10000, month: long / 100 % 100, day: long % 100))
    }

    /// glog's number is the thread's, klog's the process'; both say where.
    private static func readHeader(_ start: LineCursor, _ reading: inout LineReading) {
        var cursor = start
        cursor.skipSpaces()
        let number = cursor.takeNumber(digits: 1...18)
        cursor.skipSpaces()
        guard let place = CodePlace(&cursor), cursor.take(UInt8(ascii: "]")) else {
            return reading.setMessage(from: start.offset)
        }
        if let number { reading.add("thread.id", number) }
        place.add(to: &reading.parsed.attributes)
        cursor.skipSpaces()
        if !readStructured(cursor, &reading) { reading.setMessage(from: cursor.offset) }
    }

    /// klog's `"Message" key="value" count=3`.
    private static func readStructured(_ start: LineCursor, _ reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(UInt8(ascii: "\"")) else { return false }
        let text = cursor.offset
        while !cursor.isAtEnd, cursor.current != UInt8(ascii: "\"") {
            cursor.offset += cursor.current == UInt8(ascii: "\\") ? 2 : 1
        }
        let end = cursor.offset
        guard cursor.take(UInt8(ascii: "\"")), cursor.isAtEnd || Logfmt.startOfTail(cursor) == end + 2 else {
            return false
        }
        reading.parsed.text = JSONText.unescaped(cursor.slice(text..<end))
        Logfmt.addTail(from: cursor.offset, to: &reading)
        return true
    }
}
