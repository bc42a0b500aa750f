// An expression as a tree.

/// What a part of an expression matches.
indirect enum PatternNode {
    case empty
    /// One byte.
    case byte(ByteSet)
    case sequence([PatternNode])
    /// The first that fits is preferred.
    case choice([PatternNode])
    /// `most` is `nil` for any number.
    case repeated(PatternNode, least: Int, most: Int?, isGreedy: Bool)
    case assertion(PatternAssertion)
}

/// What holds between two bytes.
enum PatternAssertion: Sendable {
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary

    var isAboutWords: Bool { self == .wordBoundary || self == .noWordBoundary }
}

extension PatternNode {
    /// One character: of these ASCII ones, or any beyond ASCII.
    ///
    /// A byte that is no UTF-8 counts as a character beyond ASCII, so that it does not hide what follows it.
    static func character(_ ascii: ByteSet, orBeyond beyond: Bool) -> PatternNode {
        guard beyond else { return .byte(ascii) }
        let tail = PatternNode.byte(ByteSet(0x80...0xBF))
        return .choice([
            .byte(ascii), .sequence([.byte(ByteSet(0xC2...0xDF)), tail]),
            .sequence([.byte(ByteSet(0xE0...0xEF)), tail, tail]),
            .sequence([.byte(ByteSet(0xF0...0xF4)), tail, tail, tail]), .byte(ByteSet(0x80...0xFF)),
        ])
    }

    static func literal(_ scalar: Unicode.Scalar) -> PatternNode {
        .sequence(String(scalar).utf8.map { .byte(ByteSet($0)) })
    }
}
