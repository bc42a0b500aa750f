// `17906:M 28 Nov 2026 16:25:53.799 * Ready to accept connections`: Redis, Valkey, KeyDB.

import SentryProtocol

enum RedisLine {
    /// The cursor is at a digit.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard let process = cursor.takeNumber(digits: 1...10), cursor.take(UInt8(ascii: ":")),
            isRole(cursor.current), cursor.peek(1) == 0x20, cursor.peek(2).isDigit
        else { return false }
        cursor.offset += 2
        guard let stamp = Stamp.read(&cursor), cursor.take(0x20), cursor.peek(1) == 0x20,
            let level = level(cursor.current)
        else { return false }
        reading.parsed.format = .timestamped
        reading.parsed.time = stamp.time
        reading.parsed.level = level
        guard reading.wantsDetails else { return true }
        reading.add("process.pid", process)
        reading.setMessage(from: cursor.offset + 2)
        return true
    }

    /// Sentinel, child, replica, master.
    private static func isRole(_ letter: UInt8) -> Bool {
        letter == UInt8(ascii: "X") || letter == UInt8(ascii: "C") || letter == UInt8(ascii: "S")
            || letter == UInt8(ascii: "M")
    }

    private static func level(_ mark: UInt8) -> LogLevel? {
        switch mark {
        case UInt8(ascii: "."), UInt8(ascii: "-"): .debug
        case UInt8(ascii: "*"): .info
        case UInt8(ascii: "#"): .warn
        default: nil
        }
    }
}
