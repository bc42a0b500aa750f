// java.util.logging's two lines: `Nov 21, 2026 8:00:00 AM org.app.Main method`, then `SEVERE: message`.

import SentryProtocol

enum JavaHeader {
    /// Class and method, and nothing else, behind the time.
    static func read(_ start: LineCursor, _ afterStamp: LineCursor, into reading: inout LineReading) -> Bool {
        guard start.line.has(",", at: start.offset + 6) || start.line.has(",", at: start.offset + 5) else {
            return false
        }
        var cursor = afterStamp
        guard cursor.take(0x20) else { return false }
        let type = cursor.offset
        cursor.skip { $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") }
        let typeEnd = cursor.offset
        guard typeEnd > type, cursor.take(0x20) || cursor.isAtEnd else { return false }
        let method = cursor.offset
        cursor.skip { !$0.isSpace }
        guard cursor.isAtEnd else { return false }
        reading.parsed.format = .javaHeader
        reading.add("logger.name", type..<typeEnd)
        if method < cursor.offset {
            let name =
                LineCursor(reading.line).slice(type..<typeEnd).text + "."
                + LineCursor(reading.line).slice(method..<cursor.offset).text
            reading.add("code.function.name", text: name)
        }
        return true
    }
}
