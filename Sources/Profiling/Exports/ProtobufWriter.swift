// The few shapes of protocol buffers that a pprof profile is made of.

/// Appends fields to a message. Fields that are 0 or empty are left out, as proto3 has it.
///
/// Source: https://protobuf.dev/programming-guides/encoding/.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func field(_ number: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        varint(number << 3)
        varint(value)
    }

    mutating func field(_ number: UInt64, _ value: Int64) { field(number, UInt64(bitPattern: value)) }

    mutating func field(_ number: UInt64, _ value: Bool) { field(number, value ? UInt64(1) : 0) }

    mutating func field(_ number: UInt64, _ value: some Collection<UInt8>) {
        varint(number << 3 | 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func field(_ number: UInt64, message: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        message(&writer)
        field(number, writer.bytes)
    }

    /// Numbers in one field (packed).
    mutating func field(_ number: UInt64, packed values: some Sequence<UInt64>) {
        var writer = ProtobufWriter()
        for value in values { writer.varint(value) }
        field(number, writer.bytes)
    }

    /// Hands over what was written and begins anew.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}
