// `src/main.go:12`: where in its program a line was written.

import SentryProtocol

struct CodePlace {
    let file: Range<Int>
    let lineNumber: Int64
    private let line: UnsafeRawBufferPointer

    /// Passes `file.ext:12` at the cursor; the cursor stays where there is none.
    init?(_ cursor: inout LineCursor) {
        let start = cursor.offset
        var end = cursor
        end.skip(.names | "/" | "." | "-")
        let file = start..<end.offset
        guard end.take(UInt8(ascii: ":")), Self.hasExtension(cursor.slice(file)),
            let number = end.takeNumber(digits: 1...7), !end.current.isNameByte
        else { return nil }
        self.file = file
        lineNumber = number
        line = cursor.line
        cursor = end
    }

    /// A text that is nothing but a place.
    init?(whole text: UnsafeRawBufferPointer) {
        var cursor = LineCursor(text)
        self.init(&cursor)
        guard cursor.isAtEnd else { return nil }
    }

    /// - Parameter attributes: of the line that the cursor was in.
    func add(to attributes: inout LineFields) {
        attributes.append("code.file.path", file)
        attributes.append("code.line.number", lineNumber)
    }

    /// - Parameter line: the one that the text is part of.
    func add(to attributes: inout LineFields, in line: UnsafeRawBufferPointer) {
        attributes.append("code.file.path", UnsafeRawBufferPointer(rebasing: self.line[file]), in: line)
        attributes.append("code.line.number", lineNumber)
    }

    /// Up to five letters after the last dot: `10.0.0.1:80` is no file.
    private static func hasExtension(_ file: UnsafeRawBufferPointer) -> Bool {
        var index = file.count
        while index > 0, file[index - 1].isAlphanumeric { index -= 1 }
        return index > 1 && file[index - 1] == UInt8(ascii: ".") && (1...5) ~= file.count - index
            && file[index].isLetter
    }
}
