// Loggers that write two lines for one record: the first says when, who and how bad, the second what.

import LinuxSystem
import SentryProtocol

/// A first line, kept until the next one of its stream has come.
package struct HeldHeader: Sendable {
    /// A header that nothing follows is a record of its own after this long, in nanoseconds.
    static let longestHold: Int64 = 5_000_000_000

    let bytes: [UInt8]
    let flags: LineFlags
    let wall: Timestamp
    let since: MonotonicTime
    private let parsed: ParsedLine

    /// `nil` for a line that announces none.
    init?(_ line: UnsafeRawBufferPointer, flags: LineFlags, wall: Timestamp, now: MonotonicTime) {
        guard line.count < 1024, flags.isEmpty, LogLineParser.header(of: line) != nil else { return nil }
        bytes = Array(line)
        self.flags = flags
        self.wall = wall
        since = now
        var parsed = LogLineParser.parse(line)
        parsed.attributes = parsed.attributes.owned(from: line)
        self.parsed = parsed
    }

    /// `nil`: the second line has it.
    var level: LogLevel? { parsed.level }

    /// More than one line may follow.
    var mayContinue: Bool { parsed.format == .dotnetHeader }

    func accepts(_ line: UnsafeRawBufferPointer) -> Bool {
        if mayContinue { return line.count > DotNetHeader.indentation && line.has("      ") }
        var cursor = LineCursor(line)
        let word = cursor.takeWord(limit: LevelWord.longest + 1)
        return cursor.current == UInt8(ascii: ":") && cursor.peek(1) == 0x20 && word.allSatisfy(\.isUppercase)
            && LevelWord(word) != nil
    }

    /// Makes one record of both lines.
    func complete(_ second: inout ParsedLine, _ line: UnsafeRawBufferPointer) {
        if mayContinue {
            second = ParsedLine()
            second.range = DotNetHeader.indentation..<max(DotNetHeader.indentation, line.count)
        }
        second.format = parsed.format
        second.level = second.level ?? parsed.level
        second.time = parsed.time
        var attributes = parsed.attributes
        attributes.append(second.attributes)
        second.attributes = attributes
    }
}
