// `PHP Warning:  message in /path/file.php on line 12`, with and without `PHP `.

import LinuxSystem
import SentryProtocol

enum PHPLine {
    private static let kinds: [(StaticString, LogLevel)] = [
        ("Fatal error:", .fatal), ("Parse error:", .fatal), ("Recoverable fatal error:", .error), ("Warning:", .warn),
        ("Deprecated:", .warn), ("Notice:", .info), ("Strict Standards:", .info),
    ]

    /// The cursor is at a letter.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        let isNamed = cursor.take(text: "PHP ")
        guard let kind = kinds.first(where: { start.line.has($0.0, at: cursor.offset) }) else { return false }
        cursor.offset += kind.0.utf8CodeUnitCount
        let place = place(cursor)
        guard isNamed || place != nil else { return false }
        reading.parsed.format = .php
        reading.parsed.level = kind.1
        guard reading.wantsDetails else { return true }
        reading.setMessage(from: cursor.offset)
        if let (file, number) = place {
            reading.setMessage(from: cursor.offset, to: file.lowerBound - 4)
            reading.add("code.file.path", file)
            reading.add("code.line.number", number)
        }
        return true
    }

    /// The ` in FILE on line N` that the line ends with.
    private static func place(_ start: LineCursor) -> (file: Range<Int>, line: Int64)? {
        let line = start.line
        var digits = line.count
        while digits > start.offset, line[digits - 1].isDigit { digits -= 1 }
        let marker: StaticString = " on line "
        let fileEnd = digits - marker.utf8CodeUnitCount
        guard digits < line.count, fileEnd > start.offset, line.has(marker, at: fileEnd),
            let number = start.slice(digits..<line.count).decimal
        else { return nil }
        var file = fileEnd
        while file > start.offset, !line.has(" in ", at: file - 4) {
            guard fileEnd - file < 1024 else { return nil }
            file -= 1
        }
        return file > start.offset ? (file..<fileEnd, number) : nil
    }
}
