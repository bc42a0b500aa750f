// The lines before: some exceptions are recognised by what follows their first line.

import LinuxSystem

/// The last lines of one stream. Owned by its detector; openings read it.
final class RecentLines {
    static let capacity = 16
    /// Bytes kept of each.
    private static let keptLength = 512

    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity * keptLength, alignment: 64)
    private let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: capacity)
    private var next = 0

    init() { counts.initialize(repeating: -1) }

    deinit {
        bytes.deallocate()
        counts.deallocate()
    }

    /// Called for every line of output: a copy, no more.
    @inline(__always) func add(_ line: UnsafeRawBufferPointer) {
        let count = min(line.count, Self.keptLength)
        if count > 0, let source = line.baseAddress, let target = bytes.baseAddress {
            (target + next * Self.keptLength).copyMemory(from: source, byteCount: count)
        }
        counts[next] = count
        next = (next + 1) % Self.capacity
    }

    /// The text of the line that is `distance` lines back, 1 for the last one that was added; `nil` before the first.
    func line(_ distance: Int) -> String? {
        guard (1...Self.capacity).contains(distance) else { return nil }
        let slot = (next + Self.capacity - distance) % Self.capacity
        guard counts[slot] >= 0 else { return nil }
        let start = slot * Self.keptLength
        let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + counts[slot])])
        return String(decoding: LineText.recordText(raw), as: UTF8.self)
    }
}
