// The level of a line, and all that it says, by the formats that programs print. The first bytes decide which recogniser
// looks, so that a line without any marker costs a few nanoseconds.

import LinuxSystem
import SentryProtocol

/// Recognises one line at a time. Pure: the same bytes and habits give the same answer.
package enum LogLineParser {
    /// Only the first bytes of a line are searched for a level.
    static let searchedLength = 240

    /// The level that the line states, `nil` when it states none (which makes it `info`, on stderr too).
    ///
    /// Called for every line: 80-byte lines without a marker pass at more than 1 GB/s.
    package static func level(of line: UnsafeRawBufferPointer) -> LogLevel? {
        let head = head(of: line)
        let seen = marks(in: head)
        guard seen & Mark.escape.rawValue == 0 else {
            return LineText.cleaned(head).withUnsafeBytes { plainLevel(of: $0, whole: $0, marks: marks(in: $0)) }
        }
        return plainLevel(of: head, whole: line, marks: seen)
    }

    /// Bytes without which most recognisers have nothing to look for.
    private enum Mark: UInt8 {
        case colon = 1
        case equals = 2
        case escape = 4
    }

    /// One look at every byte.
    @inline(__always) private static func marks(in head: UnsafeRawBufferPointer) -> UInt8 {
        whichBytes(UInt8(ascii: ":"), UInt8(ascii: "="), 0x1B, in: head)
    }

    /// Everything the line says. For lines that become records.
    ///
    /// - Parameters:
    ///   - line: without escape sequences (``LineText/cleaned(_:)``).
    ///   - habits: of the stream that it came from, see ``StreamHabits/note(_:)``.
    package static func parse(_ line: UnsafeRawBufferPointer, habits: StreamHabits = StreamHabits()) -> ParsedLine {
        parse(line, habits: habits, depth: 0)
    }

    /// - Parameter depth: how many lines the line was inside of.
    static func parse(_ line: UnsafeRawBufferPointer, habits: StreamHabits = StreamHabits(), depth: Int) -> ParsedLine {
        var cursor = LineCursor(line)
        cursor.skipSpaces()
        if cursor.current == UInt8(ascii: "{") { return parseObject(line, from: cursor.offset, depth) }
        if cursor.current.isLetter, let parsed = Logfmt.parse(cursor) { return parsed }
        var reading = LineReading(line, wantsDetails: true, trusted: habits.trusted)
        recognise(cursor, &reading, depth)
        // What is behind the searched part of the line does not count in the one pass either.
        if reading.parsed.level == nil || line.count > searchedLength { reading.parsed.level = level(of: line) }
        return reading.parsed
    }

    /// What begins like an object of JSON and is none may have been cut; its level counts all the same.
    private static func parseObject(_ line: UnsafeRawBufferPointer, from start: Int, _ depth: Int) -> ParsedLine {
        if let parsed = JSONLine.parse(line, from: start, depth: depth) { return parsed }
        var parsed = ParsedLine()
        parsed.level = JSONLine.level(line, from: start, depth: depth)
        return parsed
    }

    /// `false` for nearly every line that is no ``header(of:)``.
    @inline(__always) static func mayBeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let first = line.first, first.isLetter else { return false }
        return line[line.count - 1] == UInt8(ascii: "]") || line.count > 24 && line[3] == 0x20 && first.isUppercase
    }

    /// Which of two lines this is, when it announces another.
    static func header(of line: UnsafeRawBufferPointer) -> LineFormat? {
        guard let first = line.first, first.isLetter, let last = line.last else { return nil }
        var reading = LineReading(line, wantsDetails: false)
        if last == UInt8(ascii: "]") {
            _ = DotNetHeader.read(LineCursor(line), into: &reading)
        } else if first.isUppercase, line.count > 24, line[3] == 0x20 {
            _ = SyslogLine.readFile(LineCursor(line), into: &reading)
        }
        switch reading.parsed.format {
        case .dotnetHeader?, .javaHeader?: return reading.parsed.format
        default: return nil
        }
    }

    @inline(__always) private static func head(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: line.baseAddress, count: min(line.count, searchedLength))
    }

    @inline(__always) private static func plainLevel(
        of head: UnsafeRawBufferPointer, whole: UnsafeRawBufferPointer, marks: UInt8
    ) -> LogLevel? {
        var cursor = LineCursor(head)
        cursor.skipSpaces()
        if cursor.current == UInt8(ascii: "{") { return JSONLine.level(whole, from: cursor.offset) }
        if cursor.current.isLetter {
            if marks == 0, !mayStateLevel(cursor) { return nil }
            if marks & Mark.equals.rawValue != 0, let level = Logfmt.level(cursor) { return level }
        } else if cursor.current.isDigit, case .certain(let level) = StampedLevel.read(head, from: cursor.offset) {
            return level
        }
        return slowLevel(of: head, cursor)
    }

    /// By the recognisers that read everything.
    static func slowLevel(of head: UnsafeRawBufferPointer, _ cursor: LineCursor) -> LogLevel? {
        var reading = LineReading(head, wantsDetails: false)
        recognise(cursor, &reading, 0)
        return reading.parsed.level
    }

    /// Most lines begin with a word that is no level and have neither a colon nor an equals sign: nothing looks at them
    /// further. May be wrong only by saying that a line may.
    @inline(__always) private static func mayStateLevel(_ start: LineCursor) -> Bool {
        var cursor = start
        let word = cursor.takeWord(limit: LevelWord.longest + 1)
        // Without a colon a level must be shouted, or a bracket must follow.
        let isShouted = word.count < 2 || word[0].isUppercase && word[1].isUppercase
        if isShouted || cursor.current == UInt8(ascii: "[") || cursor.current == UInt8(ascii: "(") { return true }
        // Perl's ` line 12.`, `<STDIN> line 3.`
        let count = start.line.count
        let endsAsPerl = count > 2 && start.line[count - 1] == UInt8(ascii: ".") && start.line[count - 2].isDigit
        return endsAsPerl || word.count < 5 && word.ends(with: "npm") || word.count == 9 && word.has("Completed")
    }

    private static func recognise(_ cursor: LineCursor, _ reading: inout LineReading, _ depth: Int) {
        let first = cursor.current
        if first.isLetter {
            if LeadingWord.read(cursor, into: &reading) || special(cursor, &reading) { return }
        } else if first.isDigit {
            if TimestampedLine.read(cursor, into: &reading, depth: depth) { return }
            if RedisLine.read(cursor, into: &reading) || AccessLog.read(cursor, into: &reading) { return }
        } else if first == UInt8(ascii: "[") {
            if BracketedLine.read(cursor, into: &reading) { return }
        } else if first == UInt8(ascii: "<") {
            if SyslogLine.read(cursor, into: &reading) { return }
        } else if first == UInt8(ascii: ":") {
            if AccessLog.read(cursor, into: &reading) { return }
        }
        reading.parsed = ParsedLine()
        if let level = ToolDiagnostic.level(cursor) {
            reading.parsed.format = .diagnostic
            reading.parsed.level = level
        } else {
            _ = PerlMessage.read(cursor, into: &reading)
        }
    }

    /// Formats that begin with a letter which is no level's.
    private static func special(_ cursor: LineCursor, _ reading: inout LineReading) -> Bool {
        switch cursor.current {
        case UInt8(ascii: "n"), UInt8(ascii: "p"), UInt8(ascii: "E"):
            if NpmLine.read(cursor, into: &reading) { return true }
        case UInt8(ascii: "C"): if RailsLine.read(cursor, into: &reading) { return true }
        case UInt8(ascii: "P"), UInt8(ascii: "F"), UInt8(ascii: "W"), UInt8(ascii: "D"), UInt8(ascii: "N"),
            UInt8(ascii: "R"):
            if PHPLine.read(cursor, into: &reading) { return true }
        default: break
        }
        if cursor.current.isUppercase, cursor.peek(3) == 0x20, SyslogLine.readFile(cursor, into: &reading) {
            return true
        }
        return AccessLog.read(cursor, into: &reading)
    }
}
