// The lines before: some exceptions are recognised by what follows their first line.

import LinuxSystem

/// The last lines of one stream. Owned by its detector; openings read it.
///
/// Every line of output is added, so nothing is copied while the buffer that it lies in is there (``begin(_:)``,
/// ``end()``): only the last few of each buffer are.
final class RecentLines {
    /// A power of two.
    static let capacity = 16
    /// Bytes kept of each.
    private static let keptLength = 512

    private let storage = UnsafeMutableRawPointer.allocate(byteCount: capacity * keptLength, alignment: 64)
    private let starts = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: capacity)
    private let counts = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
    private let scrubber: Scrubber
    private var next = 0
    private var buffer = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ scrubber: Scrubber) {
        self.scrubber = scrubber
        starts.initialize(repeating: nil, count: Self.capacity)
        counts.initialize(repeating: 0, count: Self.capacity)
    }

    deinit {
        storage.deallocate()
        starts.deallocate()
        counts.deallocate()
    }

    /// Lines that lie in `buffer` are only pointed at until ``end()``, for as long as it must not change.
    func begin(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    func end() {
        for slot in 0..<Self.capacity { own(slot) }
        buffer = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    @inline(__always) func add(_ line: UnsafeRawBufferPointer) {
        starts[next] = line.baseAddress ?? UnsafeRawPointer(storage)
        counts[next] = min(line.count, Self.keptLength)
        if !isBorrowed(starts[next]) { own(next) }
        next = (next + 1) & (Self.capacity - 1)
    }

    @inline(__always) private func isBorrowed(_ start: UnsafeRawPointer?) -> Bool {
        guard let start, let base = buffer.baseAddress else { return false }
        return start >= base && start < base + buffer.count
    }

    private func own(_ slot: Int) {
        let place = storage + slot * Self.keptLength
        guard let start = starts[slot], start != UnsafeRawPointer(place) else { return }
        place.copyMemory(from: start, byteCount: counts[slot])
        starts[slot] = UnsafeRawPointer(place)
    }

    /// The text of the line that is `distance` lines back, 1 for the last one that was added; `nil` before the first.
    func line(_ distance: Int) -> String? {
        guard (1...Self.capacity).contains(distance) else { return nil }
        let slot = (next + Self.capacity - distance) & (Self.capacity - 1)
        guard let start = starts[slot] else { return nil }
        let raw = UnsafeRawBufferPointer(start: start, count: counts[slot])
        return String(decoding: LineText.recordText(raw, scrubber), as: UTF8.self)
    }
}
