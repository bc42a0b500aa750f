// Records as they are kept on this host for `sentry-run logs`: a line of JSON each.

import SentryProtocol

/// Lines that nobody has taken yet.
struct KeptLines: ~Copyable {
    private var json = JSONBytes(capacity: 0)
    private var count = 0

    /// One line with its newline: `{"time_ns":…,"stream":…,"level":…,"body":…,"attributes":{…}}`.
    mutating func append(_ record: borrowing LogRecord, from stream: CapturedStream) {
        json.append(#"{"time_ns":"#)
        json.append(record.timestamp.nanoseconds)
        json.append(#","stream":""#)
        json.append(stream.literal)
        json.append(#"","level":""#)
        json.append(record.level.literal)
        json.append(#"","body":""#)
        json.append(record.bodyJSON)
        json.append("\"")
        var attributes = LogAttributeReader(record.attributesJSON)
        var isFirst = true
        while let (name, value, _) = attributes.next() {
            if name.has("\"sentry.") { continue }
            json.append(isFirst ? #","attributes":{"# : ",")
            isFirst = false
            json.append(name)
            json.append(":")
            json.append(value)
        }
        json.append(isFirst ? "}\n" : "}}\n")
        count += 1
    }

    mutating func take() -> (bytes: [UInt8], count: Int) {
        defer {
            json = JSONBytes(capacity: 0)
            count = 0
        }
        return (Array(json.bytes), count)
    }
}
