// `message at script.pl line 12.`: warn and die of Perl, which print the same.

import SentryProtocol

enum PerlMessage {
    private static let longestTail = 160

    /// Looks at the line's end.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        let line = start.line
        guard line.last == UInt8(ascii: "."), line.count > start.offset + 14, line[line.count - 2].isDigit,
            let place = place(line, from: start.offset)
        else { return false }
        reading.parsed.format = .perl
        reading.parsed.level = isFatal(start) ? .error : .warn
        guard reading.wantsDetails else { return true }
        reading.parsed.range = start.offset..<(place.file.lowerBound - 4)
        reading.add("code.file.path", place.file)
        reading.add("code.line.number", place.line)
        return true
    }

    /// The last ` at FILE line N` of the line, which a dot ends, or `, <STDIN> line 3.`.
    private static func place(_ line: UnsafeRawBufferPointer, from lowest: Int) -> (file: Range<Int>, line: Int64)? {
        let first = max(lowest, line.count - longestTail)
        var index = line.count - 8
        while index > first + 4 {
            defer { index -= 1 }
            guard line.has(" line ", at: index) else { continue }
            var cursor = LineCursor(line, at: index + 6)
            guard let number = cursor.takeNumber(digits: 1...7),
                cursor.current == UInt8(ascii: ".") || cursor.current == UInt8(ascii: ",")
            else {
                return nil
            }
            // The one of an input file comes last.
            if cursor.current == UInt8(ascii: "."), line[index - 1] == UInt8(ascii: ">") { continue }
            guard let file = fileBefore(index, line, first) else { return nil }
            return (file, number)
        }
        return nil
    }

    private static func fileBefore(_ end: Int, _ line: UnsafeRawBufferPointer, _ first: Int) -> Range<Int>? {
        var start = end
        while start > first + 4, !line[start - 1].isSpace { start -= 1 }
        guard start < end, line.has(" at ", at: start - 4), isFile(UnsafeRawBufferPointer(rebasing: line[start..<end]))
        else { return nil }
        return start..<end
    }

    /// `x.pl`, `/usr/bin/x`, `-e`, `-`, `(eval 3)` would have a space.
    private static func isFile(_ name: UnsafeRawBufferPointer) -> Bool {
        name.contains(UInt8(ascii: ".")) || name.contains(UInt8(ascii: "/")) || name.first == UInt8(ascii: "-")
    }

    private static func isFatal(_ start: LineCursor) -> Bool {
        let deaths: [StaticString] = [
            "Died at ", "Can't ", "syntax error at ", "BEGIN failed", "Undefined subroutine", "Global symbol ",
        ]
        return deaths.contains { start.line.has($0, at: start.offset) }
    }
}
