// The level of a line, by the formats that programs print. The first bytes decide which recogniser looks, so that a line
// without any marker costs a few nanoseconds.

import LinuxSystem
import SentryProtocol

/// What a line says about itself. Absent fields were not said.
package struct ParsedLine: Sendable, Equatable {
    package var level: LogLevel?
    /// Nanoseconds since 1970, where the line gives an unambiguous time.
    package var timestamp: Int64?
    /// `nil`: the whole line is the message.
    package var message: String?
    /// Structured fields other than the above, in the line's order.
    package var attributes: [JSONValue.Member] = []

    package init(level: LogLevel? = nil) { self.level = level }
}

/// Recognises one line at a time. Pure: the same bytes give the same answer.
package enum LogLineParser {
    /// Only the first bytes of a line are searched for a level.
    static let searchedLength = 240

    /// The level that the line states, `nil` when it states none (which makes it `info`, on stderr too).
    ///
    /// Called for every line: 80-byte lines without a marker pass at more than 1 GB/s.
    package static func level(of line: UnsafeRawBufferPointer) -> LogLevel? {
        let head = UnsafeRawBufferPointer(rebasing: line.prefix(searchedLength))
        guard firstOffset(of: 0x1B, in: head) == nil else {
            return LineText.cleaned(head).withUnsafeBytes { plainLevel(of: $0, whole: $0) }
        }
        return plainLevel(of: head, whole: line)
    }

    /// Everything the line says. For lines that become records; costs strings.
    ///
    /// - Parameter line: without escape sequences (``LineText/cleaned(_:)``).
    package static func parse(_ line: UnsafeRawBufferPointer) -> ParsedLine {
        var cursor = LineCursor(line)
        cursor.skipSpaces()
        if cursor.current == UInt8(ascii: "{"), let parsed = JSONLine.parse(line, from: cursor.offset) { return parsed }
        if let parsed = Logfmt.parse(cursor) { return parsed }
        var parsed = ParsedLine(level: level(of: line))
        if let (_, message) = SyslogPrefix.read(cursor) {
            parsed.message = String(decoding: line[message...], as: UTF8.self)
        }
        return parsed
    }

    private static func plainLevel(of head: UnsafeRawBufferPointer, whole: UnsafeRawBufferPointer) -> LogLevel? {
        var cursor = LineCursor(head)
        cursor.skipSpaces()
        let first = cursor.current
        if first.isLetter {
            return LeadingWord.level(cursor) ?? Logfmt.level(cursor) ?? ToolDiagnostic.level(cursor)
        }
        if first.isDigit { return TimestampedLine.level(cursor) ?? ToolDiagnostic.level(cursor) }
        switch first {
        case UInt8(ascii: "["): return BracketedLine.level(cursor) ?? ToolDiagnostic.level(cursor)
        case UInt8(ascii: "{"): return JSONLine.level(whole, from: cursor.offset)
        case UInt8(ascii: "<"): return SyslogPrefix.read(cursor)?.level
        default: return ToolDiagnostic.level(cursor)
        }
    }
}
