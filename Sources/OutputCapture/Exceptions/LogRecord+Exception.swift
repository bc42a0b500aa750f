// An exception is one log, whatever the number of its lines.

import SentryProtocol

extension LogRecord {
    /// Type and value as the text: for an exception whose lines are not there.
    ///
    /// Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
    init(_ exception: RecognisedException) {
        self.init(
            timestamp: exception.time, level: .info,
            body: LineText.string(Array(exception.title.utf8), limit: Self.maximumBody),
            attributes: [(key: "sentry.origin", value: .string(""))])
        describe(exception, stated: nil)
    }

    /// Makes the record of an exception's first line that of the whole.
    ///
    /// - Parameters:
    ///   - stated: the level that the line states.
    ///   - lines: the others, as they were printed.
    mutating func join(
        _ exception: RecognisedException, stated: LogLevel?, _ lines: ArraySlice<WaitingLine>, _ scrubber: Scrubber
    ) {
        describe(exception, stated: stated)
        guard !lines.isEmpty else { return }
        var text = Array(body.utf8)
        for line in lines {
            text.append(0x0A)
            text += Self.text(of: line, scrubber)
        }
        body = Self.bounded(text)
    }

    private mutating func describe(_ exception: RecognisedException, stated: LogLevel?) {
        level = stated ?? (exception.ending == .ended ? .fatal : .error)
        if let origin = attributes.firstIndex(where: { $0.key == "sentry.origin" }) {
            attributes[origin].value = .string("auto.log.\(exception.stream.name)_traceback")
        }
        add("exception.type", exception.raised.type)
        add("exception.message", exception.raised.value)
    }

    /// Unless the line has said so itself.
    private mutating func add(_ name: String, _ text: String?) {
        guard let text, !attributes.contains(where: { $0.key == name }) else { return }
        let value = LineText.string(Array(text.utf8), limit: Self.maximumAttributeValue)
        attributes.append((key: name, value: .string(value)))
    }

    private static func text(of line: WaitingLine, _ scrubber: Scrubber) -> [UInt8] {
        guard !line.isSecret else { return Array(Scrubber.replacement.utf8) }
        return line.bytes.withUnsafeBytes { raw in
            LineText.withCleaned(raw) { scrubber.scrubbed($0) ?? Array($0) }
        }
    }

    /// The beginning says what it is, the end what was raised, or where.
    private static func bounded(_ text: [UInt8]) -> String {
        guard text.count > maximumBody else { return String(decoding: text, as: UTF8.self) }
        let half = maximumBody / 2
        var end = text[(text.count - half)...]
        if let newline = end.firstIndex(of: 0x0A) { end = end[newline...] }
        return LineText.string(text, limit: half) + String(decoding: end, as: UTF8.self)
    }
}
