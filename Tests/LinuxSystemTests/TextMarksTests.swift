import CLinux
import Testing

@testable import LinuxSystem

@Suite struct TextMarksTests {
    private func text(_ length: Int, _ random: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test func `every byte is the same to both ways of looking`() {
        var random = SystemRandomNumberGenerator()
        for length in [0, 1, 7, 31, 32, 33, 63, 64, 100] {
            for _ in 0..<200 {
                let bytes = text(length, &random) + [0]
                let marks = clinux_json_marks_of(bytes, length)
                let plain = clinux_json_marks_plainly(bytes, length)
                #expect(marks.texts == plain.texts, "\(bytes)")
                #expect(marks.ends == plain.ends, "\(bytes)")
            }
        }
        for byte in UInt8.min...UInt8.max {
            let bytes = [UInt8](repeating: byte, count: 64)
            let plain = clinux_json_marks_plainly(bytes, 64)
            #expect(clinux_json_marks_of(bytes, 64).ends == plain.ends)
            #expect(
                plain.ends
                    == (("a"..."z").contains(Character(Unicode.Scalar(byte | 0x20)))
                        || ("0"..."9").contains(Character(Unicode.Scalar(byte))) || "+-.".utf8.contains(byte)
                        ? 0 : .max))
        }
    }

    @Test func `control characters are found wherever they stand`() {
        for length in 0..<70 {
            let harmless = [UInt8](repeating: 0x09, count: length)
            #expect(!harmless.withUnsafeBytes { hasControlCharacters($0) })
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = harmless
                    bytes[place] = byte
                    let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
                    #expect(bytes.withUnsafeBytes { hasControlCharacters($0) } == isControl)
                }
            }
        }
    }
}
