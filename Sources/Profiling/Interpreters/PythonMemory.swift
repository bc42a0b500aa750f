// The memory of a process that goes on while it is read.

import LinuxSystem

/// Reads words of a running process. What it reads may change in the same moment: whoever uses it checks what it means.
struct PythonMemory {
    private let memory: ProcessMemory
    /// A block that was read in one go: what is read word by word lies mostly in it.
    private var block: [UInt8] = []
    private var blockAddress: UInt64 = 0
    /// The process is closed to us.
    private(set) var refusal: SystemError?

    init(process: Int32) { memory = ProcessMemory(of: process, file: nil) }

    /// Exactly `count` bytes; `nil` where one of them cannot be read.
    mutating func bytes(_ address: UInt64, _ count: Int) -> [UInt8]? {
        if let offset = offset(of: address, count) { return Array(block[offset..<(offset + count)]) }
        guard address >= 4096, count > 0, count <= 1 << 20 else { return nil }
        do throws(SystemError) { return try memory.bytes(at: address, count: count) } catch {
            if error.isNotPermitted { refusal = error }
            return nil
        }
    }

    mutating func word(_ address: UInt64) -> UInt64? { bytes(address, 8)?.word(0) }

    /// Reads a range ahead, 64 KiB of it at most: what ends with the range is what matters.
    mutating func load(_ range: Range<UInt64>) {
        block = []
        let start = max(range.lowerBound, range.upperBound &- 65536)
        guard range.lowerBound >= 4096, let bytes = bytes(start, Int(range.upperBound - start)) else { return }
        block = bytes
        blockAddress = start
    }

    mutating func forget() { block = [] }

    /// As ``bytes(_:_:)``, without a copy of what was read ahead.
    mutating func withBytes<Result>(
        _ address: UInt64, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        if let offset = offset(of: address, count) {
            return block.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)])) }
        }
        return bytes(address, count)?.withUnsafeBytes(body)
    }

    private func offset(of address: UInt64, _ count: Int) -> Int? {
        guard address >= blockAddress, count >= 0 else { return nil }
        let offset = address - blockAddress
        return offset <= UInt64(block.count) && UInt64(block.count) - offset >= UInt64(count) ? Int(offset) : nil
    }
}

extension [UInt8] {
    /// The little-endian word at an offset, 0 beyond the end.
    func word(_ offset: Int) -> UInt64 { number(offset) }

    func number<Value: FixedWidthInteger>(_ offset: Int) -> Value {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return 0 }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }
}
