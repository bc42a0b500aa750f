// How recognisers take a line apart: by bytes, without Unicode's tables, linear in the text.

extension StringProtocol where SubSequence == Substring {
    /// The index `offset` bytes from the start, which must lie within the text.
    func offset(_ offset: Int) -> Index { utf8.index(startIndex, offsetBy: offset) }

    func begins(with text: String) -> Bool { utf8.starts(with: text.utf8) }

    func ends(in text: String) -> Bool {
        utf8.count >= text.utf8.count && utf8.suffix(text.utf8.count).elementsEqual(text.utf8)
    }

    /// What follows `text` where this begins with it.
    func cutting(prefix text: String) -> Substring? {
        begins(with: text) ? self[utf8.index(startIndex, offsetBy: text.utf8.count)...] : nil
    }

    /// What precedes `text` where this ends in it.
    func cutting(suffix text: String) -> Substring? {
        ends(in: text) ? self[..<utf8.index(endIndex, offsetBy: -text.utf8.count)] : nil
    }

    /// Where `text`, which is not empty, begins first.
    func first(_ text: String) -> Range<Index>? {
        guard let initial = text.utf8.first else { return nil }
        var rest = self[startIndex...]
        while let found = rest.utf8.firstIndex(of: initial) {
            rest = rest[found...]
            guard rest.utf8.count >= text.utf8.count else { return nil }
            if rest.begins(with: text) { return found..<utf8.index(found, offsetBy: text.utf8.count) }
            rest = rest[rest.utf8.index(after: found)...]
        }
        return nil
    }

    /// Where `text`, which is not empty, begins last.
    func last(_ text: String) -> Range<Index>? {
        guard let initial = text.utf8.first, utf8.count >= text.utf8.count else { return nil }
        var end = utf8.index(endIndex, offsetBy: 1 - text.utf8.count)
        while let found = self[..<end].utf8.lastIndex(of: initial) {
            if self[found...].begins(with: text) { return found..<utf8.index(found, offsetBy: text.utf8.count) }
            end = found
        }
        return nil
    }

    func includes(_ text: String) -> Bool { first(text) != nil }

    /// What stands before and after the first `text`.
    func parts(around text: String) -> (before: Substring, after: Substring)? {
        first(text).map { (self[..<$0.lowerBound], self[$0.upperBound...]) }
    }

    /// What stands before and after the last `text`.
    func parts(aroundLast text: String) -> (before: Substring, after: Substring)? {
        last(text).map { (self[..<$0.lowerBound], self[$0.upperBound...]) }
    }

    /// What stands between the first `open` and the next `close`.
    func enclosed(by open: String, _ close: String) -> Substring? {
        parts(around: open)?.after.parts(around: close)?.before
    }

    /// Without blanks and tabs at both ends.
    var trimmed: Substring {
        var rest = self[startIndex...]
        while let byte = rest.utf8.first, byte.isSpace { rest = rest[rest.utf8.index(after: rest.startIndex)...] }
        while let byte = rest.utf8.last, byte.isSpace { rest = rest[..<rest.utf8.index(before: rest.endIndex)] }
        return rest
    }

    /// Bytes of blanks and tabs at the beginning.
    var indentation: Int { utf8.prefix { $0.isSpace }.count }

    var isBlank: Bool { utf8.allSatisfy(\.isSpace) }

    /// The number that all of this is: decimal digits, at most nine.
    var wholeNumber: Int? {
        guard (1...9).contains(utf8.count), utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(self)
    }

    /// As ``wholeNumber``, where it names a line or a column: those count from 1.
    var position: Int? { wholeNumber.flatMap { $0 > 0 ? $0 : nil } }

    /// `a.b.C`, `a::b`, `pkg/Class$Inner`: letters, digits, `_`, `$` and any of `separators`; begins with no digit.
    func isName(separators: String = ".") -> Bool {
        guard let first = utf8.first, !first.isDigit, first.isNamePart || first >= 0x80 else { return false }
        return utf8.allSatisfy { $0.isNamePart || $0 >= 0x80 || separators.utf8.contains($0) }
    }

    /// `path:12` or `path:12:5` taken apart from its end; the path may have colons of its own.
    var place: (file: Substring, line: Int, column: Int?)? {
        guard let (head, last) = parts(aroundLast: ":"), let number = last.position else { return nil }
        if let (file, middle) = head.parts(aroundLast: ":"), let line = middle.position { return (file, line, number) }
        return (head, number, nil)
    }

    /// The last component of a path.
    var fileName: Substring { parts(aroundLast: "/")?.after ?? self[startIndex...] }
}

extension UInt8 {
    var isNamePart: Bool { isAlphanumeric || self == UInt8(ascii: "_") || self == UInt8(ascii: "$") }
}

extension Substring {
    /// What a log's line says, without the time, the level and the names that a logger puts before it.
    var logMessage: String {
        var line = String(self)
        return line.withUTF8 { text in
            let raw = UnsafeRawBufferPointer(text)
            return LogLineParser.parse(raw).message(in: raw)
        } ?? line
    }
}
