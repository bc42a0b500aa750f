// A check-in as it is found in a spooled envelope, and the event that stands for it when it comes too late.

import SentryProtocol
import Spool

/// The payload of a `check_in` item, as far as delivery needs it.
package struct StoredCheckIn: Sendable, Equatable {
    package let id: HexID16
    package let slug: String
    package let status: String
    package let payload: JSONValue

    /// `nil` when the payload is no check-in.
    package init?(_ payload: [UInt8]) {
        guard let value = try? JSONValue(parsing: payload),
            let id = value["check_in_id"]?.string.flatMap({ HexID16($0) }),
            let slug = value["monitor_slug"]?.string, let status = value["status"]?.string
        else { return nil }
        self.id = id
        self.slug = slug
        self.status = status
        self.payload = value
    }

    /// The check-in of an envelope, if it has one.
    package init?(in envelope: StoredEnvelope) {
        guard let item = envelope.items.first(where: { $0.type == "check_in" }) else { return nil }
        self.init(item.payload)
    }

    package var isOpening: Bool { status == "in_progress" }

    /// The envelope with an event in the place of its check-in.
    ///
    /// The event's id is made from the check-in's, so that a repeated delivery is the same event.
    /// - Parameter time: when the check-in was made.
    package func replaced(in envelope: StoredEnvelope, at time: Timestamp) -> StoredEnvelope {
        let eventID = eventID
        var result = envelope
        result.items = envelope.items.map { $0.type == "check_in" ? StoredItem(.event, event(eventID, at: time)) : $0 }
        result.setHeader("event_id", .string(eventID.description))
        return result
    }

    private var eventID: EventID {
        var bytes = id.bytes
        bytes[15] ^= isOpening ? 0x55 : 0xAA
        return (EventID(bytes: bytes) ?? id).asUUIDv4
    }

    private func event(_ id: EventID, at time: Timestamp) -> JSONValue {
        let message = "check-in '\(status)' of monitor \(slug) was delivered too late to count"
        var members: [JSONValue.Member] = [
            .init("event_id", .string(id.description)),
            .init("timestamp", .string(time.rfc3339)),
            .init("platform", "other"),
            .init("level", "warning"),
            .init("logger", "sentry-run"),
            .init("logentry", ["formatted": .string(message)]),
            .init("fingerprint", ["sentry-run-late-check-in", .string(slug)]),
            .init("tags", ["monitor.slug": .string(slug), "check_in.status": .string(status)]),
            .init("contexts", contexts),
        ]
        for name in ["environment", "release"] {
            if let value = payload[name] { members.append(.init(name, value)) }
        }
        return .object(members)
    }

    /// What the check-in said, and the trace it belongs to. An event's reference needs a span, a check-in's has none.
    private var contexts: JSONValue {
        var contexts = [JSONValue.Member("check_in", payload)]
        if let trace = payload["contexts"]?["trace"]?["trace_id"], let span = SpanID(bytes: Array(id.bytes.prefix(8))) {
            contexts.append(.init("trace", ["trace_id": trace, "span_id": .string(span.description)]))
        }
        return .object(contexts)
    }
}
