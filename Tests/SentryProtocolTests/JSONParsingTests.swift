import SentryProtocol
import Testing

@Suite struct JSONParsingTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)),
            ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5e3", .number(1500)),
            ("1E-2", .number(0.01)),
            ("0.1", .number(0.1)), (#""""#, .string("")),
            (#""a\"\\\/\b\f\n\r\t\u00e4z""#, .string("a\"\\/\u{8}\u{C}\n\r\täz")),
            (#""\ud83d\ude00x""#, .string("😀x")), (#""\ud83dx""#, .string("\u{FFFD}x")),
            (#""\ud83d\n""#, .string("\u{FFFD}\n")), (#""\ud83d\u0041""#, .string("\u{FFFD}A")),
            (#""\ude00""#, .string("\u{FFFD}")), (#""ü😀""#, .string("ü😀")), (#""\u0000""#, .string("\0")),
            ("[]", []), ("[1,[2] ,{}]", [1, [2], [:]]), ("\t{ \"a\" : [ ] ,\r\n\"b\":null}", ["a": [], "b": .null]),
        ] as [(String, JSONValue)])
    func `reads what RFC 8259 allows`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("tru", .unexpectedEnd, 3),
            ("trux", .unexpectedByte, 3),
            ("nul1", .unexpectedByte, 3), ("01", .trailingBytes, 1), ("-", .unexpectedEnd, 1),
            ("-x", .invalidNumber, 1),
            ("1.", .unexpectedEnd, 2), ("1.x", .invalidNumber, 2), (".5", .unexpectedByte, 0),
            ("1e+", .unexpectedEnd, 3),
            ("+1", .unexpectedByte, 0), ("1e999", .invalidNumber, 0), ("NaN", .unexpectedByte, 0),
            ("'a'", .unexpectedByte, 0),
            (#"""#, .unexpectedEnd, 1), (#""\"#, .unexpectedEnd, 2), (#""\x""#, .invalidEscape, 2),
            (#""\u12g4""#, .invalidEscape, 5), (#""\ud83d\u12""#, .invalidEscape, 11),
            ("\"a\nb\"", .controlCharacter, 2),
            ("\"\\n\u{1}\"", .controlCharacter, 3), ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
            ("[", .unexpectedEnd, 1), ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
            ("{\"a\" 1}", .unexpectedByte, 5), ("{\"a\":}", .unexpectedByte, 5), ("1 1", .trailingBytes, 2),
            ("[]]", .trailingBytes, 2), ("\u{FEFF}1", .unexpectedByte, 0), ("/**/1", .unexpectedByte, 0),
        ] as [(String, JSONParseError.Reason, Int)])
    func `refuses what it does not, and says where`(text: String, reason: JSONParseError.Reason, offset: Int) {
        #expect { try JSONValue(parsing: text) } throws: { error in
            let error = error as? JSONParseError
            return error?.reason == reason && error?.offset == offset
        }
    }

    @Test func `refuses strings that are not UTF-8`() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect { try JSONValue(parsing: bytes) } throws: { ($0 as? JSONParseError)?.reason == .invalidUTF8 }
        }
    }

    @Test func `nesting is bounded, whatever comes`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(128))
        #expect { try JSONValue(parsing: nested(129)) } throws: { ($0 as? JSONParseError)?.reason == .tooDeep }
        let flood = String(repeating: "{\"a\":", count: 1_000_000)
        #expect { try JSONValue(parsing: flood) } throws: { ($0 as? JSONParseError)?.reason == .tooDeep }
    }

    @Test func `every prefix of a document is an error, not a crash`() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e4\ud83d\ude00",true,null],"b":{"c":""}}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: JSONParseError.self) { try JSONValue(parsing: text[..<count]) }
        }
        #expect(try JSONValue(parsing: text)["b"]?["c"] == "")
    }

    @Test func `a changed byte never crashes it`() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e4\ud83d\ude00",true,null],"b":{"c":""}}"#.utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                if let value = try? JSONValue(parsing: changed) { #expect(!value.jsonBytes.isEmpty) }
            }
        }
    }

    @Test func `what was written is read back the same`() throws {
        let value: JSONValue = [
            "text": "line\n\"quoted\" \u{1} 😀 \\", "list": [1, 2.5, .null, false, []], "big": .integer(.min),
            "object": ["": [:]],
        ]
        #expect(try JSONValue(parsing: value.jsonBytes) == value)
    }
}
