// .NET's console logger: `fail: My.Category[0]`, then the message, indented by six. On one line: `fail: My.Category[0] message`.
//
// Source: Microsoft.Extensions.Logging.Console, SimpleConsoleFormatter.

import SentryProtocol

enum DotNetHeader {
    /// By which the lines that belong to the header are indented.
    static let indentation = 6

    /// The cursor is at a letter.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        guard start.peek(4) == UInt8(ascii: ":"), start.peek(5) == 0x20, let level = level(start) else { return false }
        var cursor = start
        cursor.offset += 6
        guard let (category, end) = category(cursor) else { return false }
        reading.parsed.level = level
        reading.add("logger.name", category)
        if end >= start.line.count {
            reading.parsed.format = .dotnetHeader
        } else {
            reading.parsed.format = .leveled
            if reading.wantsDetails { reading.setMessage(from: end) }
        }
        return true
    }

    private static func level(_ cursor: LineCursor) -> LogLevel? {
        let levels: [(StaticString, LogLevel)] = [
            ("info", .info), ("fail", .error), ("warn", .warn), ("dbug", .debug), ("trce", .trace), ("crit", .fatal),
        ]
        return levels.first { cursor.line.has($0.0, at: cursor.offset) }?.1
    }

    /// `My.Category[0]` and where it ends.
    static func category(_ start: LineCursor) -> (category: Range<Int>, end: Int)? {
        var cursor = start
        cursor.skip { $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "`") }
        let category = start.offset..<cursor.offset
        guard !category.isEmpty, cursor.take(UInt8(ascii: "[")), cursor.takeNumber(digits: 1...10) != nil,
            cursor.take(UInt8(ascii: "]")), cursor.isAtEnd || cursor.current == 0x20
        else { return nil }
        return (category, cursor.offset)
    }
}
