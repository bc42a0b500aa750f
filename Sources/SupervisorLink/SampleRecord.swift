// One record of a SampleRing.
//
//     0 u32 size of the record, a multiple of 8      16 i64 CLOCK_MONOTONIC, nanoseconds
//     4 u16 kind, 6 u16 zero                         24 i64 weight, nanoseconds; the parent of a fork
//     8 i32 process                                  32 u64 address of the stack bytes
//    12 i32 thread                                   40 u32 count of the first bytes, 44 u32 of the second
//
// Then the first bytes (registers, or a text), padded to a multiple of 8, and the second (the stack). Little-endian.

import LinuxSystem

/// What a sampler saw. The bytes that it points to belong to somebody else.
package struct SampleRecord {
    package enum Kind: UInt16, Sendable, CaseIterable {
        /// ``SampleRecord/first`` is NT_PRSTATUS, ``SampleRecord/second`` the stack from ``SampleRecord/address`` on.
        case sample = 1
        /// A process came to be; `weight` is its parent, 0 where that is not known.
        case fork = 2
        /// The process executes a program: `first` is its name. Nothing of its mappings is left.
        case exec = 3
        /// The process is gone.
        case exit = 4
        /// `first` is the thread's name.
        case threadName = 5
        /// `first` is `/proc/PID/maps` as it was.
        case mappings = 6
        /// `first` is a sentence for people: what was not sampled, and why.
        case note = 7
    }

    package var kind: Kind
    package var process: Int32
    package var thread: Int32
    package var time: MonotonicTime
    package var weight: Int64 = 0
    package var address: UInt64 = 0
    package var first = UnsafeRawBufferPointer(start: nil, count: 0)
    package var second = UnsafeRawBufferPointer(start: nil, count: 0)

    package init(_ kind: Kind, process: Int32, thread: Int32, time: MonotonicTime) {
        self.kind = kind
        self.process = process
        self.thread = thread
        self.time = time
    }

    package var text: String { String(decoding: first, as: UTF8.self) }

    private static let headSize = 48
    /// What a sample takes beside its stack: every register set that is put into one is smaller.
    static let mostOverhead = headSize + 1024 + 16
    /// No record is larger.
    private static let mostBytes = 1 << 28

    /// `nil` where it is too large for any ring.
    var encodedSize: Int? {
        guard first.count <= Self.mostBytes, second.count <= Self.mostBytes else { return nil }
        return Self.headSize + rounded(first.count) + rounded(second.count)
    }

    /// Writes ``encodedSize`` bytes.
    func encode(to place: UnsafeMutableRawPointer, size: Int) {
        func put(_ value: some FixedWidthInteger, _ offset: Int) {
            place.storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
        }
        put(UInt32(size), 0)
        put(kind.rawValue, 4)
        put(UInt16(0), 6)
        put(process, 8)
        put(thread, 12)
        put(time.nanoseconds, 16)
        put(weight, 24)
        put(address, 32)
        put(UInt32(first.count), 40)
        put(UInt32(second.count), 44)
        let body = place + Self.headSize
        if let bytes = first.baseAddress { body.copyMemory(from: bytes, byteCount: first.count) }
        if let bytes = second.baseAddress {
            (body + rounded(first.count)).copyMemory(from: bytes, byteCount: second.count)
        }
    }

    /// Takes the first record of bytes that may change while this looks: each field is read once, and checked then.
    ///
    /// - Returns: its size and what it is, without the latter for a kind that is not known; `nil` where it makes no sense.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> (record: SampleRecord?, size: Int)? {
        guard bytes.count >= headSize else { return nil }
        func get<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        let size = Int(get(0, as: UInt32.self))
        let first = Int(get(40, as: UInt32.self))
        let second = Int(get(44, as: UInt32.self))
        guard size % 8 == 0, size >= headSize, size <= bytes.count, first <= mostBytes, second <= mostBytes,
            headSize + rounded(first) + rounded(second) <= size
        else { return nil }
        guard let kind = Kind(rawValue: get(4, as: UInt16.self)) else { return (nil, size) }
        var record = SampleRecord(
            kind, process: get(8, as: Int32.self), thread: get(12, as: Int32.self),
            time: MonotonicTime(nanoseconds: plausible(get(16, as: Int64.self))))
        record.weight = min(plausible(get(24, as: Int64.self)), 1 << 47)
        record.address = get(32, as: UInt64.self)
        record.first = UnsafeRawBufferPointer(rebasing: bytes[headSize..<headSize + first])
        let start = headSize + rounded(first)
        record.second = UnsafeRawBufferPointer(rebasing: bytes[start..<start + second])
        return (record, size)
    }
}

/// Sums and differences of what comes out of a ring must not overflow: 18 years, from 0 on.
private func plausible(_ nanoseconds: Int64) -> Int64 { min(max(nanoseconds, 0), 1 << 59) }

private func rounded(_ count: Int) -> Int { (count + 7) & ~7 }
