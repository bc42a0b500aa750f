// The text between a JSON string's quotes; Go's and logfmt's quoting is near enough the same.

enum JSONText {
    /// A string's content with its escapes resolved; lone surrogates become U+FFFD, unknown escapes what is escaped.
    static func unescaped(_ bytes: UnsafeRawBufferPointer) -> String {
        guard hasEscapes(bytes) else { return bytes.text }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                text.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "u"): codeUnits(bytes, &index, &text)
            case UInt8(ascii: "x"): hexByte(bytes, &index, &text)
            case let byte:
                text.append(simple(byte))
                index += 2
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    @inline(__always) static func hasEscapes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var found: UInt64 = 0
        ByteWords.forEach(in: bytes) { found |= ByteWords.zeros(in: $0 ^ ByteWords.filled(with: UInt8(ascii: "\\"))) }
        return found != 0
    }

    /// All the `\uXXXX` here, so that the halves of a pair come together.
    private static func codeUnits(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ text: inout [UInt8]) {
        var units: [UInt16] = []
        while bytes.has("\\u", at: index), let unit = hex(bytes, at: index + 2, digits: 4) {
            units.append(UInt16(unit))
            index += 6
        }
        if units.isEmpty {
            text.append(UInt8(ascii: "u"))
            index += 2
        }
        text += String(decoding: units, as: UTF16.self).utf8
    }

    private static func hexByte(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ text: inout [UInt8]) {
        guard let byte = hex(bytes, at: index + 2, digits: 2) else {
            text.append(UInt8(ascii: "x"))
            index += 2
            return
        }
        text.append(UInt8(byte))
        index += 4
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer, at start: Int, digits: Int) -> Int? {
        guard start + digits <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[start..<(start + digits)] {
            if byte.isDigit {
                number = number << 4 | Int(byte - 0x30)
            } else if byte | 0x20 >= 0x61, byte | 0x20 <= 0x66 {
                number = number << 4 | Int((byte | 0x20) - 0x61 + 10)
            } else {
                return nil
            }
        }
        return number
    }

    private static func simple(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: byte
        }
    }
}
