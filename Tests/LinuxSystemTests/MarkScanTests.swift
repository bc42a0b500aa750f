// What looks at 64 bytes together finds what a look at each byte does, whatever instructions the processor has.

import LinuxSystem
import Testing

@Suite struct MarkScanTests {
    private static let beginnings: [(group: Int, text: String)] = [(0, "d=x"), (0, "s:x"), (3, "--p"), (7, "ghp")]

    /// As `clinux_marks.h` says it, byte for byte.
    private func isPlace(_ text: [UInt8], _ place: Int) -> Bool {
        func byte(_ offset: Int) -> UInt8 { text.indices.contains(place + offset) ? text[place + offset] : 0 }
        func isDigit(_ offset: Int) -> Bool { (0x30...0x39).contains(byte(offset)) }
        func digits(_ count: Int, from offset: Int = 0) -> Bool {
            (offset..<(offset + count)).allSatisfy(isDigit)
        }
        func isBehindName() -> Bool {
            var begin = 0
            while isDigit(begin - 1) { begin -= 1 }
            let before = byte(begin - 1)
            return before | 0x20 >= 0x61 && before | 0x20 <= 0x7A || before == 0x5F || before == 0x2D
        }
        let beginning = (0..<3).map(byte)
        if Self.beginnings.contains(where: { Array($0.text.utf8) == beginning }) { return true }
        if digits(13) || digits(2) && byte(2) == 0x2E { return true }
        if digits(4), byte(4) == 0x20 || byte(4) == 0x2D, digits(4, from: 5) { return true }
        if isDigit(0), byte(1) == 0x3A || byte(1) == 0x3D, isBehindName() { return true }
        if byte(1) == 0x3A, byte(-3) == 0x32 || byte(-3) == 0x33 { return true }
        guard isDigit(0), byte(1) == 0x2E else { return false }
        return (1...3).contains { digits($0, from: 2) && byte(2 + $0) == 0x2E && isDigit(3 + $0) }
    }

    private func scan(_ vectors: VectorInstructions) -> MarkScan {
        let scan = MarkScan(vectors)
        for (group, text) in Self.beginnings {
            for (place, byte) in text.utf8.enumerated() { scan.allow(byte, at: place, in: group) }
        }
        return scan
    }

    @Test(arguments: VectorInstructions.possible) func everyPlaceIsFound(vectors: VectorInstructions) {
        let scan = scan(vectors)
        defer { scan.deallocate() }
        var numbers = SystemRandomNumberGenerator()
        let parts = [
            "d=x", "s:x", "--p", "ghp", "12.34.5.6", "4111111111111111", "4111 1111", "key1=", "a12:", "2001:", "é",
            ":",
            "x", "7", " - ", ".", "2026-11-21",
        ]
        var found = 0, marked = 0
        for _ in 0..<4000 {
            var text: [UInt8] = []
            while text.count < Int.random(in: 1...200, using: &numbers) {
                text += (parts.randomElement(using: &numbers) ?? "").utf8
            }
            text.withUnsafeBytes { all in
                for start in stride(from: 0, to: all.count, by: MarkScan.width) {
                    let marks = scan.places(in: all, from: start)
                    for place in start..<min(all.count, start + MarkScan.width) {
                        let isMarked = marks >> UInt64(place - start) & 1 != 0
                        let isPlace = isPlace(text, place)
                        // What begins before the 64 bytes is their predecessors'.
                        #expect(isMarked || !isPlace, "\(String(decoding: text, as: UTF8.self)) at \(place)")
                        found += isPlace ? 1 : 0
                        marked += isMarked ? 1 : 0
                    }
                }
            }
        }
        // Marks everywhere would pass, too: a few at the edges of the 64 bytes, and what mixes beginnings, are in vain.
        #expect(marked < 2 * found)
    }

    @Test(arguments: VectorInstructions.possible.filter { $0 != .none })
    func aTextIsFoundAtEveryPlace(vectors: VectorInstructions) throws {
        let scan = try #require(TextScan(vectors))
        defer { scan.deallocate() }
        let texts = ["panic: ", "Excepti", "such fi"]
        for (group, text) in texts.enumerated() { scan.add(Array(text.utf8), to: group) }
        for text in texts {
            for before in 0..<200 {
                for after in [0, 1, 6, 7, 63, 64, 100] {
                    let bytes = Array((String(repeating: "é", count: before) + text).utf8)
                    let all = bytes + [UInt8](repeating: UInt8(ascii: "x"), count: after)
                    #expect(all.withUnsafeBytes { scan.firstOffset(in: $0) } == bytes.count - TextScan.length)
                    let cut = all.dropLast(after + 1)
                    #expect(cut.withUnsafeBytes { scan.firstOffset(in: $0) } == cut.count)
                }
            }
        }
    }
}
