// `<3>message`: sd-daemon(3) and RFC 3164/5424 priorities.

import SentryProtocol

enum SyslogPrefix {
    /// Level and the offset of the message; the cursor is at the `<`. At most 191 (facility 23, severity 7).
    static func read(_ start: LineCursor) -> (level: LogLevel, message: Int)? {
        var cursor = start
        guard cursor.take(UInt8(ascii: "<")) else { return nil }
        var priority = 0
        var digits = 0
        while cursor.current.isDigit, digits < 3 {
            priority = priority * 10 + Int(cursor.current - 0x30)
            cursor.offset += 1
            digits += 1
        }
        guard digits > 0, priority <= 191, cursor.take(UInt8(ascii: ">")) else { return nil }
        return (LogLevel(syslogSeverity: priority), cursor.offset)
    }
}
