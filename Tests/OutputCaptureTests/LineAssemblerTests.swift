import Testing

@testable import OutputCapture

/// Feeds the pieces one after the other; each line as text, `+` for continued, `~` for overwritten.
private func lines(_ pieces: [[UInt8]]) -> [String] {
    var assembler = LineAssembler()
    var found: [String] = []
    func note(_ line: UnsafeRawBufferPointer, _ flags: LineFlags) {
        let marks = (flags.contains(.continued) ? "+" : "") + (flags.contains(.hadCarriageReturn) ? "~" : "")
        found.append(marks + String(decoding: line, as: UTF8.self))
    }
    for piece in pieces { piece.withUnsafeBytes { assembler.feed($0, note) } }
    assembler.finish(note)
    return found
}

private func lines(_ pieces: String...) -> [String] { lines(pieces.map { Array($0.utf8) }) }

@Suite struct LineAssemblerTests {
    @Test func `lines come whole however the bytes are cut`() {
        let text = Array("one\ntwo\r\n\nthree\n50%\r100%\nfour".utf8)
        for size in 1...text.count {
            let pieces = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min(text.count, $0 + size)]) }
            #expect(lines(pieces) == ["one", "two", "", "three", "~100%", "four"], "in pieces of \(size)")
        }
    }

    @Test func `an unterminated line is handed out at the end, and only then`() {
        #expect(lines("a\nb") == ["a", "b"])
        #expect(lines("a\n") == ["a"])
        #expect(lines("") == [])
    }

    @Test func `a progress bar is what stood there last`() {
        #expect(lines("10%\r20%\r30%\r\n") == ["~30%"])
        #expect(lines("10%\r", "20%\r", "30%") == ["~30%"])
        #expect(lines("done\r", "\nnext\n") == ["done", "next"])
        #expect(lines("done\r\r\n") == ["done"])
    }

    @Test func `a progress bar without end keeps only its last state in memory`() {
        let pieces = (0..<20000).map { "step \($0)\r" }
        #expect(lines(pieces.map { Array($0.utf8) }) == ["~step 19999"])
    }

    @Test(arguments: [65535, 65536, 65537, 131072, 200_000])
    func `a line beyond the limit comes in parts that add up`(length: Int) {
        let text = Array(repeating: UInt8(ascii: "x"), count: length)
        for size in [length + 1, 4096, 65536] {
            let all = text + [0x0A] + Array("next\n".utf8)
            let pieces = stride(from: 0, to: all.count, by: size).map { Array(all[$0..<min(all.count, $0 + size)]) }
            let found = lines(pieces)
            #expect(found.last == "next")
            let parts = found.dropLast()
            #expect(parts.allSatisfy { $0.utf8.count <= LineAssembler.maximumLength + 1 })
            #expect(parts.map { $0.filter { $0 == "x" }.count }.reduce(0, +) == length)
            #expect(parts.dropFirst().allSatisfy { $0.hasPrefix("+") })
            #expect(parts.first?.hasPrefix("+") == false)
        }
    }
}
