// The container that logs travel in (protocol reference 5).

/// A `log` item in the making. Entries are encoded as they arrive: no list of records is kept.
package struct LogBatch: ~Copyable, Sendable {
    /// Entries so far; the item's `item_count`.
    package private(set) var count = 0
    /// Bytes of the payload so far.
    package var payloadBytes: Int { json.count + Self.end.utf8CodeUnitCount }

    private var json = JSONBytes(capacity: initialCapacity)
    /// What every entry has between its time and its level, and its attributes.
    private let trace: [UInt8]
    private let common: CommonAttributes

    /// The most entries of one envelope.
    package static let maxCount = 100
    private static let end: StaticString = "]}"
    private static let initialCapacity = 2048

    /// - Parameter common: attributes of every entry; an entry's own of the same key comes instead.
    package init(traceID: TraceID, spanID: SpanID?, common: [(key: String, value: LogAttribute)] = []) {
        var trace = JSONWriter()
        trace.object { entry in
            entry.field("trace_id", traceID)
            entry.field("span_id", spanID)
        }
        self.trace = Array(trace.bytes.dropFirst().dropLast())
        self.common = CommonAttributes(common)
    }

    package var isFull: Bool { count >= Self.maxCount }

    package mutating func append(_ record: borrowing LogRecord) {
        json.append(count == 0 ? #"{"items":[{"timestamp":"# : #",{"timestamp":"#)
        json.append(seconds: record.timestamp)
        json.append(",")
        trace.withUnsafeBytes { json.append($0) }
        json.append(#","level":""#)
        json.append(record.level.literal)
        json.append(#"","severity_number":"#)
        json.append(Int64(record.level.rawValue))
        json.append(#","body":""#)
        json.append(record.bodyJSON)
        json.append(#"","attributes":{"#)
        let start = json.count
        common.append(to: &json, besides: record)
        json.append(record.attributesJSON)
        // Without the comma behind the last one.
        if json.count > start { json.cut(to: json.count - 1) }
        json.append("}}")
        count += 1
    }

    /// The item, and starts a new batch. `nil` when there are no entries.
    package mutating func takeItem() -> EnvelopeItem? {
        guard count > 0 else { return nil }
        json.append(Self.end)
        defer {
            json = JSONBytes(capacity: Self.initialCapacity)
            count = 0
        }
        return EnvelopeItem(logs: Array(json.bytes), count: count)
    }
}

extension EnvelopeItem {
    /// A container of `count` logs (protocol reference 5.1).
    package init(logs payload: [UInt8], count: Int) {
        self.init(.log, payload: payload, contentType: "application/vnd.sentry.items.log+json", itemCount: count)
    }
}

/// Attributes of every entry.
private struct CommonAttributes: Sendable {
    /// Names and whole attributes, as JSON.
    private var entries: [(name: [UInt8], json: [UInt8])] = []
    private var all: [UInt8] = []
    private let keys: KeyMarks

    init(_ attributes: [(key: String, value: LogAttribute)]) {
        var record = LogRecord(timestamp: Timestamp(nanoseconds: 0), level: .info)
        for (key, value) in attributes {
            let start = record.attributesJSON.count
            var key = key
            if key.withUTF8({ record.key(UnsafeRawBufferPointer($0)) }) { record.value(value) }
            let json = UnsafeRawBufferPointer(rebasing: record.attributesJSON[start...])
            var reader = LogAttributeReader(json)
            if let attribute = reader.next() { entries.append((name: Array(attribute.name), json: Array(json))) }
        }
        all = Array(record.attributesJSON)
        keys = record.keys
    }

    func append(to json: inout JSONBytes, besides record: borrowing LogRecord) {
        if record.keys.isDisjoint(with: keys) { return all.withUnsafeBytes { json.append($0) } }
        for entry in entries where !entry.name.withUnsafeBytes({ record.has($0) }) {
            entry.json.withUnsafeBytes { json.append($0) }
        }
    }
}
