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
    private let bytes: UnsafeMutableRawBufferPointer
    private var slots: [Slot] = []

    /// - Parameter capacity: in lines; 0 keeps nothing, more than ``maximumLines`` is cut to that.
    package init(capacity: Int) {
        self.capacity = max(0, min(capacity, Self.maximumLines))
        // Pages that were never written take no memory, so the full size costs nothing for a job of few words.
        bytes = .allocate(byteCount: max(1, self.capacity * Self.keptLength), alignment: 64)
        slots.reserveCapacity(self.capacity)
    }

    deinit { bytes.deallocate() }

    /// Takes a line's bytes as the job wrote them.
    ///
    /// - Parameter isSecret: the line belongs to a private key (``PrivateKeyBlock``); it will show as `[Filtered]`.
    package mutating func add(
        _ line: UnsafeRawBufferPointer, from stream: CapturedStream, at time: Timestamp, isSecret: Bool = false
    ) {
        guard capacity > 0, !line.isEmpty else { return }
        let index = total % capacity
        let count = min(line.count, Self.keptLength)
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes[(index * Self.keptLength)...].prefix(count))
        place.copyMemory(from: UnsafeRawBufferPointer(rebasing: line.prefix(count)))
        let slot = Slot(count: Int32(line.count), stream: stream, isSecret: isSecret, nanoseconds: time.nanoseconds)
        if slots.count < capacity { slots.append(slot) } else { slots[index] = slot }
        total += 1
    }

    /// The last lines, oldest first, at most `limit` of them.
    package func lines(limit: Int = .max) -> [TailLine] {
        let count = min(slots.count, limit)
        return ((total - count)..<total).compactMap { line(at: $0 % capacity) }
    }

    private func line(at index: Int) -> TailLine? {
        let slot = slots[index]
        let kept = min(Int(slot.count), Self.keptLength)
        let raw = UnsafeRawBufferPointer(rebasing: bytes[(index * Self.keptLength)...].prefix(kept))
        let text = slot.isSecret ? Array(Scrubber.replacement.utf8) : LineText.recordText(raw)
        let isCut = Int(slot.count) > kept && !slot.isSecret
        guard text.contains(where: { !$0.isSpace }) else { return nil }
        return TailLine(
            stream: slot.stream, level: LogLineParser.level(of: raw) ?? .info,
            timestamp: Timestamp(nanoseconds: slot.nanoseconds),
            text: LineText.string(text, limit: isCut ? text.count - 1 : text.count))
    }
}

extension LineText {
    /// A line as records show it: cleaned, and without its secrets.
    static func recordText(_ line: UnsafeRawBufferPointer) -> [UInt8] {
        let text = cleaned(line)
        return text.withUnsafeBytes { Scrubber.scrubbed($0) } ?? text
    }
}
