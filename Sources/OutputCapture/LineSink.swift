// What happens to each line, from its bytes to the batch.

import LinuxSystem
import Patterns
import SentryProtocol

/// What happens to each line.
struct LineSink: ~Copyable {
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

    let scrubber: Scrubber
    private let ignored: [PatternMatcher]
    let keepsLines: Bool
    var kept: (bytes: [UInt8], count: Int) = ([], 0)
    /// The stream whose lines come, and the other one.
    var active: StreamState
    var idle: StreamState
    var zone = LocalZone()
    var wall = Timestamp(nanoseconds: 0)
    var now = MonotonicTime(nanoseconds: 0)
    var sequence = 0
    var items: [EnvelopeItem] = []
    private let recognisesExceptions: Bool
    var found: [RecognisedException] = []

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
            return takeBlank(line, flags)
        }
        var isSecret = scrubber.covers(line, &active.keyBlock)
        if active.startsWithinLine {
            active.startsWithinLine = false
            isSecret = true
        }
        if recognisesExceptions {
            active.exceptions.take(line, flags, at: wall, isSecret: isSecret)
            // What waited comes before a line that does not.
            if !active.exceptions.isClaimed, active.hasUnsettled { settle() }
        }
        if ignored.isEmpty || !isIgnored(line) {
            tail.add(line, from: active.stream, at: wall, isSecret: isSecret)
            if selection != .none { select(line, flags, isSecret) }
        }
        if active.exceptions.isClaimed, active.hasUnsettled { settle() }
    }

    private mutating func takeBlank(_ line: UnsafeRawBufferPointer, _ flags: LineFlags) {
        guard recognisesExceptions else { return }
        active.exceptions.take(line, flags, at: wall)
        if active.hasUnsettled { settle() }
    }

    // MARK: Records

    /// Whether the line is a record of its own, or belongs to one before or after it.
    private mutating func select(_ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool) {
        if active.hasHeader {
            if let header = active.held {
                active.held = nil
                if header.accepts(line) {
                    active.current = header.mayContinue ? header : nil
                    return recordOrWait(line, flags, isSecret, under: header)
                }
                release(header)
            } else if let header = active.current {
                if header.accepts(line) { return recordOrWait(line, flags, isSecret, under: header) }
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
            recordOrWait(line, flags, isSecret)
        }
    }

    @inline(__always) private mutating func recordOrWait(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool, under header: HeldHeader? = nil
    ) {
        if active.exceptions.isClaimed, waits(line, flags, isSecret, header) { return }
        record(line, flags, isSecret, under: header)
    }

    private mutating func waits(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool, _ header: HeldHeader?
    ) -> Bool {
        let waits = active.waiting.add(
            line, number: active.exceptions.lineCount, flags: flags, isSecret: isSecret, wall: wall, sequence: sequence,
            header: header)
        if waits { sequence += 1 }
        return waits
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

    mutating func beginsWithinLine(_ stream: CapturedStream) {
        if stream == active.stream { active.startsWithinLine = true } else { idle.startsWithinLine = true }
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
