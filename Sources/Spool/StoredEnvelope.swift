// An envelope read back from disk or from a stream, whoever wrote it (protocol reference 2.1).

import SentryProtocol

/// Why bytes are no envelope.
package enum StoredEnvelopeError: Error, Sendable, Equatable {
    /// The first line is not a JSON object.
    case header
    /// Item number `index` has no JSON object with a `type` as its header.
    case itemHeader(index: Int)
    /// Item number `index` is shorter than its `length`, or something other than a new line follows it.
    case itemLength(index: Int)
}

/// Headers as values, payloads as bytes; what we do not know is kept.
package struct StoredEnvelope: Sendable, Equatable {
    /// A JSON object.
    package var header: JSONValue
    package var items: [StoredItem]

    package init(header: JSONValue, items: [StoredItem]) {
        self.header = header
        self.items = items
    }

    package init(_ bytes: [UInt8]) throws(StoredEnvelopeError) {
        var rest = bytes[...]
        guard let first = Self.takeLine(&rest), let header = Self.object(first) else { throw .header }
        self.header = header
        items = []
        while !rest.isEmpty {
            guard let line = Self.takeLine(&rest), !line.isEmpty else { continue }
            items.append(try Self.takeItem(line, &rest, index: items.count))
        }
    }

    private static func takeItem(
        _ line: ArraySlice<UInt8>, _ rest: inout ArraySlice<UInt8>, index: Int
    ) throws(StoredEnvelopeError) -> StoredItem {
        guard let header = object(line), let type = header["type"]?.string else { throw .itemHeader(index: index) }
        guard let length = header["length"]?.integer else {
            return StoredItem(type: type, header: header, payload: Array(takeLine(&rest) ?? []))
        }
        guard length >= 0, length <= rest.count else { throw .itemLength(index: index) }
        let payload = Array(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
        guard rest.isEmpty || rest.first == 0x0A else { throw .itemLength(index: index) }
        rest = rest.dropFirst()
        return StoredItem(type: type, header: header, payload: payload)
    }

    /// The bytes up to the next new line, which is taken too; `nil` at the end.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        defer { rest = rest[end...].dropFirst() }
        return rest[..<end]
    }

    private static func object(_ line: ArraySlice<UInt8>) -> JSONValue? {
        guard let value = try? JSONValue(parsing: line), value.members != nil else { return nil }
        return value
    }

    // MARK: Writing

    package var dsn: String? { header["dsn"]?.string }

    /// Sets a member of the envelope's header, once; `nil` removes it.
    package mutating func setHeader(_ name: String, _ value: JSONValue?) {
        var members = (header.members ?? []).filter { $0.name != name }
        if let value { members.append(JSONValue.Member(name, value)) }
        header = .object(members)
    }

    /// The bytes for the wire or the disk.
    package func encoded() -> [UInt8] {
        var bytes = header.jsonBytes
        for item in items {
            bytes.append(0x0A)
            bytes += item.headerWithLength.jsonBytes
            bytes.append(0x0A)
            bytes += item.payload
        }
        bytes.append(0x0A)
        return bytes
    }
}

/// One item as it was found.
package struct StoredItem: Sendable, Equatable {
    /// The `type` of the header; not necessarily one that we know.
    package let type: String
    package let header: JSONValue
    package let payload: [UInt8]

    package init(type: String, header: JSONValue, payload: [UInt8]) {
        self.type = type
        self.header = header
        self.payload = payload
    }

    /// An item with nothing but type and length in its header.
    package init(_ kind: ItemKind, _ value: JSONValue) {
        let payload = value.jsonBytes
        self.init(type: kind.rawValue, header: ["type": .string(kind.rawValue)], payload: payload)
    }

    fileprivate var headerWithLength: JSONValue {
        let members = (header.members ?? []).filter { $0.name != "length" }
        return .object(members + [JSONValue.Member("length", .integer(Int64(payload.count)))])
    }

    /// What its loss is counted as: categories and quantities of a client report (protocol reference 10.2).
    package var lossCounts: [(category: DataCategory, quantity: Int)] {
        switch type {
        case "event": [(.error, 1)]
        case "transaction": [(.transaction, 1), (.span, 1 + childSpans)]
        case "session", "sessions": [(.session, 1)]
        case "check_in": [(.monitor, 1)]
        case "log": [(.logItem, Int(clamping: header["item_count"]?.integer ?? 1)), (.logByte, payload.count)]
        case "attachment": [(.attachment, payload.count), (.attachmentItem, 1)]
        case "profile": [(.profile, 1)]
        case "profile_chunk": [(.profileChunk, 1)]
        default: []
        }
    }

    private var childSpans: Int {
        if let count = header["span_count"]?.integer { return Int(clamping: count) }
        return (try? JSONValue(parsing: payload))?["spans"]?.array?.count ?? 0
    }
}
