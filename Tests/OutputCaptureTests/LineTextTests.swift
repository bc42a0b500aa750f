import Testing

@testable import OutputCapture

private func cleaned(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { String(decoding: LineText.cleaned($0), as: UTF8.self) }
}

@Suite struct LineTextTests {
    @Test(arguments: [
        ("plain ütf-8 text\twith tab", "plain ütf-8 text\twith tab"),
        ("\u{1B}[31;1mred\u{1B}[0m", "red"),
        ("\u{1B}[2K\u{1B}[1Gline", "line"),
        ("\u{1B}]8;;https://example.com\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"),
        ("\u{1B}]0;title\u{7}after", "after"),
        ("\u{1B}]never ended", "never ended"),
        ("\u{1B}(Btext", "text"),
        ("\u{1B}", ""),
        ("\u{1B}[", ""),
        ("a\0b\u{7}c\u{7F}", "a␀b␇c␡"),
    ])
    func `records show text without escapes and with visible controls`(line: String, expected: String) {
        #expect(cleaned(line) == expected)
    }

    @Test func `a cut falls between characters`() {
        #expect(LineText.string(Array("añb".utf8), limit: 2) == "a…")
        #expect(LineText.string(Array("añb".utf8), limit: 3) == "añ…")
        #expect(LineText.string(Array("a😀".utf8), limit: 4) == "a…")
        #expect(LineText.string(Array("añb".utf8), limit: 4) == "añb")
        #expect(LineText.string([0x61, 0xFF, 0x62], limit: 10) == "a\u{FFFD}b")
    }
}
