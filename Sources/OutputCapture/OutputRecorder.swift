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

    fileprivate func includes(_ level: LogLevel) -> Bool {
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
        tailLines: Int, selection: LogSelection, batch: LogBatch, rateCap: RateCap = RateCap(),
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
    package mutating func takeKeptLines() -> (bytes: [UInt8], count: Int) { lines.takeKeptLines() }

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

/// What the lines of one stream leave behind for those that follow.
private struct StreamState: ~Copyable {
    let stream: CapturedStream
    var keyBlock = PrivateKeyBlock()
    /// The beginning of its first line is lost.
    var startsWithinLine = false
    /// How it writes.
    var habits = StreamHabits()
    /// Whether one of the next two is there.
    var hasHeader = false
    /// A first line whose second is awaited.
    var held: HeldHeader?
    /// The first line under which the last one stood.
    var current: HeldHeader?
    var exceptions: ExceptionDetector

    init(_ stream: CapturedStream, _ scrubber: Scrubber) {
        self.stream = stream
        exceptions = ExceptionDetector(stream, scrubber: scrubber)
    }
}

/// What happens to each line.
private struct LineSink: ~Copyable {
    var tail: OutputTail
    var batcher: LogBatcher
    let selection: LogSelection
    var rateCap: RateCap
    // Plain numbers: in a flood nearly every line ends here.
    var droppedRecords = 0
    var droppedBytes = 0
    /// All ignored lines; those of them that would have been logs, until told.
    var ignoredLines = 0
    var ignoredRecords = 0
    var ignoredBytes = 0

    private let scrubber: Scrubber
    private let ignored: [PatternMatcher]
    private let keepsLines: Bool
    private var kept: (bytes: [UInt8], count: Int) = ([], 0)
    /// The stream whose lines come, and the other one.
    private var active: StreamState
    private var idle: StreamState
    private var zone = LocalZone()
    private var wall = Timestamp(nanoseconds: 0)
    private var now = MonotonicTime(nanoseconds: 0)
    private var sequence = 0
    private var items: [EnvelopeItem] = []
    private let recognisesExceptions: Bool

    init(
        tail: consuming OutputTail, batcher: LogBatcher, selection: LogSelection, rateCap: RateCap,
        recognisesExceptions: Bool, scrubber: Scrubber, ignored: [LinePattern], keepsLines: Bool
    ) {
        self.scrubber = scrubber
        self.ignored = ignored.map(PatternMatcher.init)
        self.keepsLines = keepsLines
        active = StreamState(.standardOutput, scrubber)
        idle = StreamState(.standardError, scrubber)
        self.tail = tail
        self.batcher = batcher
        self.selection = selection
        self.rateCap = rateCap
        self.recognisesExceptions = recognisesExceptions
    }

    /// The lines that follow came at this time from this stream.
    mutating func begin(
        _ stream: CapturedStream, _ wall: Timestamp, _ now: MonotonicTime, _ buffer: UnsafeRawBufferPointer? = nil
    ) {
        if stream != active.stream { swap(&active, &idle) }
        if let buffer { active.exceptions.begin(buffer) }
        if wall != self.wall { sequence = 0 }
        self.wall = wall
        self.now = now
    }

    /// The buffer of ``begin(_:_:_:_:)`` goes away.
    mutating func end() { active.exceptions.end() }

    @inline(__always) mutating func take(_ line: UnsafeRawBufferPointer, _ flags: LineFlags) {
        guard let first = line.first, first > 0x20 || line.contains(where: { !$0.isSpace }) else {
            return recognise(line, flags, isSecret: false)
        }
        var isSecret = scrubber.covers(line, &active.keyBlock)
        if active.startsWithinLine {
            active.startsWithinLine = false
            isSecret = true
        }
        recognise(line, flags, isSecret: isSecret)
        if !ignored.isEmpty, isIgnored(line) { return }
        tail.add(line, from: active.stream, at: wall, isSecret: isSecret)
        if selection != .none { select(line, flags, isSecret) }
    }

    /// Whether the line is a record of its own, or belongs to one before or after it.
    private mutating func select(_ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool) {
        if active.hasHeader {
            if let header = active.held {
                active.held = nil
                if header.accepts(line) {
                    active.current = header.mayContinue ? header : nil
                    return record(line, flags, isSecret, under: header)
                }
                release(header)
            } else if let header = active.current {
                if header.accepts(line) { return record(line, flags, isSecret, under: header) }
                active.current = nil
            }
            active.hasHeader = false
        }
        if !isSecret, LogLineParser.mayBeHeader(line),
            let header = HeldHeader(line, flags: flags, wall: wall, now: now)
        {
            active.held = header
            active.hasHeader = true
        } else {
            record(line, flags, isSecret)
        }
    }

    private mutating func record(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool = false, under header: HeldHeader? = nil
    ) {
        let level = header?.level ?? LogLineParser.level(of: line) ?? .info
        guard selection == .all || selection.includes(level) else { return }
        guard rateCap.admits(important: level >= .warn, at: now) else {
            droppedRecords += 1
            droppedBytes += line.count
            return
        }
        let record = LogRecord(
            line, flags: flags, from: active.stream, at: wall, sequence: sequence, isSecret: isSecret, under: header,
            habits: &active.habits, localOffset: zone.offset(at: wall), scrubber: scrubber)
        sequence += 1
        if keepsLines { keep(record, from: active.stream) }
        if let item = batcher.add(record, at: now) { items.append(item) }
    }

    /// A first line without a second.
    private mutating func release(_ header: HeldHeader) { header.bytes.withUnsafeBytes { record($0, header.flags) } }

    /// - Parameter due: only those that have waited long enough by then.
    mutating func releaseHeaders(dueAt due: MonotonicTime? = nil) {
        for stream in CapturedStream.allCases {
            guard let header = stream == active.stream ? active.held : idle.held else { continue }
            if let due, due.since(header.since) < HeldHeader.longestHold { continue }
            begin(stream, header.wall, due ?? now)
            active.held = nil
            active.hasHeader = false
            release(header)
        }
    }

    var nextDeadline: MonotonicTime? {
        let waiting = [active.held, idle.held].compactMap { $0?.since.nanoseconds }.min()
        let header = waiting.map { MonotonicTime(nanoseconds: $0 + HeldHeader.longestHold) }
        guard let batch = batcher.nextDeadline, let header else { return batcher.nextDeadline ?? header }
        return min(batch, header)
    }

    private mutating func isIgnored(_ line: UnsafeRawBufferPointer) -> Bool {
        let text = firstOffset(of: 0x1B, in: line) == nil ? nil : LineText.cleaned(line)
        let isIgnored = ignored.contains { pattern in
            text.map { $0.withUnsafeBytes { pattern.matches($0) } } ?? pattern.matches(line)
        }
        guard isIgnored else { return false }
        ignoredLines += 1
        if selection.includes(LogLineParser.level(of: line) ?? .info) {
            ignoredRecords += 1
            ignoredBytes += line.count
        }
        return true
    }

    private mutating func keep(_ record: LogRecord, from stream: CapturedStream) {
        kept.bytes.append(contentsOf: record.keptLine(stream: stream))
        kept.bytes.append(0x0A)
        kept.count += 1
    }

    mutating func takeKeptLines() -> (bytes: [UInt8], count: Int) {
        defer { kept = ([], 0) }
        return kept
    }

    mutating func beginsWithinLine(_ stream: CapturedStream) {
        if stream == active.stream { active.startsWithinLine = true } else { idle.startsWithinLine = true }
    }

    // MARK: Exceptions

    @inline(__always)
    private mutating func recognise(_ line: UnsafeRawBufferPointer, _ flags: LineFlags, isSecret: Bool) {
        if recognisesExceptions { active.exceptions.take(line, flags, at: wall, isSecret: isSecret) }
    }

    /// When what is open has waited long enough, counted from the last output.
    var exceptionDeadline: MonotonicTime? {
        guard active.exceptions.isWaiting || idle.exceptions.isWaiting else { return nil }
        return MonotonicTime(nanoseconds: now.nanoseconds + ExceptionDetector.patience)
    }

    mutating func finishExceptions() {
        active.exceptions.finish()
        idle.exceptions.finish()
    }

    mutating func takeExceptions() -> [RecognisedException] {
        var found = active.exceptions.takeFound()
        let others = idle.exceptions.takeFound()
        found = active.stream == .standardOutput ? found + others : others + found
        if selection != .none {
            for exception in found {
                let record = LogRecord(exception)
                if keepsLines { keep(record, from: exception.stream) }
                if let item = batcher.add(record, at: now) { items.append(item) }
            }
        }
        return found
    }

    func lineCount(of stream: CapturedStream) -> Int {
        stream == active.stream ? active.exceptions.lineCount : idle.exceptions.lineCount
    }

    mutating func flush() {
        if let item = batcher.flush() { items.append(item) }
    }

    mutating func takeItems() -> [EnvelopeItem] {
        guard !items.isEmpty else { return [] }
        defer { items = [] }
        return items
    }
}
