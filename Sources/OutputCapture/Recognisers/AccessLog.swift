// `127.0.0.1 - bob [21/Nov/2026:08:00:00 +0000] "GET /path HTTP/1.1" 200 612 "referer" "agent"`: Apache's and nginx' common and
// combined formats, and what gunicorn, werkzeug and others print like them.

import LinuxSystem
import SentryProtocol

enum AccessLog {
    /// The line stays the message: there is no other. 5xx is an error, 4xx a warning.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        cursor.skip {
            $0.isAlphanumeric || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-")
        }
        guard cursor.offset > start.offset, cursor.take(0x20) else { return false }
        for _ in 0..<2 {
            guard !cursor.isAtEnd, cursor.current != UInt8(ascii: "[") else { return false }
            cursor.skip { $0 != 0x20 }
            guard cursor.take(0x20) else { return false }
        }
        guard cursor.take(UInt8(ascii: "[")), let stamp = Stamp.read(&cursor), cursor.take(text: "] ") else {
            return false
        }
        guard readRequest(cursor, into: &reading) else { return false }
        reading.parsed.time = stamp.time
        reading.parsed.range = nil
        return true
    }

    /// `"GET /path HTTP/1.1" 200 612` at the quote.
    static func readRequest(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(UInt8(ascii: "\"")) else { return false }
        let method = cursor.offset
        cursor.skip(while: \.isUppercase)
        let methodEnd = cursor.offset
        guard (3...10) ~= methodEnd - method, cursor.take(0x20) else { return false }
        let target = cursor.offset
        cursor.skip { $0 != UInt8(ascii: "\"") }
        let request = cursor.slice(target..<cursor.offset)
        guard cursor.take(text: "\" "), let status = cursor.takeNumber(digits: 3...3), (100...599).contains(status)
        else { return false }
        reading.parsed.format = .access
        reading.parsed.level = LogLevel(httpStatus: Int(status))
        guard reading.wantsDetails else { return true }
        reading.setMessage(from: start.offset)
        reading.add("http.request.method", method..<methodEnd)
        addTarget(target, request, &reading)
        reading.add("http.response.status_code", status)
        if cursor.take(0x20), let size = cursor.takeNumber(digits: 1...15) {
            reading.add("http.response.body.size", size)
        }
        return true
    }

    private static func addTarget(_ start: Int, _ request: UnsafeRawBufferPointer, _ reading: inout LineReading) {
        let path = request.prefix { $0 != 0x20 && $0 != UInt8(ascii: "?") }
        reading.add("url.path", start..<(start + path.count))
    }
}
