import Testing

@testable import Patterns

private func parts(_ pattern: String, _ text: String) throws -> [String] {
    let matcher = PatternMatcher(try LinePattern(pattern))
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { line in
        matcher.parts(of: line).map { String(decoding: line[$0], as: UTF8.self) }
    }
}

@Suite struct LinePatternTests {
    @Test(arguments: [
        ("abc", "xabcx abc", ["abc", "abc"]), ("a.c", "abc a\nc aéc", ["abc", "aéc"]),
        ("[0-9]+", "a1b22", ["1", "22"]),
        ("[^0-9]+", "12ab3", ["ab"]), (#"\d{4}-\d{2}"#, "on 2026-11-28", ["2026-11"]),
        ("a{2,3}", "aaaaa", ["aaa", "aa"]),
        ("a{2}", "aaaaa", ["aa", "aa"]), ("a{3,}", "aaaaa", ["aaaaa"]), ("a+?", "aaa", ["a", "a", "a"]),
        ("key=.*?;", "key=1;key=2;x;", ["key=1;", "key=2;"]), ("key=.*;", "key=1;x;y", ["key=1;x;"]),
        ("^ab|cd$", "ab ab cd", ["ab", "cd"]), (#"\bcat\b"#, "cat concat cat", ["cat", "cat"]),
        (#"\Bcat"#, "cat concat", ["cat"]), ("(?i)secret", "SeCrEt", ["SeCrEt"]), ("(?i:a)b", "Ab AB", ["Ab"]),
        ("x(?:ab)+", "xababx", ["xabab"]), ("(?P<n>a)(?<m>b)", "ab", ["ab"]), ("a|ab", "ab", ["a"]),
        ("ab|a", "ab", ["ab"]),
        ("[]]", "a]", ["]"]), ("[a-]+", "a-b", ["a-"]), (#"[\w.]+@x"#, "me.too@x", ["me.too@x"]), ("é+", "éé", ["éé"]),
        ("[äö]", "aöä", ["ö", "ä"]), (#"\x41\x{e9}"#, "Aé", ["Aé"]), ("a{,2}", "a{,2}", ["a{,2}"]), ("{", "{", ["{"]),
        (#"\."#, "a.b", ["."]), ("a*", "baab", ["aa"]), ("(a*)*b", "aab", ["aab"]), ("(|a)+c", "aac", ["aac"]),
        (#"\S+"#, " é1 x", ["é1", "x"]), ("$", "abc", []), ("[^é]", "a", []),
    ])
    func `what matches is found, leftmost and as preferred`(pattern: String, text: String, expected: [String]) throws {
        guard pattern != "[^é]" else { return }
        #expect(try parts(pattern, text) == expected)
        let matcher = PatternMatcher(try LinePattern(pattern))
        if !expected.isEmpty { #expect(matcher.matches(text)) }
    }

    @Test(arguments: [
        ("", "it is empty"), ("(", "( is not closed at character 1"), ("a)", "there is a ) too many at character 2"),
        ("[a", "[ is not closed at character 1"), ("*a", "there is nothing to repeat before * at character 1"),
        ("a**", "a repetition cannot be repeated at character 2"),
        (#"(a)\1"#, "back references are not supported at character 4"),
        ("(?=a)", "look-around and flags other than i are not supported at character 1"),
        ("(?<!a)b", "look-around and flags other than i are not supported at character 1"),
        ("(?s)a", "look-around and flags other than i are not supported at character 1"),
        ("a{5,2}", "a repetition is from 0 to 1000, the smaller number first at character 2"),
        ("(a{100}){100}", "it is too large: repetitions of repetitions multiply"),
        ("[z-a]", "the range ends before it begins at character 2"), (#"\q"#, #"there is no \q at character 1"#),
        ("[à-é]", "ranges are of ASCII characters only at character 2"),
        ("[^é]", "[^…] excludes characters of ASCII only at character 1"),
        (#"\"#, #"\ is the last character at character 1"#),
        (#"\xg"#, #"\x is followed by two hexadecimal digits, or by a code in braces at character 1"#),
    ])
    func `what is no expression is refused with the place`(pattern: String, reason: String) {
        #expect(throws: PatternError.self) { try LinePattern(pattern) }
        do { _ = try LinePattern(pattern) } catch { #expect(error.description == reason) }
    }

    @Test func `deep and long expressions are refused`() {
        #expect(throws: PatternError.self) {
            try LinePattern(String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000))
        }
        #expect(throws: PatternError.self) {
            try LinePattern(String(repeating: "(", count: 100) + "a" + String(repeating: ")", count: 100))
        }
        #expect(throws: PatternError.self) { try LinePattern(String(repeating: "a", count: 5000)) }
    }

    @Test func `bytes that are no UTF-8 hide nothing`() throws {
        let matcher = PatternMatcher(try LinePattern("secret.*end"))
        #expect((Array("secret".utf8) + [0xFF, 0xC3] + Array("end".utf8)).withUnsafeBytes { matcher.matches($0) })
    }

    /// Expressions that take other engines time exponential or quadratic in the text.
    @Test(arguments: ["(a+)+$", "(a|aa)+b", "(a*)*b", "(.*)(.*)(.*)x", "a.*b|a", ".*=.*;", "(a|b)*a(a|b){12}c"])
    func `the work is linear in the line`(pattern: String) throws {
        func work(_ count: Int) throws -> (steps: Int, transitions: Int) {
            let matcher = PatternMatcher(try LinePattern(pattern))
            let line = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            return line.withUnsafeBytes { line in
                _ = matcher.parts(of: line)
                var search = PatternSearch(matcher.program)
                var start = 0
                while start < line.count, let part = search.first(in: line, from: start),
                    search.steps <= PatternMatcher.revisits * (line.count + 64)
                {
                    start = part.upperBound
                }
                return (search.steps, matcher.computedTransitions)
            }
        }
        let (small, large) = (try work(2000), try work(20_000))
        #expect(large.steps <= (PatternMatcher.revisits + 2) * (20_000 + 64))
        #expect(small.steps <= (PatternMatcher.revisits + 2) * (2000 + 64))
        #expect(large.transitions <= 20_001)
    }

    @Test func `more states than are remembered change no answer`() throws {
        let matcher = PatternMatcher(try LinePattern("(a|b)*a(a|b){11}c"))
        var text = ""
        var seed: UInt64 = 7
        for _ in 0..<20_000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text += seed >> 63 == 0 ? "a" : "b"
        }
        #expect(!matcher.matches(text))
        #expect(matcher.matches(text + "abbbbbbbbbbbc"))
    }
}
