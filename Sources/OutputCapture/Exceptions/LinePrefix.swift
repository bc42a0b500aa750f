// What a logger, a container runtime or a pager of streams puts before every line: `app_1  | `, `2026-11-28T07:13:35Z app[7]: `.

/// The text before an exception's own. Numbers in it may be others in the next line; everything else stays.
struct LinePrefix: Sendable, Equatable {
    let text: [UInt8]

    init(_ text: Substring) { self.text = Array(text.utf8) }

    var isEmpty: Bool { text.isEmpty }

    /// The line without the prefix; `nil` where it does not have it.
    func stripped(_ line: Substring) -> Substring? {
        guard !text.isEmpty else { return line }
        let bytes = line.utf8
        var index = bytes.startIndex
        var position = 0
        while position < text.count {
            guard index < bytes.endIndex else { return isBlank(from: position) ? line[index...] : nil }
            if text[position].isDigit {
                guard bytes[index].isDigit else { return nil }
                while position < text.count, text[position].isDigit { position += 1 }
                while index < bytes.endIndex, bytes[index].isDigit { index = bytes.index(after: index) }
            } else {
                guard bytes[index] == text[position] else { return nil }
                position += 1
                index = bytes.index(after: index)
            }
        }
        return line[index...]
    }

    /// As much of the prefix as the line has, and what follows: before an exception's first line a logger may say more than
    /// before the others.
    func common(with line: Substring) -> (prefix: LinePrefix, rest: Substring) {
        let bytes = line.utf8
        var index = bytes.startIndex
        var position = 0
        while position < text.count, index < bytes.endIndex {
            let isNumber = text[position].isDigit
            guard isNumber ? bytes[index].isDigit : bytes[index] == text[position] else { break }
            position += 1
            index = bytes.index(after: index)
            guard isNumber else { continue }
            while position < text.count, text[position].isDigit { position += 1 }
            while index < bytes.endIndex, bytes[index].isDigit { index = bytes.index(after: index) }
        }
        return (LinePrefix(String(decoding: text[..<position], as: UTF8.self)[...]), line[index...])
    }

    /// Of a blank line its writer may have cut the prefix's last blanks.
    private func isBlank(from position: Int) -> Bool { text[position...].allSatisfy(\.isSpace) }
}
