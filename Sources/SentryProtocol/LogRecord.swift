// Structured logs (protocol reference 5).

/// A scalar that a log carries. Relay drops arrays by the names that the documentation gives them.
package enum LogAttribute: Sendable, Equatable {
    case string(String)
    case boolean(Bool)
    case integer(Int64)
    /// Finite: JSON has no word for others.
    case double(Double)
}

extension LogAttribute: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// One structured log. Body and attributes are from the beginning the JSON that is sent, in one piece of memory.
package struct LogRecord: ~Copyable, Sendable {
    package var timestamp: Timestamp
    package var level: LogLevel
    /// The body as the inside of a JSON string, then `"key":{"value":…,"type":"…"},` for each attribute.
    private var json = JSONBytes(capacity: 1000)
    private var bodyEnd = 0
    private(set) var keys = KeyMarks()

    package init(timestamp: Timestamp, level: LogLevel) {
        self.timestamp = timestamp
        self.level = level
    }

    /// More of the body, before the first attribute. What is no UTF-8 becomes U+FFFD.
    ///
    /// - Parameter isCut: there was more of it, which `…` says.
    package mutating func append(body text: UnsafeRawBufferPointer, isCut: Bool = false) {
        json.append(escaping: text)
        if isCut { json.append("…") }
        bodyEnd = json.count
    }

    // MARK: Attributes

    /// The first of equal names stays.
    package mutating func add(_ key: StaticString, _ value: LogAttribute) { if self.key(key) { self.value(value) } }

    /// - Parameter text: like the key without anything that JSON escapes.
    package mutating func add(_ key: StaticString, text: StaticString) {
        guard self.key(key) else { return }
        json.append("\"")
        json.append(text)
        json.append(#"","type":"string"},"#)
    }

    package mutating func key(_ key: StaticString) -> Bool {
        self.key(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    /// Begins an attribute: exactly one of the values follows, unless there is one of that name: then `false`.
    package mutating func key(_ key: UnsafeRawBufferPointer) -> Bool {
        let start = json.count
        json.append("\"")
        json.append(escaping: key)
        json.append("\"")
        if !keys.insert(key), hasName(UnsafeRawBufferPointer(rebasing: json.bytes[start...]), before: start) {
            json.cut(to: start)
            return false
        }
        json.append(#":{"value":"#)
        return true
    }

    /// The same for a key of which is known how it is begun.
    package mutating func key(_ key: UnsafeRawBufferPointer, beginning: UnsafeRawBufferPointer) -> Bool {
        // The other one asks which key it is that may be the same.
        guard keys.insert(key) else { return self.key(key) }
        json.append(beginning)
        return true
    }

    /// Calls `body` with what an attribute of that name begins with.
    package static func withBeginning<Result>(
        ofAttribute name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var record = LogRecord(timestamp: Timestamp(nanoseconds: 0), level: .info)
        _ = record.key(name)
        return body(record.attributesJSON)
    }

    package mutating func value(_ value: LogAttribute) {
        switch value {
        case .string(var text): text.withUTF8 { self.value(text: UnsafeRawBufferPointer($0)) }
        case .boolean(let truth): json.append(truth ? #"true,"type":"boolean"},"# : #"false,"type":"boolean"},"#)
        case .integer(let number):
            json.append(number)
            json.append(#","type":"integer"},"#)
        case .double(let number):
            number.jsonBytes.withUnsafeBytes { json.append($0) }
            json.append(#","type":"double"},"#)
        }
    }

    package mutating func value(text: UnsafeRawBufferPointer, isCut: Bool = false) {
        json.append("\"")
        json.append(escaping: text)
        if isCut { json.append("…") }
        json.append(#"","type":"string"},"#)
    }

    /// - Parameter text: a number as it would be written here.
    package mutating func value(number text: UnsafeRawBufferPointer, isInteger: Bool) {
        json.append(text)
        json.append(isInteger ? #","type":"integer"},"# : #","type":"double"},"#)
    }

    // MARK: Reading

    /// The inside of a JSON string. Valid as long as the record is there and unchanged.
    package var bodyJSON: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: json.bytes[..<bodyEnd]) }

    /// What ``LogAttributeReader`` reads; valid as ``bodyJSON`` is.
    package var attributesJSON: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: json.bytes[bodyEnd...]) }

    /// - Parameter name: as JSON.
    func has(_ name: UnsafeRawBufferPointer) -> Bool { hasName(name, before: json.count) }

    private func hasName(_ name: UnsafeRawBufferPointer, before end: Int) -> Bool {
        var attributes = LogAttributeReader(UnsafeRawBufferPointer(rebasing: json.bytes[bodyEnd..<end]))
        while let next = attributes.next() {
            if next.name.count == name.count, next.name.elementsEqual(name) { return true }
        }
        return false
    }
}

/// A bit for each key, by some of its bytes: tells of most keys that they are not there.
struct KeyMarks {
    private var bits: UInt64 = 0

    func isDisjoint(with other: KeyMarks) -> Bool { bits & other.bits == 0 }

    /// Whether it was certainly not there before.
    mutating func insert(_ key: UnsafeRawBufferPointer) -> Bool {
        let sum = UInt64(key.first ?? 0) &* 5 &+ UInt64(key.last ?? 0) &* 11 &+ UInt64(key.count)
        let bit: UInt64 = 1 &<< (sum & 63)
        defer { bits |= bit }
        return bits & bit == 0
    }
}

/// Walks over a record's attributes: `"key":{"value":…,"type":"…"},` for each.
package struct LogAttributeReader {
    private let json: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ json: UnsafeRawBufferPointer) { self.json = json }

    /// The next one's name and value, both as JSON, and its type.
    package mutating func next()
        -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, type: UnsafeRawBufferPointer)?
    {
        guard offset < json.count else { return nil }
        let name = take { $0.passString() }
        offset += #":{"value":"#.utf8.count
        let value = take {
            if $0.json[$0.offset] == UInt8(ascii: "\"") { $0.passString() } else { $0.pass(until: ",") }
        }
        offset += #","type":""#.utf8.count
        // `string`, `double`; `boolean`, `integer`.
        let isShort = offset < json.count && (json[offset] == UInt8(ascii: "s") || json[offset] == UInt8(ascii: "d"))
        let type = take { $0.offset += isShort ? 6 : 7 }
        offset += #""},"#.utf8.count
        return (name, value, type)
    }

    private mutating func take(_ pass: (inout Self) -> Void) -> UnsafeRawBufferPointer {
        let start = offset
        pass(&self)
        return UnsafeRawBufferPointer(rebasing: json[start..<offset])
    }

    private mutating func pass(until byte: Unicode.Scalar) {
        while offset < json.count, json[offset] != UInt8(ascii: byte) { offset += 1 }
    }

    private mutating func passString() {
        offset += 1
        while offset < json.count {
            if json.count - offset >= 8 {
                let word = json.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let marks = Self.marks(in: UInt64(littleEndian: word))
                offset += marks == 0 ? 8 : marks.trailingZeroBitCount / 8
                if marks == 0 { continue }
            }
            if json[offset] == UInt8(ascii: "\"") { break }
            offset += json[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        offset += 1
    }

    /// The upper bit of quotes and backslashes; the lowest one is exact.
    @inline(__always) private static func marks(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (quotes, backslashes) = (word ^ (0x22 &* ones), word ^ (0x5C &* ones))
        return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & (0x80 &* ones)
    }
}
