// An exception is one log, whatever the number of its lines.

import SentryProtocol

/// What makes the record of an exception's first line that of the whole.
///
/// Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
package struct WholeException {
    let exception: RecognisedException
    /// The level that the first line states.
    let stated: LogLevel?
    /// The other lines, as they were printed.
    let others: ArraySlice<WaitingLine>

    var level: LogLevel { stated ?? (exception.ending == .ended ? .fatal : .error) }

    var origin: StaticString { exception.stream.exceptionOrigin }

    /// Unless the line has said so itself.
    func describe(in record: inout LogRecord) {
        add("exception.type", exception.raised.type, to: &record)
        add("exception.message", exception.raised.value, to: &record)
    }

    private func add(_ name: StaticString, _ text: String?, to record: inout LogRecord) {
        guard let text else { return }
        record.add(name, .string(LineText.string(Array(text.utf8), limit: LogRecord.maximumAttributeValue)))
    }

    /// - Parameter first: what the record of the first line alone would show.
    func appendBody(to record: inout LogRecord, first: UnsafeRawBufferPointer, isCut: Bool, _ scrubber: Scrubber) {
        var text = Array(first)
        if isCut { text += "…".utf8 }
        for line in others {
            text.append(0x0A)
            text += Self.text(of: line, scrubber)
        }
        text.withUnsafeBytes { Self.append($0, to: &record) }
    }

    private static func text(of line: WaitingLine, _ scrubber: Scrubber) -> [UInt8] {
        guard !line.isSecret else { return Array(Scrubber.replacement.utf8) }
        return line.bytes.withUnsafeBytes { raw in
            LineText.withCleaned(raw) { scrubber.scrubbed($0) ?? Array($0) }
        }
    }

    /// The beginning says what it is, the end what was raised, or where.
    private static func append(_ text: UnsafeRawBufferPointer, to record: inout LogRecord) {
        guard text.count > LogRecord.maximumBody else { return record.append(body: text) }
        let half = LogRecord.maximumBody / 2
        var end = text[(text.count - half)...]
        if let newline = end.firstIndex(of: 0x0A) { end = end[newline...] }
        record.append(body: LineText.cut(text, limit: half), isCut: true)
        record.append(body: UnsafeRawBufferPointer(rebasing: end))
    }
}

extension LogRecord {
    /// Type and value as the text: for an exception whose lines are not there.
    init(_ exception: RecognisedException) {
        let whole = WholeException(exception: exception, stated: nil, others: [])
        self.init(timestamp: exception.time, level: whole.level)
        Array(exception.title.utf8).withUnsafeBytes { title in
            let shown = LineText.cut(title, limit: Self.maximumBody)
            append(body: shown, isCut: shown.count < title.count)
        }
        add("sentry.origin", text: whole.origin)
        whole.describe(in: &self)
    }
}
