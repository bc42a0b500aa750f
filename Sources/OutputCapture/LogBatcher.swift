// Records → log containers: 100 records or 5 seconds, whichever comes first (protocol reference 5.4).

import LinuxSystem
import SentryProtocol

/// Gathers records. Time is passed in: the owner's loop arms a timer for ``nextDeadline``.
package struct LogBatcher: Sendable {
    /// Records in one container; the protocol forbids more.
    package static let maximumRecords = 100
    /// From the first record of a batch, in nanoseconds.
    package static let maximumDelay: Int64 = 5_000_000_000
    /// A batch this big is closed early: the wire allows 12 MiB for a container.
    package static let maximumBytes = 512 * 1024

    private let trace: LogTrace
    private let common: [JSONValue.Member]
    private var entries: [[UInt8]] = []
    private var bytes = 0

    /// When the batch has to be flushed; `nil` while it is empty.
    package private(set) var nextDeadline: MonotonicTime?

    /// - Parameter common: attributes of every record (protocol reference 5.3): environment, release, sdk, host.
    package init(trace: LogTrace, common: [JSONValue.Member]) {
        self.trace = trace
        self.common = common
    }

    /// Adds a record.
    ///
    /// - Returns: a finished container when this record filled it.
    package mutating func add(_ record: LogRecord, at now: MonotonicTime) -> EnvelopeItem? {
        var json = JSONWriter()
        record.write(to: &json, trace: trace, common: common)
        entries.append(json.bytes)
        bytes += json.bytes.count
        if nextDeadline == nil { nextDeadline = MonotonicTime(nanoseconds: now.nanoseconds + Self.maximumDelay) }
        return entries.count >= Self.maximumRecords || bytes >= Self.maximumBytes ? flush() : nil
    }

    /// The batch if its time has come.
    package mutating func flush(ifDueAt now: MonotonicTime) -> EnvelopeItem? {
        guard let nextDeadline, now >= nextDeadline else { return nil }
        return flush()
    }

    /// Everything so far as one container, `nil` when there is nothing.
    package mutating func flush() -> EnvelopeItem? {
        guard !entries.isEmpty else { return nil }
        var json = JSONWriter()
        json.object { container in
            container.field("items") { $0.array { items in entries.forEach { items.raw($0) } } }
        }
        defer {
            entries.removeAll(keepingCapacity: true)
            bytes = 0
            nextDeadline = nil
        }
        return EnvelopeItem(
            .log, payload: json.bytes, contentType: "application/vnd.sentry.items.log+json", itemCount: entries.count)
    }
}
