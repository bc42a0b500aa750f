// An exception as a log of its own: its lines are logs too, but none of them says that it was an error.

import SentryProtocol

extension LogRecord {
    /// Type and value as the text; the attributes that OpenTelemetry has for exceptions.
    ///
    /// Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
    init(_ exception: RecognisedException) {
        self.init(
            timestamp: exception.time, level: exception.ending == .ended ? .fatal : .error,
            body: LineText.string(Array(exception.title.utf8), limit: Self.maximumBody),
            attributes: [(key: "sentry.origin", value: .string("auto.log.\(exception.stream.name)_traceback"))])
        if let type = exception.raised.type { attributes.append((key: "exception.type", value: .string(type))) }
        if let value = exception.raised.value {
            let text = LineText.string(Array(value.utf8), limit: Self.maximumAttributeValue)
            attributes.append((key: "exception.message", value: .string(text)))
        }
    }
}
