// The fields of a message of protocol buffers, for bytes that anybody may have written.

/// Goes from field to field. Used up by it: a message in a field has a reader of its own.
struct ProtobufReader {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    struct Field {
        var number: UInt64
        var value: Value

        /// `nil` where it is none.
        var integer: Int64? { if case .number(let value) = value { Int64(bitPattern: value) } else { nil } }
        var message: ProtobufReader? { if case .bytes(let bytes) = value { ProtobufReader(bytes) } else { nil } }
        var text: String? { if case .bytes(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { nil } }
    }

    private var rest: ArraySlice<UInt8>
    /// What follows is no field.
    private(set) var isBroken = false

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// `nil` at the end, and where what follows is broken. Fixed numbers are numbers; groups, which are of the past, are broken.
    mutating func next() -> Field? {
        guard !isBroken, !rest.isEmpty else { return nil }
        guard let key = varint(), let value = value(key & 7) else {
            isBroken = true
            return nil
        }
        return Field(number: key >> 3, value: value)
    }

    private mutating func value(_ wireType: UInt64) -> Value? {
        switch wireType {
        case 0: varint().map(Value.number)
        case 1: fixed(8)
        case 2: varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map(Value.bytes)
        case 5: fixed(4)
        default: nil
        }
    }

    private mutating func fixed(_ count: Int) -> Value? {
        take(count).map { .number($0.reversed().reduce(0) { $0 << 8 | UInt64($1) }) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// Appends the numbers of a repeated field, packed or not.
    ///
    /// - Returns: whether it has such.
    static func append(_ field: Field, to numbers: inout [UInt64]) -> Bool {
        switch field.value {
        case .number(let value): numbers.append(value)
        case .bytes(let bytes):
            var packed = ProtobufReader(bytes)
            while !packed.rest.isEmpty {
                guard let value = packed.varint() else { return false }
                numbers.append(value)
            }
        }
        return true
    }
}
