// The functions of Python programs: names and lines, read once.

/// What is known of a code object.
struct PythonCode: Sendable {
    let name: String
    let file: String
    let firstLine: Int
    let lines: PythonLineTable
    /// Pointers in it: another object at the same address has others.
    let identity: [UInt64]

    /// Reads a code object.
    ///
    /// - Parameter type: address of `PyCode_Type`: anything else is no code object.
    init?(at address: UInt64, _ memory: inout PythonMemory, _ layout: PythonLayout, type: UInt64) {
        guard let object = memory.bytes(address, layout.codeSize), object.word(8) == type,
            let name = Self.text(object.word(layout.codeQualifiedName), &memory, layout)
                ?? Self.text(object.word(layout.codeName), &memory, layout),
            let file = Self.text(object.word(layout.codeFileName), &memory, layout)
        else { return nil }
        self.name = name
        self.file = file
        firstLine = Int(object.number(layout.codeFirstLine) as Int32)
        lines = PythonLineTable(
            Self.contents(object.word(layout.codeLineTable), &memory, layout) ?? [], firstLine: firstLine)
        identity = Self.identity(of: object, layout)
    }

    static func identity(of object: [UInt8], _ layout: PythonLayout) -> [UInt64] {
        [object.word(layout.codeQualifiedName), object.word(layout.codeFileName), object.word(layout.codeLineTable)]
    }

    /// A `str` that is compact, as all names are.
    private static func text(_ address: UInt64, _ memory: inout PythonMemory, _ layout: PythonLayout) -> String? {
        guard let head = memory.bytes(address, layout.asciiText) else { return nil }
        let length = Int(truncatingIfNeeded: head.word(layout.textLength))
        guard length > 0, length <= mostCharacters, let state = TextState(head.number(layout.textState)) else {
            return nil
        }
        let start = address &+ UInt64(state.isASCII ? layout.asciiText : layout.compactText)
        guard let bytes = memory.bytes(start, length * state.width) else { return nil }
        switch state.width {
        case 1 where state.isASCII: return String(decoding: bytes, as: UTF8.self)
        case 1: return String(decoding: bytes.map { UInt16($0) }, as: UTF16.self)
        case 2: return String(decoding: (0..<length).map { bytes.number($0 * 2) as UInt16 }, as: UTF16.self)
        default: return String(decoding: (0..<length).map { bytes.number($0 * 4) as UInt32 }, as: UTF32.self)
        }
    }

    private static let mostCharacters = 4096

    /// Source: `PyASCIIObject.state` in `unicodeobject.h`. `interned` took 2 bits before 3.14, and 16 since.
    private struct TextState {
        let width: Int
        let isASCII: Bool

        init?(_ bits: UInt32) {
            guard let state = Self(bits, from: 2) ?? Self(bits, from: 16) else { return nil }
            self = state
        }

        private init?(_ bits: UInt32, from shift: UInt32) {
            let kind = Int(bits >> shift & 7)
            guard [1, 2, 4].contains(kind), bits >> (shift + 3) & 1 == 1 else { return nil }
            width = kind
            isASCII = bits >> (shift + 4) & 1 == 1
        }
    }

    /// A `bytes` object's.
    private static func contents(_ address: UInt64, _ memory: inout PythonMemory, _ layout: PythonLayout) -> [UInt8]? {
        guard let length = memory.word(address &+ UInt64(layout.bytesLength)), length > 0, length < 1 << 20 else {
            return nil
        }
        return memory.bytes(address &+ UInt64(layout.bytesContents), Int(length))
    }
}
