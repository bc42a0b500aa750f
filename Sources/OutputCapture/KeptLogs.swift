// Records as they are kept on this host for `sentry-run logs`: a line of JSON each.

import SentryProtocol

extension LogRecord {
    /// One line without its newline: `{"time_ns":…,"level":…,"stream":…,"body":…,"attributes":{…}}`.
    func keptLine(stream: CapturedStream) -> [UInt8] {
        var json = JSONWriter()
        json.object { line in
            line.field("time_ns", timestamp.nanoseconds)
            line.field("stream", stream.name)
            line.field("level", level.name)
            line.field("body", body)
            let own = attributes.filter { !$0.key.hasPrefix("sentry.") }
            guard !own.isEmpty else { return }
            line.field("attributes") { object in
                object.object { object in own.forEach { object.field($0.key, $0.value.json) } }
            }
        }
        return json.bytes
    }
}

extension LogAttribute {
    fileprivate var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .boolean(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .number(value)
        }
    }
}
