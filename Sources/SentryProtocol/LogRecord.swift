// Structured logs and the container they travel in (protocol reference 5).

/// A scalar that a log carries. Relay drops arrays by the names that the documentation gives them.
package enum LogAttribute: Sendable, Equatable {
    case string(String)
    case boolean(Bool)
    case integer(Int64)
    /// Not finite ones are left out: JSON has no word for them.
    case double(Double)
}

extension LogAttribute: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// One structured log.
package struct LogRecord: Sendable {
    package var timestamp: Timestamp
    package var level: LogLevel
    package var body: String
    package var attributes: [(key: String, value: LogAttribute)]

    package init(
        timestamp: Timestamp, level: LogLevel, body: String, attributes: [(key: String, value: LogAttribute)] = []
    ) {
        self.timestamp = timestamp
        self.level = level
        self.body = body
        self.attributes = attributes
    }
}

/// A `log` item in the making. Entries are encoded as they arrive: no list of records is kept.
package struct LogBatch: Sendable {
    /// Entries so far; the item's `item_count`.
    package private(set) var count = 0
    /// What the server charges: bytes of bodies, keys and values.
    package private(set) var billedBytes = 0
    /// Bytes of the payload so far.
    package var payloadBytes: Int { json.bytes.count + 12 }

    private var json = JSONWriter()
    private let traceID: TraceID
    private let spanID: SpanID?
    private let common: [(key: String, value: LogAttribute)]

    /// The most entries of one envelope.
    package static let maxCount = 100

    /// - Parameter common: attributes of every entry; an entry's own of the same key comes instead.
    package init(traceID: TraceID, spanID: SpanID?, common: [(key: String, value: LogAttribute)] = []) {
        self.traceID = traceID
        self.spanID = spanID
        self.common = common
    }

    package var isFull: Bool { count >= Self.maxCount }

    package mutating func append(_ record: LogRecord) {
        // Values that follow one another are separated by the writer itself.
        json.object { entry in
            entry.field("timestamp", seconds: record.timestamp)
            entry.field("trace_id", traceID)
            entry.field("span_id", spanID)
            entry.field("level", record.level.name)
            entry.field("severity_number", Int(record.level.rawValue))
            entry.field("body", record.body)
            entry.field("attributes") { attributes in
                attributes.object { object in
                    for (key, value) in common where !record.attributes.contains(where: { $0.key == key }) {
                        object.attribute(key, value)
                    }
                    for (key, value) in record.attributes { object.attribute(key, value) }
                }
            }
        }
        count += 1
        billedBytes += record.body.utf8.count
        for (key, value) in common + record.attributes { billedBytes += key.utf8.count + value.billedBytes }
    }

    /// The item, and starts a new batch. `nil` when there are no entries.
    package mutating func takeItem() -> EnvelopeItem? {
        guard count > 0 else { return nil }
        let payload = Array(#"{"items":["#.utf8) + json.bytes + Array("]}".utf8)
        defer { self = LogBatch(traceID: traceID, spanID: spanID, common: common) }
        return EnvelopeItem(logs: payload, count: count)
    }
}

extension EnvelopeItem {
    /// A container of `count` logs (protocol reference 5.1).
    package init(logs payload: [UInt8], count: Int) {
        self.init(.log, payload: payload, contentType: "application/vnd.sentry.items.log+json", itemCount: count)
    }
}

extension LogAttribute {
    /// 8 for numbers, 1 for booleans (relay-ourlogs, size.rs).
    fileprivate var billedBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .integer, .double: 8
        case .boolean: 1
        }
    }
}

extension JSONWriter {
    fileprivate mutating func attribute(_ key: String, _ attribute: LogAttribute) {
        switch attribute {
        case .string(let value): typed(key, value, "string")
        case .boolean(let value): typed(key, value, "boolean")
        case .integer(let value): typed(key, value, "integer")
        case .double(let value): if value.isFinite { typed(key, value, "double") }
        }
    }

    private mutating func typed(_ key: String, _ value: some JSONWritable, _ type: String) {
        field(key) {
            $0.object {
                $0.field("value", value)
                $0.field("type", type)
            }
        }
    }
}
