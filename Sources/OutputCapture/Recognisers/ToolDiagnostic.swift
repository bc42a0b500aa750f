// `gcc: error: no input files`, `main.c:3:5: warning: unused`, `x.py:3: UserWarning: …`, `prog[12]: error: …`.

import LinuxSystem
import SentryProtocol

enum ToolDiagnostic {
    /// The level named directly before one of the line's colons, as its own field.
    static func level(_ start: LineCursor) -> LogLevel? {
        let line = start.line
        var from = start.offset
        while from < line.count {
            let rest = UnsafeRawBufferPointer(rebasing: line[from...])
            guard let found = firstOffset(of: UInt8(ascii: ":"), in: rest) else { return nil }
            if let level = levelBefore(colon: from + found, line, start.offset) { return level }
            from += found + 1
        }
        return nil
    }

    private static func levelBefore(colon: Int, _ line: UnsafeRawBufferPointer, _ lowest: Int) -> LogLevel? {
        var start = colon
        while start > lowest, colon - start <= 12, line[start - 1].isLetter { start -= 1 }
        let text = UnsafeRawBufferPointer(rebasing: line[start..<colon])
        guard let word = LevelWord(text) else {
            return text.ends(with: "Warning") ? pythonWarning(start, line, lowest) : nil
        }
        if start == lowest { return word.level }
        guard line[start - 1] == UInt8(ascii: " "), start - 2 >= lowest else { return nil }
        let before = UnsafeRawBufferPointer(rebasing: line[lowest..<(start - 1)])
        if line[start - 2] == UInt8(ascii: ":") { return word.isWeak ? nil : word.level }
        return word.level == .error ? qualified(before) : nil
    }

    /// Python's warnings: `/path/x.py:12: DeprecationWarning: message`.
    private static func pythonWarning(_ wordStart: Int, _ line: UnsafeRawBufferPointer, _ lowest: Int) -> LogLevel? {
        var start = wordStart
        while start > lowest, wordStart - start < 40, line[start - 1].isLetter { start -= 1 }
        guard start >= lowest + 4, line.has(": ", at: start - 2), line[start - 3].isDigit else { return nil }
        return .warn
    }

    /// `Fatal error`, `syntax error`: the word before makes it a heading; `the last error:` is prose.
    private static func qualified(_ before: UnsafeRawBufferPointer) -> LogLevel? {
        if before.hasSuffixWord("fatal") { return .fatal }
        let headings: [StaticString] = ["syntax", "parse", "internal", "runtime", "compiler", "import"]
        return headings.contains { before.hasSuffixWord($0) } ? .error : nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the last word is the lower-case `text`, in any case.
    fileprivate func hasSuffixWord(_ text: StaticString) -> Bool {
        let start = count - text.utf8CodeUnitCount
        guard start >= 0, start == 0 || !self[start - 1].isAlphanumeric else { return false }
        return UnsafeRawBufferPointer(rebasing: self[start...]).equalsIgnoringCase(text)
    }
}
