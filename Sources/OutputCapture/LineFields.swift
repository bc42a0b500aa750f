// What a line says under names, as places in the line: texts are made only of what becomes part of a record.

import SentryProtocol

/// Something that a line says under a name.
package struct LineAttribute: Sendable, Equatable {
    package var name: String
    package var value: LogAttribute

    init(_ name: String, _ value: LogAttribute) {
        self.name = name
        self.value = value
    }
}

/// The fields of one line, in its order. Whoever reads them has the line.
package struct LineFields: Sendable {
    enum Name: Sendable {
        case fixed(StaticString)
        case place(UInt32, UInt32)
        /// One of ``texts``.
        case text(Int32)
    }

    enum Value: Sendable {
        case place(UInt32, UInt32)
        /// A place whose text has escapes.
        case escaped(UInt32, UInt32)
        /// A number as a record has it.
        case number(UInt32, UInt32, isInteger: Bool)
        case text(Int32)
        case boolean(Bool)
        case integer(Int64)
        case double(Double)
    }

    /// Plain bytes: a list of them is copied and freed as a whole.
    struct Field: Sendable {
        let name: Name
        let value: Value
    }

    private(set) var fields: [Field] = []
    /// What is no part of the line as it stands.
    private var texts: [String] = []

    init() {}

    package var count: Int { fields.count }
    var isEmpty: Bool { fields.isEmpty }

    mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    // MARK: Adding

    mutating func append(_ name: StaticString, _ range: Range<Int>) {
        fields.append(Field(name: .fixed(name), value: .place(UInt32(range.lowerBound), UInt32(range.upperBound))))
    }

    mutating func append(_ name: StaticString, _ number: Int64) {
        fields.append(Field(name: .fixed(name), value: .integer(number)))
    }

    /// - Parameter bytes: of the line, or else copied.
    mutating func append(_ name: StaticString, _ bytes: UnsafeRawBufferPointer, in line: UnsafeRawBufferPointer) {
        fields.append(Field(name: .fixed(name), value: value(of: bytes, in: line)))
    }

    mutating func append(_ attribute: LineAttribute) {
        fields.append(Field(name: .text(keep(attribute.name)), value: value(of: attribute.value)))
    }

    @inline(__always) mutating func append(_ name: Name, _ value: FieldValue, in line: UnsafeRawBufferPointer) {
        // The most frequent ones without more ado.
        if case .text(let bytes, isEscaped: false) = value, let place = Self.place(of: bytes, in: line) {
            fields.append(Field(name: name, value: .place(place.0, place.1)))
        } else if let value = self.value(of: value, in: line) {
            fields.append(Field(name: name, value: value))
        }
    }

    /// - Parameter others: of the same line.
    mutating func append(_ others: LineFields) {
        let shift = Int32(texts.count)
        texts += others.texts
        for field in others.fields {
            var (name, value) = (field.name, field.value)
            if case .text(let index) = name { name = .text(index + shift) }
            if case .text(let index) = value { value = .text(index + shift) }
            fields.append(Field(name: name, value: value))
        }
    }

    /// Forgets what came after the first `count`.
    mutating func cut(to count: Int) { fields.removeLast(max(0, fields.count - count)) }

    /// A key of a structured line, as it was written there, as a name.
    @inline(__always) mutating func name(
        _ key: UnsafeRawBufferPointer, in line: UnsafeRawBufferPointer
    ) -> Name {
        guard !JSONText.hasEscapes(key), let place = Self.place(of: key, in: line) else {
            return name(JSONText.unescaped(key))
        }
        return .place(place.0, place.1)
    }

    mutating func name(_ text: String) -> Name { .text(keep(text)) }

    private mutating func keep(_ text: String) -> Int32 {
        texts.append(text)
        return Int32(texts.count - 1)
    }

    private mutating func value(of attribute: LogAttribute) -> Value {
        switch attribute {
        case .string(let text): .text(keep(text))
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        }
    }

    private mutating func value(of bytes: UnsafeRawBufferPointer, in line: UnsafeRawBufferPointer) -> Value {
        Self.place(of: bytes, in: line).map { .place($0.0, $0.1) } ?? .text(keep(bytes.text))
    }

    /// As ``FieldValue/attribute`` has it; `nil` for `null`.
    private mutating func value(of value: FieldValue, in line: UnsafeRawBufferPointer) -> Value? {
        switch value {
        case .text(let bytes, isEscaped: true):
            return Self.place(of: bytes, in: line).map { .escaped($0.0, $0.1) }
                ?? .text(keep(JSONText.unescaped(bytes)))
        case .text(let bytes, isEscaped: false), .nested(let bytes): return self.value(of: bytes, in: line)
        case .bare(let bytes):
            guard let first = bytes.first else { return .text(keep("")) }
            if first.isDigit || first == UInt8(ascii: "-") {
                if let isInteger = FieldValue.isIntegerAsWritten(bytes), let place = Self.place(of: bytes, in: line) {
                    return .number(place.0, place.1, isInteger: isInteger)
                }
            } else if first.isLetter {
                if bytes.count == 4, bytes.has("true") { return .boolean(true) }
                if bytes.count == 5, bytes.has("false") { return .boolean(false) }
                if bytes.count != 4 || !bytes.has("null") { return self.value(of: bytes, in: line) }
            }
            return FieldValue.scalar(bytes).map { self.value(of: $0) }
        }
    }

    @inline(__always) private static func place(
        of bytes: UnsafeRawBufferPointer, in line: UnsafeRawBufferPointer
    ) -> (UInt32, UInt32)? {
        guard let start = bytes.baseAddress, let base = line.baseAddress, start >= base,
            start + bytes.count <= base + line.count
        else { return nil }
        let offset = start - base
        return (UInt32(truncatingIfNeeded: offset), UInt32(truncatingIfNeeded: offset + bytes.count))
    }

    // MARK: Reading

    /// Calls `body` with the field's name.
    @inline(__always) func withName<Result>(
        _ field: Field, in line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        switch field.name {
        case .fixed(let text):
            return body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        case .place(let lower, let upper): return body(Self.slice(line, lower, upper))
        case .text(let index):
            var text = texts[Int(index)]
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }

    /// The bytes of a text that needs no unescaping.
    @inline(__always) static func slice(
        _ line: UnsafeRawBufferPointer, _ lower: UInt32, _ upper: UInt32
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: line[Int(lower)..<Int(upper)])
    }

    /// One of the fields' texts.
    func text(_ index: Int32) -> String { texts[Int(index)] }

    func attribute(_ field: Field, in line: UnsafeRawBufferPointer) -> LogAttribute {
        switch field.value {
        case .place(let lower, let upper): .string(Self.slice(line, lower, upper).text)
        case .escaped(let lower, let upper): .string(JSONText.unescaped(Self.slice(line, lower, upper)))
        case .number(let lower, let upper, _): FieldValue.scalar(Self.slice(line, lower, upper)) ?? .integer(0)
        case .text(let index): .string(text(index))
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        }
    }

    /// All of them, with texts in place of places.
    func list(in line: UnsafeRawBufferPointer) -> [LineAttribute] {
        fields.map { LineAttribute(withName($0, in: line) { $0.text }, attribute($0, in: line)) }
    }

    /// The same fields without the line: it goes away, or is part of another one.
    func owned(from line: UnsafeRawBufferPointer) -> LineFields {
        var owned = LineFields()
        list(in: line).forEach { owned.append($0) }
        return owned
    }
}
