import Testing

@testable import OutputCapture

@Suite struct ShortTextTests {
    private func short(_ text: String) -> ShortText? { Array(text.utf8).withUnsafeBytes { ShortText($0) } }

    @Test func anyOtherByteMakesAnotherText() {
        for count in 1...ShortText.longest {
            let text = Array("abcdefghijklmnopqrstuvwx".utf8.prefix(count))
            for place in 0..<count {
                var other = text
                other[place] = UInt8(ascii: "_")
                #expect(text.withUnsafeBytes { ShortText($0) } != other.withUnsafeBytes { ShortText($0) })
            }
            #expect(text.withUnsafeBytes { ShortText($0) } != text.dropLast().withUnsafeBytes { ShortText($0) })
        }
        #expect(short("") == nil)
        #expect(short(String(repeating: "a", count: ShortText.longest + 1)) == nil)
    }

    @Test func aNameHasOnlyLettersDigitsAndUnderscores() {
        for count in 1...ShortText.longest {
            for place in 0..<count {
                for byte in UInt8.min...UInt8.max {
                    var text = [UInt8](repeating: UInt8(ascii: "z"), count: count)
                    text[place] = byte
                    #expect(text.withUnsafeBytes { ShortText($0)?.isName } == byte.isNameByte)
                }
            }
        }
    }

    @Test func onlyCapitalsAreLowered() {
        for byte in UInt8.min...UInt8.max {
            for count in [1, 3, 5, 9, 20] {
                let text = [UInt8](repeating: byte, count: count).withUnsafeBytes { ShortText($0) }
                let lowered = [UInt8](repeating: byte.lowered, count: count).withUnsafeBytes { ShortText($0) }
                #expect(text?.lowered == lowered)
            }
        }
    }

    @Test func numbersAreWhatStrtodSays() {
        for text in [
            "0.5", "-12.25", "1795234329.123", "0.3733", "123456789.123456789", "9007199254740993.5",
            "0.000000000000001",
            "-0.0", "99999999999999.99", "1.7976931348623157",
        ] {
            let fast = Array(text.utf8).withUnsafeBytes { FieldValue.fraction($0) }
            #expect(fast == nil || fast?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
        for text in ["", "-", ".5", "5.", "1..2", "1.2.3", "1e5", "12", "-.5", "+1.5"] {
            #expect(Array(text.utf8).withUnsafeBytes { FieldValue.fraction($0) } == nil, "\(text)")
        }
    }
}
