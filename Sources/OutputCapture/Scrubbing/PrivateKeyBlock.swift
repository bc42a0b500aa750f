// A PEM private key spans lines: this remembers, per stream, that one has begun.

import LinuxSystem

/// Follows one stream's lines. Every line must pass, also those that no record is made of.
package struct PrivateKeyBlock: Sendable {
    /// A key has fewer lines; what comes after more is text again.
    private static let maximumLines = 400

    /// Other lines in between (of another thread, of another stream) that do not end a key.
    private static let mostForeignLines = 8

    private var linesLeft = 0
    private var foreignLines = 0

    package init() {}

    /// The last line belonged to a key that goes on.
    var isInside: Bool { linesLeft > 0 }

    /// `false` for nearly every line: the BEGIN line ends in a dash.
    @inline(__always) func mayCover(_ line: UnsafeRawBufferPointer) -> Bool {
        guard linesLeft == 0 else { return true }
        guard let last = line.last else { return false }
        return last == UInt8(ascii: "-") || last.isSpace
    }

    /// Whether the line belongs to a private key (its BEGIN and END lines included).
    package mutating func covers(_ line: UnsafeRawBufferPointer) -> Bool {
        guard linesLeft == 0 else { return continues(line) }
        guard mayCover(line), Self.begins(line) else { return false }
        linesLeft = Self.maximumLines
        foreignLines = 0
        return true
    }

    private mutating func continues(_ line: UnsafeRawBufferPointer) -> Bool {
        linesLeft -= 1
        if find("-----END", in: line, from: 0) != nil {
            linesLeft = 0
            return true
        }
        if Self.begins(line) {
            linesLeft = Self.maximumLines
            return true
        }
        if Self.isBody(line, isCertain: foreignLines > 0) { return true }
        foreignLines += 1
        if foreignLines > Self.mostForeignLines { linesLeft = 0 }
        return false
    }

    private static func begins(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let start = find("-----BEGIN ", in: line, from: 0) else { return false }
        return find("PRIVATE KEY", in: line, from: start) != nil && find("-----END", in: line, from: start) == nil
            && !line.has("[Filtered]", at: start)
    }

    /// Base64, an empty line or an encapsulated header. A prefix (a logger's time and level) may stand before base64.
    ///
    /// - Parameter isCertain: only what has the length of a key's lines.
    private static func isBody(_ line: UnsafeRawBufferPointer, isCertain: Bool) -> Bool {
        var end = line.count
        while end > 0, line[end - 1].isSpace { end -= 1 }
        var start = end
        while start > 0, isBase64(line[start - 1]) { start -= 1 }
        let before = UnsafeRawBufferPointer(rebasing: line[..<start])
        if end - start >= 40 || (!isCertain && before.allSatisfy(\.isSpace)) { return true }
        return line.has("Proc-Type:") || line.has("DEK-Info:")
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == 0x2B || byte == 0x2F || byte == 0x3D
    }
}

/// Offset of the ASCII text at or after `start`.
func find(_ text: StaticString, in line: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var index = start
    while index + text.utf8CodeUnitCount <= line.count {
        let rest = UnsafeRawBufferPointer(rebasing: line[index...])
        guard let place = firstOffset(of: text.utf8Start[0], in: rest) else { return nil }
        index += place
        if line.has(text, at: index) { return index }
        index += 1
    }
    return nil
}
