// Which line an instruction of Python belongs to.

/// CPython's `co_linetable`, 3.11 and later.
///
/// Source: CPython's `Objects/locations.md` (`InternalDocs/code_objects.md`): entries of a first byte `1kkkklll` (kind,
/// length in code units less one) and what the kind asks for.
struct PythonLineTable: Sendable {
    private let bytes: [UInt8]
    private let firstLine: Int

    init(_ bytes: [UInt8], firstLine: Int) {
        self.bytes = bytes
        self.firstLine = firstLine
    }

    /// - Parameter unit: index of the instruction, in code units of two bytes.
    /// - Returns: `nil` for instructions that are in no line.
    func line(of unit: Int) -> Int? {
        var cursor = 0
        var line = firstLine
        var start = 0
        while cursor < bytes.count {
            let head = bytes[cursor]
            guard head & 0x80 != 0 else { return nil }
            cursor += 1
            let kind = head >> 3 & 15
            line &+= delta(kind, &cursor)
            start += Int(head & 7) + 1
            if unit < start { return kind == Self.noLocation ? nil : line }
        }
        return nil
    }

    private static let noLocation: UInt8 = 15

    /// Passes over the entry's bytes.
    private func delta(_ kind: UInt8, _ cursor: inout Int) -> Int {
        switch kind {
        case Self.noLocation: return 0
        case 14:
            let delta = signedNumber(&cursor)
            for _ in 0..<3 { _ = number(&cursor) }
            return delta
        case 13: return signedNumber(&cursor)
        case 10...12:
            cursor += 2
            return Int(kind) - 10
        default:
            cursor += 1
            return 0
        }
    }

    /// Six bits a byte, the lowest first; bit 6 says that more follow.
    private func number(_ cursor: inout Int) -> Int {
        var value = 0
        var shift = 0
        while cursor < bytes.count, shift < 60 {
            let byte = bytes[cursor]
            cursor += 1
            value |= Int(byte & 63) << shift
            shift += 6
            if byte & 64 == 0 { break }
        }
        return value
    }

    private func signedNumber(_ cursor: inout Int) -> Int {
        let value = number(&cursor)
        return value & 1 == 1 ? -(value >> 1) : value >> 1
    }
}
