// Regular expressions that users give, over single lines of foreign text: the time a line takes grows with its length,
// whatever the expression and whatever the line. So there are no back references and no look-around.

/// A regular expression, compiled.
///
/// The syntax is the part that all engines share: literals, `.`, classes `[a-z]` `[^,]`, `\d \w \s \D \W \S`, `\b \B`,
/// `^ $` (the line's ends), groups, `|`, `* + ? {n} {n,} {n,m}` and their lazy forms, `(?i)`, `\t \r \n \xHH`. A character
/// is one of UTF-8; ranges in classes are of ASCII. Classes and word boundaries know ASCII only.
package struct LinePattern: Sendable, Equatable {
    /// As it was given.
    package let source: String
    let program: PatternProgram

    /// - Throws: ``PatternError`` for what is no expression, what needs another engine, and what is too large.
    package init(_ source: String) throws(PatternError) {
        var parser = PatternParser(source)
        self.source = source
        program = try PatternProgram(try parser.parse())
    }

    package static func == (one: LinePattern, other: LinePattern) -> Bool { one.source == other.source }
}

/// Why a text is no expression; a clause for a sentence.
package struct PatternError: Error, Equatable, CustomStringConvertible {
    package let reason: String
    /// Index of the byte at fault; `nil` where it is the whole.
    package let offset: Int?

    init(_ reason: String, at offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { offset.map { "\(reason) at character \($0 + 1)" } ?? reason }
}
