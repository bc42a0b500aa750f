// Ruby's Logger, `E, [2026-11-21T08:00:00.123456 #42] ERROR -- progname: message`, and Rails' `Completed 500 … in 3ms`.

import SentryProtocol

enum RubyLine {
    /// The cursor is at a letter that a comma follows.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        guard let letter = start.current == UInt8(ascii: "A") ? .info : LogLevel(letter: start.current) else {
            return false
        }
        var cursor = start
        cursor.offset += 1
        guard cursor.take(text: ", ["), let stamp = Stamp.read(&cursor) else { return false }
        reading.parsed.format = .ruby
        reading.parsed.level = letter
        reading.parsed.time = stamp.time
        guard reading.wantsDetails else { return true }
        cursor.skipSpaces()
        if cursor.take(UInt8(ascii: "#")), let process = cursor.takeNumber(digits: 1...10) {
            reading.add("process.pid", process)
        }
        guard cursor.take(text: "] ") else { return true }
        readName(cursor, &reading)
        return true
    }

    /// ` ERROR -- progname: message`, where the name may be empty.
    private static func readName(_ start: LineCursor, _ reading: inout LineReading) {
        var cursor = start
        cursor.skipSpaces()
        _ = cursor.takeWord(limit: LevelWord.longest)
        guard cursor.take(text: " -- ") else { return reading.setMessage(from: start.offset) }
        let name = cursor.offset
        guard let colon = cursor.find(UInt8(ascii: ":"), within: 128) else {
            return reading.setMessage(from: cursor.offset)
        }
        reading.add("logger.name", name..<colon)
        reading.setMessage(from: colon + 1)
    }
}

enum RailsLine {
    /// `Completed 500 Internal Server Error in 3ms (…)`: the cursor is at the `C`.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(text: "Completed "), let status = cursor.takeNumber(digits: 3...3),
            (100...599).contains(status),
            cursor.take(0x20), let inMark = rangeOfIn(cursor), inMark > cursor.offset
        else { return false }
        reading.parsed.format = .rails
        reading.parsed.level = LogLevel(httpStatus: Int(status))
        if reading.wantsDetails { reading.add("http.response.status_code", status) }
        return true
    }

    /// Where ` in 12ms` is.
    private static func rangeOfIn(_ start: LineCursor) -> Int? {
        var cursor = start
        cursor.skip { $0.isLetter || $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "'") }
        guard cursor.current.isDigit, cursor.line.has(" in ", at: cursor.offset - 4) else { return nil }
        cursor.skip { $0.isDigit || $0 == UInt8(ascii: ".") }
        return cursor.line.has("ms", at: cursor.offset) ? cursor.offset : nil
    }
}
