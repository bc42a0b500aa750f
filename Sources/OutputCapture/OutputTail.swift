// The end of what the job wrote, for breadcrumbs and for people. A flood costs a copy per line, never a String: levels
// and texts are made once, when someone asks.

import LinuxSystem
import SentryProtocol

/// One of the job's last lines, ready to be shown: cleaned and scrubbed.
package struct TailLine: Sendable, Equatable {
    package let stream: CapturedStream
    package let level: LogLevel
    package let timestamp: Timestamp
    /// Never empty; ends in `…` where the line was longer than what is kept.
    package let text: String

    /// The line as a step of the trail to an event: its stream is the category.
    package var breadcrumb: Breadcrumb {
        Breadcrumb(timestamp: timestamp, category: stream.name, level: level.eventLevel, message: text)
    }
}

/// A ring of the last lines of both streams, in the order of their arrival. Blank lines are left out.
package struct OutputTail: ~Copyable {
    /// Bytes kept of a line.
    package static let keptLength = 2048
    /// Most lines that may be kept, whatever is asked for: bounds the memory to 2 MiB.
    package static let maximumLines = 1000

    private struct Slot {
        var count: Int32
        var stream: CapturedStream
        var isSecret: Bool
        var nanoseconds: Int64
    }

    /// Lines kept at most.
    package let capacity: Int
    /// All lines that were added, also those that have left the ring.
    package private(set) var total = 0
    // Plain memory, which is not touched before it is used.
    private let bytes: UnsafeMutableRawPointer
    private let slots: UnsafeMutablePointer<Slot>
    /// The slot of the next line.
    private var next = 0
    private let scrubber: Scrubber

    /// - Parameter capacity: in lines; 0 keeps nothing, more than ``maximumLines`` is cut to that.
    package init(capacity: Int, scrubber: Scrubber) {
        self.scrubber = scrubber
        self.capacity = max(0, min(capacity, Self.maximumLines))
        // Pages that were never written take no memory, so the full size costs nothing for a job of few words.
        bytes = .allocate(byteCount: max(1, self.capacity * Self.keptLength), alignment: 64)
        slots = .allocate(capacity: max(1, self.capacity))
    }

    deinit {
        bytes.deallocate()
        slots.deallocate()
    }

    /// Lines that are there.
    private var count: Int { min(total, capacity) }

    /// Takes a line's bytes as the job wrote them.
    ///
    /// - Parameter isSecret: the line belongs to a private key (``PrivateKeyBlock``); it will show as `[Filtered]`.
    package mutating func add(
        _ line: UnsafeRawBufferPointer, from stream: CapturedStream, at time: Timestamp, isSecret: Bool = false
    ) {
        guard capacity > 0, let start = line.baseAddress, !line.isEmpty else { return }
        (bytes + next &* Self.keptLength).copyMemory(from: start, byteCount: min(line.count, Self.keptLength))
        slots[next] = Slot(
            count: Int32(truncatingIfNeeded: line.count), stream: stream, isSecret: isSecret,
            nanoseconds: time.nanoseconds)
        next = next &+ 1 == capacity ? 0 : next &+ 1
        total &+= 1
    }

    /// The last lines, oldest first, at most `limit` of them.
    ///
    /// - Parameter counts: what is removed from them was not counted before.
    package func lines(limit: Int = .max, counts: Bool = false) -> [TailLine] {
        let count = min(count, limit)
        return ((total - count)..<total).compactMap { line(at: $0 % capacity, counts: counts) }
    }

    /// The lines after the first `seen` of all, as they may be written to disk, oldest first: their bytes, cleaned and
    /// scrubbed, without a newline. Of many the last are given, `limit` bytes of them.
    package func lines(after seen: Int, limit: Int) -> [(stream: CapturedStream, time: Timestamp, bytes: [UInt8])] {
        var room = limit
        var found: [(stream: CapturedStream, time: Timestamp, bytes: [UInt8])] = []
        var number = total
        while number > max(seen, total - count), room > 0 {
            number -= 1
            let slot = slots[number % capacity]
            let text = text(at: number % capacity, counts: false)
            room -= text.count + 1
            found.append((slot.stream, Timestamp(nanoseconds: slot.nanoseconds), text))
        }
        return found.reversed()
    }

    private func raw(at index: Int) -> UnsafeRawBufferPointer {
        let kept = min(Int(slots[index].count), Self.keptLength)
        return UnsafeRawBufferPointer(start: bytes + index * Self.keptLength, count: kept)
    }

    private func text(at index: Int, counts: Bool) -> [UInt8] {
        guard !slots[index].isSecret else { return Array(Scrubber.replacement.utf8) }
        let text = LineText.cleaned(raw(at: index))
        return text.withUnsafeBytes { scrubber.scrubbed($0, counts: counts) } ?? text
    }

    private func line(at index: Int, counts: Bool) -> TailLine? {
        let slot = slots[index]
        let raw = raw(at: index)
        let kept = raw.count
        let text = text(at: index, counts: counts)
        let isCut = Int(slot.count) > kept && !slot.isSecret
        guard text.contains(where: { !$0.isSpace }) else { return nil }
        return TailLine(
            stream: slot.stream, level: LogLineParser.level(of: raw) ?? .info,
            timestamp: Timestamp(nanoseconds: slot.nanoseconds),
            text: LineText.string(text, limit: isCut ? text.count - 1 : text.count))
    }
}

extension LineText {
    /// A line as it is shown: cleaned, and without its secrets, which are counted where its record is made.
    static func recordText(_ line: UnsafeRawBufferPointer, _ scrubber: Scrubber) -> [UInt8] {
        let text = cleaned(line)
        return text.withUnsafeBytes { scrubber.scrubbed($0, counts: false) } ?? text
    }
}
