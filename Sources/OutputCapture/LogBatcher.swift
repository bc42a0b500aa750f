// Records → log containers: 100 records or 5 seconds, whichever comes first (protocol reference 5.4).

import LinuxSystem
import SentryProtocol

/// Gathers records. Time is passed in: the owner's loop arms a timer for ``nextDeadline``.
package struct LogBatcher: ~Copyable, Sendable {
    /// From the first record of a batch, in nanoseconds.
    package static let maximumDelay: Int64 = 5_000_000_000
    /// A batch this big is closed early: the wire allows 12 MiB for a container.
    package static let maximumBytes = 512 * 1024

    private var batch: LogBatch

    /// When the batch has to be flushed; `nil` while it is empty.
    package private(set) var nextDeadline: MonotonicTime?

    /// - Parameter batch: empty, with the run's trace and common attributes (protocol reference 5.3).
    package init(_ batch: consuming LogBatch) { self.batch = batch }

    /// Adds a record.
    ///
    /// - Returns: a finished container when this record filled it.
    package mutating func add(_ record: borrowing LogRecord, at now: MonotonicTime) -> EnvelopeItem? {
        batch.append(record)
        if nextDeadline == nil { nextDeadline = MonotonicTime(nanoseconds: now.nanoseconds + Self.maximumDelay) }
        return batch.isFull || batch.payloadBytes >= Self.maximumBytes ? flush() : nil
    }

    /// The batch if its time has come.
    package mutating func flush(ifDueAt now: MonotonicTime) -> EnvelopeItem? {
        guard let nextDeadline, now >= nextDeadline else { return nil }
        return flush()
    }

    /// Everything so far as one container, `nil` when there is nothing.
    package mutating func flush() -> EnvelopeItem? {
        nextDeadline = nil
        return batch.takeItem()
    }
}
