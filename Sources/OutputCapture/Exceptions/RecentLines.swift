// The lines before: some exceptions are recognised by what follows their first line.

import LinuxSystem

/// The last lines of one stream. The detector owns the memory (``deallocate()``); openings read it.
///
/// Nothing is noted of a line that lies in the buffer that is being read (``begin(_:)``, ``end()``): its predecessors are
/// found when someone asks, by their newlines. Only the last lines of each buffer are kept.
struct RecentLines {
    static let capacity = 16
    /// Bytes kept of each.
    private static let keptLength = 512

    private let storage = UnsafeMutableRawPointer.allocate(byteCount: capacity * keptLength, alignment: 64)
    private let counts = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
    /// Lines that are kept, of all before the buffer.
    private var kept = 0
    private var next = 0

    private var buffer = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where in the buffer the first line begins that lies in it as a whole, and where the line being read does.
    private var first = 0
    private var current = 0
    /// Up to here lines belong to a private key.
    private var secretEnd = 0

    private let scrubber: Scrubber

    /// - Parameter scrubber: what it removes is in no line.
    init(_ scrubber: Scrubber) { self.scrubber = scrubber }

    func deallocate() {
        storage.deallocate()
        counts.deallocate()
    }

    /// Lines that lie in `buffer` are not copied until ``end()``, for as long as it must not change.
    mutating func begin(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
        first = 0
        current = 0
        secretEnd = 0
    }

    mutating func end() {
        guard !buffer.isEmpty else { return }
        current = lastOffset(of: 0x0A, in: buffer).map { $0 + 1 } ?? 0
        var starts: [Int] = []
        var place = current
        while starts.count < Self.capacity, place > first {
            place = startOfLine(before: place)
            starts.append(place)
        }
        for start in starts.reversed() { keep(line(at: start)) }
        buffer = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The line that comes now, before anyone asks for those before it.
    mutating func advance(to line: UnsafeRawBufferPointer) {
        guard let offset = offset(of: line) else { return current = first }
        current = offset
    }

    /// A line that does not lie in the buffer: it ends where the buffer's first newline is.
    mutating func add(outside line: UnsafeRawBufferPointer) {
        keep(line)
        skipBegun()
    }

    /// The buffer begins with the end of a line of which a part has come before.
    mutating func skipBegun() {
        guard first == 0, !buffer.isEmpty else { return }
        first = firstOffset(of: 0x0A, in: buffer).map { $0 + 1 } ?? buffer.count
    }

    /// This line and those before it in the buffer are not shown.
    mutating func hide(_ line: UnsafeRawBufferPointer) {
        if let offset = offset(of: line) { secretEnd = offset + line.count }
    }

    @inline(__always) func holds(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let start = line.baseAddress, let base = buffer.baseAddress else { return false }
        return start >= base && start + line.count <= base + buffer.count
    }

    private func offset(of line: UnsafeRawBufferPointer) -> Int? {
        guard holds(line), let start = line.baseAddress, let base = buffer.baseAddress else { return nil }
        // A carriage return may stand before what is left of a line.
        let before = UnsafeRawBufferPointer(rebasing: buffer[..<(start - base)])
        return lastOffset(of: 0x0A, in: before).map { $0 + 1 } ?? 0
    }

    /// - Parameter end: where the line after it begins.
    private func startOfLine(before end: Int) -> Int {
        let before = UnsafeRawBufferPointer(rebasing: buffer[first..<max(first, end - 1)])
        return first + (lastOffset(of: 0x0A, in: before).map { $0 + 1 } ?? 0)
    }

    private func line(at start: Int) -> UnsafeRawBufferPointer {
        if start < secretEnd { return Self.hidden }
        let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
        let end = firstOffset(of: 0x0A, in: rest) ?? rest.count
        return LineAssembler.visible(UnsafeRawBufferPointer(rebasing: rest[..<end]))
    }

    private static var hidden: UnsafeRawBufferPointer {
        let text: StaticString = "[Filtered]"
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    private mutating func keep(_ line: UnsafeRawBufferPointer) {
        let count = min(line.count, Self.keptLength)
        if let start = line.baseAddress { (storage + next * Self.keptLength).copyMemory(from: start, byteCount: count) }
        counts[next] = count
        next = (next + 1) % Self.capacity
        kept = min(kept + 1, Self.capacity)
    }

    /// The text of the line that is `distance` lines back, 1 for the one before the current one; `nil` before the first.
    func line(_ distance: Int) -> String? {
        guard (1...Self.capacity).contains(distance) else { return nil }
        var left = distance
        var place = current
        while place > first {
            place = startOfLine(before: place)
            left -= 1
            if left == 0 { return text(line(at: place)) }
        }
        guard left <= kept else { return nil }
        let slot = (next + Self.capacity - left) % Self.capacity
        return text(UnsafeRawBufferPointer(start: storage + slot * Self.keptLength, count: counts[slot]))
    }

    private func text(_ line: UnsafeRawBufferPointer) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: line.prefix(Self.keptLength))
        return String(decoding: LineText.recordText(raw, scrubber), as: UTF8.self)
    }
}
