// Text → tree. What is not understood is refused, never guessed.
//
//     choice   = sequence ("|" sequence)*
//     sequence = (atom quantifier?)*
//     atom     = "(" flags? choice ")" | "[" class "]" | "." | "^" | "$" | "\" escape | character

struct PatternParser {
    private let text: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoresCase = false

    private static let maximumDepth = 50
    private static let maximumCount = 1000
    private static let maximumLength = 4096

    init(_ source: String) { text = Array(source.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        guard !text.isEmpty else { throw PatternError("it is empty") }
        guard text.count <= Self.maximumLength else {
            throw PatternError("it is longer than \(Self.maximumLength) characters")
        }
        let node = try choice()
        guard index == text.count else { throw PatternError("there is a ) too many", at: index) }
        return node
    }

    private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    // MARK: Structure

    private mutating func choice() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let atom = try atom()
            parts.append(try quantified(atom))
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let start = index
        let scalar = text[index]
        index += 1
        switch scalar {
        case "(": return try group(from: start)
        case "[": return try characterClass(from: start)
        case ".": return .character(ByteSet(0x0A).asciiComplement, orBeyond: true)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "\\": return try escape(from: start)
        case "*", "+", "?": throw PatternError("there is nothing to repeat before \(scalar)", at: start)
        default: return cased(scalar)
        }
    }

    private mutating func group(from start: Int) throws(PatternError) -> PatternNode {
        depth += 1
        guard depth <= Self.maximumDepth else { throw PatternError("groups are nested too deep", at: start) }
        let outerCase = ignoresCase
        let isFlagAlone = take("?") ? try groupKind(from: start) : false
        if isFlagAlone {
            depth -= 1
            return .empty
        }
        let node = try choice()
        guard take(")") else { throw PatternError("( is not closed", at: start) }
        ignoresCase = outerCase
        depth -= 1
        return node
    }

    /// After `(?`. `true` where it was a flag for what follows.
    private mutating func groupKind(from start: Int) throws(PatternError) -> Bool {
        if take(":") { return false }
        if take("i") {
            ignoresCase = true
            if take(":") { return false }
            if take(")") { return true }
            throw PatternError("of flags there is only i", at: start)
        }
        _ = take("P")
        if take("<"), next != "=", next != "!" {
            while let scalar = next, scalar != ">" { index += scalar == ")" ? text.count : 1 }
            if take(">") { return false }
        }
        throw PatternError("look-around and flags other than i are not supported", at: start)
    }

    // MARK: Repetition

    private mutating func quantified(_ node: PatternNode) throws(PatternError) -> PatternNode {
        let start = index
        let least: Int
        let most: Int?
        if take("*") {
            (least, most) = (0, nil)
        } else if take("+") {
            (least, most) = (1, nil)
        } else if take("?") {
            (least, most) = (0, 1)
        } else if let counts = try counts() {
            (least, most) = counts
        } else {
            return node
        }
        let isLazy = take("?")
        if let scalar = next, ["*", "+", "?"].contains(scalar) {
            throw PatternError("a repetition cannot be repeated", at: start)
        }
        return .repeated(node, least: least, most: most, isGreedy: !isLazy)
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is text.
    private mutating func counts() throws(PatternError) -> (Int, Int?)? {
        let start = index
        guard take("{") else { return nil }
        guard let least = number() else {
            index = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            index = start
            return nil
        }
        guard max(least, most ?? 0) <= Self.maximumCount, most.map({ $0 >= least }) ?? true else {
            throw PatternError("a repetition is from 0 to \(Self.maximumCount), the smaller number first", at: start)
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        let digits = text[index...].prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count <= 6 else { return nil }
        index += digits.count
        return Int(String(String.UnicodeScalarView(digits)))
    }

    // MARK: Characters

    private func cased(_ scalar: Unicode.Scalar) -> PatternNode {
        guard scalar.isASCII else { return .literal(scalar) }
        let set = ByteSet(UInt8(scalar.value))
        return .byte(ignoresCase ? set.ignoringCase : set)
    }

    private mutating func escape(from start: Int) throws(PatternError) -> PatternNode {
        guard let scalar = next else { throw PatternError("\\ is the last character", at: start) }
        if scalar == "b" || scalar == "B" {
            index += 1
            return .assertion(scalar == "b" ? .wordBoundary : .noWordBoundary)
        }
        if let set = classEscape() { return .character(set.ascii, orBeyond: set.beyond) }
        return cased(try characterEscape(from: start))
    }

    /// `\d` and its kind.
    private mutating func classEscape() -> (ascii: ByteSet, beyond: Bool)? {
        let result: (ByteSet, Bool)
        switch next {
        case "d": result = (.digits, false)
        case "D": result = (ByteSet.digits.asciiComplement, true)
        case "w": result = (.wordBytes, false)
        case "W": result = (ByteSet.wordBytes.asciiComplement, true)
        case "s": result = (.spaces, false)
        case "S": result = (ByteSet.spaces.asciiComplement, true)
        default: return nil
        }
        index += 1
        return result
    }

    /// After the backslash: one character.
    private mutating func characterEscape(from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = next else { throw PatternError("\\ is the last character", at: start) }
        index += 1
        switch scalar {
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "x": return try hexadecimal(from: start)
        case "1"..."9": throw PatternError("back references are not supported", at: start)
        case "A"..."Z", "a"..."z", "0": throw PatternError("there is no \\\(scalar)", at: start)
        default: return scalar
        }
    }

    private mutating func hexadecimal(from start: Int) throws(PatternError) -> Unicode.Scalar {
        let isBraced = take("{")
        let digits = text[index...].prefix(isBraced ? 6 : 2).prefix { $0.properties.isASCIIHexDigit }
        index += digits.count
        guard digits.count > (isBraced ? 0 : 1), !isBraced || take("}"),
            let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), let scalar = Unicode.Scalar(value)
        else { throw PatternError("\\x is followed by two hexadecimal digits, or by a code in braces", at: start) }
        return scalar
    }

    private mutating func characterClass(from start: Int) throws(PatternError) -> PatternNode {
        let isNegated = take("^")
        var ascii = ByteSet()
        var beyond = false
        var others: [PatternNode] = []
        var isFirst = true
        while isFirst || next != "]" {
            isFirst = false
            guard next != nil else { throw PatternError("[ is not closed", at: start) }
            let place = index
            if text[index] == "\\" {
                index += 1
                if let set = classEscape() {
                    ascii.formUnion(set.ascii)
                    beyond = beyond || set.beyond
                    continue
                }
                index -= 1
            }
            let low = try classCharacter(from: place)
            guard let high = try rangeEnd(after: low, from: place) else {
                if low.isASCII { ascii.insert(UInt8(low.value)) } else { others.append(.literal(low)) }
                continue
            }
            ascii.insert(UInt8(low.value)...UInt8(high.value))
        }
        index += 1
        if isNegated, !others.isEmpty {
            throw PatternError("[^…] excludes characters of ASCII only", at: start)
        }
        if ignoresCase { ascii = ascii.ignoringCase }
        if isNegated { return .character(ascii.asciiComplement, orBeyond: !beyond) }
        let node = PatternNode.character(ascii, orBeyond: beyond)
        return others.isEmpty ? node : .choice([node] + others)
    }

    private mutating func classCharacter(from start: Int) throws(PatternError) -> Unicode.Scalar {
        if take("\\") { return try characterEscape(from: start) }
        guard let scalar = next else { throw PatternError("[ is not closed", at: start) }
        index += 1
        return scalar
    }

    private mutating func rangeEnd(
        after low: Unicode.Scalar, from start: Int
    ) throws(PatternError) -> Unicode.Scalar? {
        guard next == "-", index + 1 < text.count, text[index + 1] != "]" else { return nil }
        index += 1
        let high = try classCharacter(from: start)
        guard low.isASCII, high.isASCII else { throw PatternError("ranges are of ASCII characters only", at: start) }
        guard low <= high else { throw PatternError("the range ends before it begins", at: start) }
        return high
    }
}
