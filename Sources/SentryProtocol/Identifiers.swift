// The ids of the wire: lower-case hex, no dashes (protocol: general conventions).

/// 16 bytes shown as 32 hex digits: an event, check-in, session or trace id.
package struct HexID16: Sendable, Hashable, JSONWritable, CustomStringConvertible {
    /// Exactly 16 bytes.
    package let bytes: [UInt8]

    /// `nil` unless there are exactly 16 bytes and not all are zero (Relay rejects the nil id).
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// Reads 32 hex digits of either case, dashes ignored.
    package init?(_ text: String) {
        guard let bytes = hexDecode(text.filter { $0 != "-" }) else { return nil }
        self.init(bytes: bytes)
    }

    package var description: String { hexEncode(bytes) }

    package func write(to json: inout JSONWriter) { json.string(description) }

    /// The same id with the version and variant bits of a random UUID (RFC 9562 version 4).
    package var asUUIDv4: HexID16 {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return HexID16(bytes: bytes) ?? self
    }
}

package typealias EventID = HexID16
package typealias TraceID = HexID16

/// 8 bytes shown as 16 hex digits.
package struct SpanID: Sendable, Hashable, JSONWritable, CustomStringConvertible {
    /// Exactly 8 bytes.
    package let bytes: [UInt8]

    /// `nil` unless there are exactly 8 bytes and not all are zero.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 8, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    package init?(_ text: String) {
        guard let bytes = hexDecode(text) else { return nil }
        self.init(bytes: bytes)
    }

    package var description: String { hexEncode(bytes) }

    package func write(to json: inout JSONWriter) { json.string(description) }
}

/// Lower-case hex.
package func hexEncode(_ bytes: [UInt8]) -> String {
    // On the path before the job's exec: straight into the string, no array on the way.
    String(unsafeUninitializedCapacity: bytes.count * 2) { text in
        var end = 0
        for byte in bytes {
            text[end] = hexDigit(byte >> 4)
            text[end + 1] = hexDigit(byte & 15)
            end += 2
        }
        return end
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 - 10 + value }

/// `nil` for an odd length or anything that is not a hex digit.
package func hexDecode(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { byte -> UInt8? in
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[index], let low = digits[index + 1] else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}
