// The room's front door: the copy of the job's bytes goes in, containers of logs and the last lines come out.

import LinuxSystem
import Patterns
import SentryProtocol

/// Which lines become logs.
package enum LogSelection: Sendable {
    case all
    /// Warnings and worse.
    case warnings
    case none

    func includes(_ level: LogLevel) -> Bool {
        switch self {
        case .all: true
        case .warnings: level >= .warn
        case .none: false
        }
    }
}

/// Follows both streams of one run. Owned by one thread.
package struct OutputRecorder: ~Copyable {
    private var output = LineAssembler()
    private var error = LineAssembler()
    private var lines: LineSink

    /// - Parameters:
    ///   - tailLines: lines kept for breadcrumbs and `show`, at most ``OutputTail/maximumLines``.
    ///   - batch: empty, with the run's trace and the attributes of every log (protocol reference 5.3).
    ///   - recognisesExceptions: whether ``takeExceptions()`` will have something.
    ///   - ignored: lines that match one of these become neither records nor breadcrumbs.
    ///   - keepsLines: records are also made into lines for ``takeKeptLines()``.
    package init(
        tailLines: Int, selection: LogSelection, batch: consuming LogBatch, rateCap: RateCap = RateCap(),
        recognisesExceptions: Bool = true, scrubber: Scrubber = Scrubber(), ignored: [LinePattern] = [],
        keepsLines: Bool = false
    ) {
        lines = LineSink(
            tail: OutputTail(capacity: tailLines, scrubber: scrubber), batcher: LogBatcher(batch), selection: selection,
            rateCap: rateCap, recognisesExceptions: recognisesExceptions, scrubber: scrubber, ignored: ignored,
            keepsLines: keepsLines)
    }

    /// Takes the next bytes of a stream.
    ///
    /// - Parameter wall: when they were read; all their lines get this time.
    /// - Returns: containers that are full.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer, from stream: CapturedStream, wall: Timestamp, now: MonotonicTime
    ) -> [EnvelopeItem] {
        lines.begin(stream, wall, now, bytes)
        switch stream {
        case .standardOutput: output.feed(bytes) { lines.take($0, $1) }
        case .standardError: error.feed(bytes) { lines.take($0, $1) }
        }
        lines.end()
        return lines.takeItems()
    }

    /// The streams have ended, or a report is being made: unterminated lines count, and the batch is closed.
    package mutating func finish(wall: Timestamp, now: MonotonicTime) -> [EnvelopeItem] {
        lines.begin(.standardOutput, wall, now)
        output.finish { lines.take($0, $1) }
        lines.begin(.standardError, wall, now)
        error.finish { lines.take($0, $1) }
        lines.releaseHeaders()
        lines.finishExceptions()
        lines.flush()
        return lines.takeItems()
    }

    /// When ``flush(ifDueAt:)`` has to be called; `nil` while nothing waits.
    package var nextDeadline: MonotonicTime? {
        [lines.nextDeadline, lines.exceptionDeadline].compactMap { $0 }.min()
    }

    /// The batch if its time has come. An exception of which nothing more came for a while is whole.
    package mutating func flush(ifDueAt now: MonotonicTime) -> EnvelopeItem? {
        if let due = lines.exceptionDeadline, now >= due { lines.finishExceptions() }
        lines.releaseHeaders(dueAt: now)
        if let due = lines.exceptionDeadline, now >= due { lines.finishExceptions() }
        return lines.batcher.flush(ifDueAt: now)
    }

    /// Exceptions that ended since this was last called.
    package mutating func takeExceptions() -> [RecognisedException] { lines.takeExceptions() }

    /// Lines of a stream so far, blank ones too.
    package func lineCount(of stream: CapturedStream) -> Int { lines.lineCount(of: stream) }

    /// The stream's first line is the end of one whose beginning is lost: it is not shown, for what made a secret of it may
    /// be in the beginning.
    package mutating func beginsWithinLine(_ stream: CapturedStream) { lines.beginsWithinLine(stream) }

    /// Whether the stream's last line has no end yet.
    package func isWithinLine(_ stream: CapturedStream) -> Bool {
        switch stream {
        case .standardOutput: output.isWithinLine
        case .standardError: error.isWithinLine
        }
    }

    /// The last lines, oldest first.
    ///
    /// - Parameter counts: what is removed from them was not counted before.
    package func tail(limit: Int = .max, counts: Bool = false) -> [TailLine] {
        lines.tail.lines(limit: limit, counts: counts)
    }

    /// Lines that came after the first `seen` of all, as they may be written to disk: ``OutputTail/lines(after:limit:)``.
    package func lines(
        after seen: Int, limit: Int
    ) -> [(stream: CapturedStream, time: Timestamp, bytes: [UInt8])] {
        lines.tail.lines(after: seen, limit: limit)
    }

    /// The records since this was last called, each a line of JSON with its newline, and how many they are.
    package mutating func takeKeptLines() -> (bytes: [UInt8], count: Int) { lines.kept.take() }

    /// Lines that matched a pattern to be ignored.
    package var ignoredLines: Int { lines.ignoredLines }

    /// Lines of both streams so far, blank ones not counted.
    package var totalLines: Int { lines.tail.total }

    /// The last lines as breadcrumbs, oldest first.
    package func breadcrumbs(limit: Int) -> [Breadcrumb] { lines.tail.lines(limit: limit).map(\.breadcrumb) }

    /// Lines that were to become logs and did not, since this was last called: records and the bytes of their text, as
    /// `buffer_overflow` for the rate cap and as `ignored`.
    package mutating func takeDiscards() -> DiscardCounts {
        var counts = DiscardCounts()
        counts.add(.bufferOverflow, .logItem, lines.droppedRecords)
        counts.add(.bufferOverflow, .logByte, lines.droppedBytes)
        counts.add(.ignored, .logItem, lines.ignoredRecords)
        counts.add(.ignored, .logByte, lines.ignoredBytes)
        lines.droppedRecords = 0
        lines.droppedBytes = 0
        lines.ignoredRecords = 0
        lines.ignoredBytes = 0
        return counts
    }
}
