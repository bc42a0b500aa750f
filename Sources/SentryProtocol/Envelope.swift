// The envelope: what every report travels in (protocol reference 2).

/// The kinds of item this program sends, by their wire name.
package enum ItemKind: String, Sendable, CaseIterable {
    case event
    case transaction
    case session
    case checkIn = "check_in"
    case log
    case attachment
    case profile
    case profileChunk = "profile_chunk"
    case clientReport = "client_report"
}

/// One item: a header line and a payload.
package struct EnvelopeItem: Sendable, Equatable {
    package var kind: ItemKind
    package var payload: [UInt8]
    /// Required for containers (logs) and wanted for attachments.
    package var contentType: String?
    /// Containers only: the number of entries, exactly.
    package var itemCount: Int?
    /// Attachments only, without a directory.
    package var filename: String?
    /// Profile chunks only: must equal the payload's platform.
    package var platform: String?

    package init(
        _ kind: ItemKind, payload: [UInt8], contentType: String? = nil, itemCount: Int? = nil, filename: String? = nil,
        platform: String? = nil
    ) {
        self.kind = kind
        self.payload = payload
        self.contentType = contentType
        self.itemCount = itemCount
        self.filename = filename
        self.platform = platform
    }

    package init(_ kind: ItemKind, _ value: some JSONWritable) { self.init(kind, payload: value.jsonBytes) }
}

/// Headers and items of one request.
package struct Envelope: Sendable, Equatable {
    /// Required with events, transactions and attachments.
    package var eventID: EventID?
    /// The whole DSN, so that a spooled file says where it belongs; `nil` when none is known yet.
    package var dsn: String?
    package var sdk: SDKInfo
    /// The dynamic sampling context as ordered pairs (protocol reference 7.3); empty leaves the header out.
    package var trace: [(key: String, value: String)]
    package var items: [EnvelopeItem]

    package init(
        eventID: EventID? = nil, dsn: String?, sdk: SDKInfo = .current, trace: [(key: String, value: String)] = [],
        items: [EnvelopeItem]
    ) {
        self.eventID = eventID
        self.dsn = dsn
        self.sdk = sdk
        self.trace = trace
        self.items = items
    }

    package static func == (left: Envelope, right: Envelope) -> Bool { left.encoded() == right.encoded() }

    /// The envelope without `sent_at`: that is written at each sending, never into a stored copy.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        json.object { header in
            header.field("event_id", eventID)
            header.field("dsn", dsn)
            header.field("sdk", sdk)
            if !trace.isEmpty {
                header.field("trace") { $0.object { trace in self.trace.forEach { trace.field($0.key, $0.value) } } }
            }
        }
        var bytes = json.bytes
        for item in items {
            bytes.append(0x0A)
            bytes.append(contentsOf: item.header)
            bytes.append(0x0A)
            bytes.append(contentsOf: item.payload)
        }
        bytes.append(0x0A)
        return bytes
    }
}

extension EnvelopeItem {
    fileprivate var header: [UInt8] {
        var json = JSONWriter()
        json.object { header in
            header.field("type", kind.rawValue)
            header.field("length", payload.count)
            header.field("item_count", itemCount)
            header.field("content_type", contentType)
            header.field("filename", filename)
            if kind == .attachment { header.field("attachment_type", "event.attachment") }
            header.field("platform", platform)
        }
        return json.bytes
    }
}

/// Where a room hands an envelope on: the spool in the programs, an array in tests.
package protocol EnvelopeSink {
    /// - Throws: when the envelope could not be kept; the caller counts it as dropped and goes on.
    func accept(_ envelope: Envelope) throws
}

/// Who made the report.
package struct SDKInfo: Sendable, Equatable, JSONWritable {
    package let name: String
    package let version: String

    /// This program.
    package static let current = SDKInfo(name: "sentry.swift.run", version: programVersion)

    package func write(to json: inout JSONWriter) {
        json.object { sdk in
            sdk.field("name", name)
            sdk.field("version", version)
        }
    }
}

/// The version of all three programs.
package let programVersion = "0.1.0"
