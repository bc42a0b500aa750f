// What a record shows of a line: no colours, no cursor movements, every control character visible, valid UTF-8.

import LinuxSystem

/// A line's text as records carry it. The job's own bytes are never changed.
package enum LineText {
    /// Removes escape sequences (CSI, OSC and the other string sequences, two-byte ones) and shows control characters
    /// by their Unicode pictures (NUL as U+2400), tabs excepted.
    ///
    /// - Parameter keepsNewlines: for a text that was quoted in its line and may have lines of its own.
    ///
    /// Source: ECMA-48 5.4 and 5.6.
    package static func cleaned(_ line: UnsafeRawBufferPointer, keepsNewlines: Bool = false) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(line.count)
        var index = 0
        while index < line.count {
            let byte = line[index]
            if byte == 0x1B {
                index = endOfEscape(line, from: index)
                continue
            }
            let isShown = byte >= 0x20 || byte == 0x09 || (keepsNewlines && byte == 0x0A)
            if !isShown || byte == 0x7F {
                text.append(contentsOf: [0xE2, 0x90, byte == 0x7F ? 0xA1 : 0x80 + byte])
            } else {
                text.append(byte)
            }
            index += 1
        }
        return text
    }

    /// The line as ``cleaned(_:keepsNewlines:)`` gives it; most lines need no cleaning, and are not copied.
    static func withCleaned<Result>(
        _ line: UnsafeRawBufferPointer, keepsNewlines: Bool = false, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard hasControlCharacters(line) else { return body(line) }
        return cleaned(line, keepsNewlines: keepsNewlines).withUnsafeBytes(body)
    }

    /// At most the first `limit` bytes, cut between characters.
    static func cut(_ text: UnsafeRawBufferPointer, limit: Int) -> UnsafeRawBufferPointer {
        guard text.count > limit else { return text }
        var end = limit
        for _ in 0..<3 where end > 0 && text[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[..<end])
    }

    /// UTF-8 text of at most `limit` bytes, cut between characters and marked with `…` where it was longer; invalid
    /// bytes become U+FFFD.
    package static func string(_ bytes: [UInt8], limit: Int) -> String {
        bytes.withUnsafeBytes { bytes in
            let kept = cut(bytes, limit: limit)
            return kept.count < bytes.count ? kept.text + "…" : kept.text
        }
    }

    /// The offset after the escape sequence at `start`. An unfinished one ends with the line.
    private static func endOfEscape(_ line: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start + 1 < line.count else { return line.count }
        switch line[start + 1] {
        case UInt8(ascii: "["): return endOfControlSequence(line, from: start + 2)
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            return endOfString(line, from: start + 2)
        case 0x20...0x2F: return min(start + 3, line.count)
        default: return start + 2
        }
    }

    private static func endOfControlSequence(_ line: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < line.count, (0x20...0x3F).contains(line[index]) { index += 1 }
        return index < line.count && (0x40...0x7E).contains(line[index]) ? index + 1 : index
    }

    /// OSC and its like end with BEL or ESC \. One that never ends is only its introducer: it must not eat the line.
    private static func endOfString(_ line: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < line.count {
            if line[index] == 0x07 { return index + 1 }
            if line[index] == 0x1B {
                return index + 1 < line.count && line[index + 1] == UInt8(ascii: "\\") ? index + 2 : index
            }
            index += 1
        }
        return start
    }
}
