// Writes compact JSON straight into bytes. No tree is built: a log line goes from the buffer to the envelope.

/// A value that knows its JSON form.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

/// An append-only writer of compact UTF-8 JSON (RFC 8259).
///
/// Objects and arrays are written by closures, so brackets always match:
/// `json.object { $0.field("level", "fatal"); $0.field("tags") { $0.object { … } } }`.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

    package mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    /// A field of an object; `nil` writes nothing at all.
    package mutating func field(_ name: String, _ value: (some JSONWritable)?) {
        guard let value else { return }
        key(name)
        value.write(to: &self)
    }

    /// A field whose value the closure writes: exactly one value.
    package mutating func field(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        body(&self)
    }

    /// An element of an array, or the top-level value.
    package mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    package mutating func null() { raw("null".utf8) }

    /// Bytes that already are one JSON value.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A string from bytes that are meant to be UTF-8; what isn't becomes U+FFFD.
    package mutating func string(_ utf8: some Sequence<UInt8>) { string(String(decoding: Array(utf8), as: UTF8.self)) }

    package mutating func string(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in 0..<utf8.count where utf8[index] < 0x20 || utf8[index] == 0x22 || utf8[index] == 0x5C {
                bytes.append(contentsOf: utf8[start..<index])
                escape(utf8[index])
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: [0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
    }
}

extension JSONWritable {
    /// The value alone, as bytes.
    package var jsonBytes: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

// MARK: - Scalars and collections

extension String: JSONWritable {
    package func write(to json: inout JSONWriter) { json.string(self) }
}

extension Bool: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw((self ? "true" : "false").utf8) }
}

extension Int: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(String(self).utf8) }
}

extension Int64: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(String(self).utf8) }
}

extension UInt64: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(String(self).utf8) }
}

extension Double: JSONWritable {
    /// JSON has no infinities and no NaN: they become null.
    package func write(to json: inout JSONWriter) {
        guard isFinite else { return json.null() }
        if self == rounded(), abs(self) < 1e15 { return json.raw(String(Int64(self)).utf8) }
        json.raw(description.utf8)
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.array { array in
            // By index: an iterator's type would be made anew for each type of element.
            var index = 0
            while index < count {
                array.value(self[index])
                index += 1
            }
        }
    }
}

extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    /// Sorted by key, so that equal values give equal bytes.
    package func write(to json: inout JSONWriter) {
        json.object { object in
            for (key, value) in sorted(by: { $0.key < $1.key }) { object.field(key, value) }
        }
    }
}
