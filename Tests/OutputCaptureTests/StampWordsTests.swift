// Eight bytes at once must be what they are one by one.

import Testing

@testable import OutputCapture

@Suite struct StampWordsTests {
    @Test func `only a digit stands where one has to`() {
        let stamp = Array("2026-11-21 08:07:06".utf8)
        for place in 0..<StampWords.length {
            for byte in UInt8.min...UInt8.max where byte != stamp[place] {
                var other = stamp
                other[place] = byte
                let isStamp = other.withUnsafeBytes { $0.baseAddress.map { StampWords($0) != nil } } == true
                let mayBe = stamp[place].isDigit ? byte.isDigit : place == 10 && byte == UInt8(ascii: "T")
                #expect(!isStamp || mayBe, "\(byte) at \(place)")
            }
        }
    }

    @Test(arguments: [
        ("2026-11-21 08:07:06", Int64(20778), Int64(29226)), ("1970/01/01T00:00:00", 0, 0),
        ("2000-02-29 23:59:60", 11016, 86400),
    ])
    func `day and clock`(text: String, day: Int64, seconds: Int64) {
        Array(text.utf8).withUnsafeBytes {
            let words = StampWords(LineCursor($0))
            #expect(words?.day == day)
            #expect(words?.seconds == seconds)
        }
    }

    @Test(arguments: [
        "2026-11-21 08:07:060", "2026-11-21 08:07:06 PM", "2026-11-21 08:07:06.5 AM", "2026-11-21 08:07:06PM",
    ])
    func `what may go on is left to others`(text: String) {
        Array(text.utf8).withUnsafeBytes { #expect(StampWords(LineCursor($0)) == nil) }
    }

    @Test func `numbers are read eight digits at a time`() {
        for text in ["0", "12345678", "123456789", "0000000012345678", "123456789012345678"] {
            Array(text.utf8).withUnsafeBytes { #expect($0.decimal == Int64(text)) }
            for place in 0..<text.utf8.count {
                for byte in UInt8.min...UInt8.max where !byte.isDigit {
                    var other = Array(text.utf8)
                    other[place] = byte
                    other.withUnsafeBytes { #expect($0.decimal == nil) }
                }
            }
        }
        Array("1234567890123456789".utf8).withUnsafeBytes { #expect($0.decimal == nil) }
    }
}
