// Lines and exceptions that become records.

import LinuxSystem
import SentryProtocol

extension LineSink {
    mutating func record(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ isSecret: Bool = false, under header: HeldHeader? = nil
    ) {
        let level = header?.level ?? LogLineParser.level(of: line) ?? .info
        guard selection == .all || selection.includes(level) else { return }
        guard admits(level, line.count) else { return }
        let record = LogRecord(
            line, flags: flags, from: active.stream, at: wall, sequence: sequence, isSecret: isSecret, under: header,
            habits: &active.habits, localOffset: zone.offset(at: wall), scrubber: scrubber)
        sequence += 1
        add(record, from: active.stream)
    }

    private mutating func admits(_ level: LogLevel, _ bytes: Int) -> Bool {
        if rateCap.admits(important: level >= .warn, at: now) { return true }
        droppedRecords += 1
        droppedBytes += bytes
        return false
    }

    private mutating func add(_ record: borrowing LogRecord, from stream: CapturedStream) {
        if keepsLines { kept.append(record, from: stream) }
        if let item = batcher.add(record, at: now) { items.append(item) }
    }

    // MARK: Exceptions

    /// Makes records of the exceptions that ended, and of the lines that turned out to be none's.
    mutating func settle() {
        for exception in active.exceptions.takeFound() {
            found.append(exception)
            if selection != .none { record(exception, active.waiting.take(exception.lines)) }
        }
        let others = active.waiting.take(before: active.exceptions.firstOpenLine ?? .max)
        for line in others { record(line) }
    }

    private mutating func record(_ line: WaitingLine) {
        let level = line.bytes.withUnsafeBytes { line.header?.level ?? LogLineParser.level(of: $0) ?? .info }
        guard selection.includes(level), admits(level, line.bytes.count) else { return }
        add(line)
    }

    private mutating func record(_ exception: RecognisedException, _ lines: [WaitingLine]) {
        guard admits(.error, lines.reduce(0) { $0 + $1.bytes.count }) else { return }
        guard let first = lines.first else { return add(LogRecord(exception), from: active.stream) }
        let stated = first.bytes.withUnsafeBytes { first.header?.level ?? LogLineParser.level(of: $0) }
        add(first, of: WholeException(exception: exception, stated: stated, others: lines.dropFirst()))
    }

    private mutating func add(_ line: WaitingLine, of exception: WholeException? = nil) {
        line.bytes.withUnsafeBytes { bytes in
            let record = LogRecord(
                bytes, flags: line.flags, from: active.stream, at: line.wall, sequence: line.sequence,
                isSecret: line.isSecret, under: line.header, of: exception, habits: &active.habits,
                localOffset: zone.offset(at: line.wall), scrubber: scrubber)
            add(record, from: active.stream)
        }
    }

    /// When what is open has waited long enough, counted from the last output.
    var exceptionDeadline: MonotonicTime? {
        guard active.exceptions.isWaiting || idle.exceptions.isWaiting else { return nil }
        return MonotonicTime(nanoseconds: now.nanoseconds + ExceptionDetector.patience)
    }

    mutating func finishExceptions() {
        for _ in CapturedStream.allCases {
            swap(&active, &idle)
            active.exceptions.finish()
            settle()
        }
    }

    mutating func takeExceptions() -> [RecognisedException] {
        guard !found.isEmpty else { return [] }
        defer { found = [] }
        return found
    }

    func lineCount(of stream: CapturedStream) -> Int {
        stream == active.stream ? active.exceptions.lineCount : idle.exceptions.lineCount
    }
}
