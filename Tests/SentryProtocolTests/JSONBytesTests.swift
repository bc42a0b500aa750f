import Testing

@testable import SentryProtocol

@Suite struct JSONBytesTests {
    private func escaped(_ text: [UInt8]) -> String {
        var json = JSONBytes(capacity: 1)
        text.withUnsafeBytes { json.append(escaping: $0) }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Eight bytes are looked at together: a special one may be at any of the places, and in what is left.
    @Test(
        arguments: [
            [0x22], [0x5C], [0x0A], [0x09], [0x00], [0x1F], [0x7F], [0xC3, 0xA9], [0xE2, 0x80, 0xA6],
            [0xF0, 0x9F, 0x98, 0x80],
            [0xFF], [0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0x80], [0x22, 0x22], [0xC3, 0x22],
        ] as [[UInt8]])
    func `a text is written as the other writer writes it`(special: [UInt8]) {
        for before in 0..<18 {
            for after in 0..<18 {
                let text = [UInt8](repeating: 0x61, count: before) + special + [UInt8](repeating: 0x7E, count: after)
                let expected = String(decoding: text, as: UTF8.self).jsonBytes.dropFirst().dropLast()
                #expect(escaped(text) == String(decoding: expected, as: UTF8.self))
            }
        }
    }

    @Test func `and so are texts of any bytes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<40)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = String(decoding: text, as: UTF8.self).jsonBytes.dropFirst().dropLast()
            #expect(escaped(text) == String(decoding: expected, as: UTF8.self), "\(text)")
        }
    }

    @Test(arguments: [0, 9, 10, 99, -1, .max, .min] as [Int64])
    func `a number is written in decimal`(number: Int64) {
        var json = JSONBytes(capacity: 1)
        json.append(number)
        #expect(String(decoding: json.bytes, as: UTF8.self) == String(number))
    }

    @Test func `a time has its six decimals`() {
        for time in [Timestamp(nanoseconds: 1_795_234_329_050_120_999), Timestamp(nanoseconds: 0)] {
            var json = JSONBytes(capacity: 1)
            json.append(seconds: time)
            #expect(String(decoding: json.bytes, as: UTF8.self) == time.secondsText)
        }
    }

    @Test func `equal keys are one, also where others look like them`() {
        var record = LogRecord(timestamp: Timestamp(nanoseconds: 0), level: .info)
        for index in 0..<200 {
            Array("key\(index % 100)\"".utf8).withUnsafeBytes {
                if record.key($0) { record.value(.integer(Int64(index))) }
            }
        }
        var reader = LogAttributeReader(record.attributesJSON)
        var seen: [String] = []
        while let (name, value, type) = reader.next() {
            seen.append("\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
            #expect(type.elementsEqual("integer".utf8))
        }
        #expect(seen == (0..<100).map { "\"key\($0)\\\"\"=\($0)" })
    }
}
