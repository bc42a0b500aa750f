// An error event (protocol reference 3).

/// The payload of an `event` item. Texts are cut to the server's limits when it is written.
package struct Event: Sendable, Equatable, JSONWritable {
    package var id: EventID
    /// When it happened, not when it is sent.
    package var timestamp: Timestamp
    /// One of the server's list; `native` decides on symbolication.
    package var platform = "native"
    package var level: EventLevel
    package var logger: String?
    /// Of the run.
    package var transaction: String?
    package var serverName: String?
    package var release: String?
    package var environment: String?
    package var dist: String?
    /// Keys valid by ``TagKey``; an empty value leaves the tag out.
    package var tags: [String: String] = [:]
    /// `id`, `username`, `email`, `ip_address`, or free keys.
    package var user: [(key: String, value: String)] = []
    /// By name; each an object.
    package var contexts: [String: JSONValue] = [:]
    /// Oldest first.
    package var breadcrumbs: [Breadcrumb] = []
    /// Where there is no exception: the rendered text, and its template.
    package var message: String?
    package var messageTemplate: String?
    package var exceptions: [SentryException] = []
    package var threads: [ThreadRecord] = []
    package var debugImages: [DebugImage] = []
    /// Empty groups by the server's own rules.
    package var fingerprint: [String] = []
    package var sdk: SDKInfo = .current

    package init(id: EventID, timestamp: Timestamp, level: EventLevel) {
        self.id = id
        self.timestamp = timestamp
        self.level = level
    }

    package var item: EnvelopeItem { EnvelopeItem(.event, self) }

    package static func == (left: Event, right: Event) -> Bool { left.jsonBytes == right.jsonBytes }

    package func write(to json: inout JSONWriter) {
        json.object { event in
            event.field("event_id", id)
            event.field("timestamp", seconds: timestamp)
            event.field("platform", platform)
            event.field("level", level.rawValue)
            event.field("logger", logger, limit: FieldLimit.logger)
            writeCommon(to: &event)
            if message != nil || messageTemplate != nil {
                event.field("logentry") {
                    $0.object {
                        $0.field("message", messageTemplate, limit: FieldLimit.message)
                        $0.field("formatted", message, limit: FieldLimit.message)
                    }
                }
            }
            event.field("exception", values: exceptions)
            event.field("threads", values: threads)
            if !debugImages.isEmpty { event.field("debug_meta") { $0.object { $0.field("images", debugImages) } } }
            event.field("breadcrumbs", values: breadcrumbs)
            event.field("fingerprint", list: fingerprint)
            event.field("sdk", sdk)
        }
    }

    /// What transactions have as well.
    private func writeCommon(to json: inout JSONWriter) {
        json.field("transaction", transaction, limit: FieldLimit.transaction)
        json.field("server_name", serverName, limit: FieldLimit.serverName)
        json.field("release", release)
        json.field("environment", environment)
        json.field("dist", dist)
        json.field("tags", map: tags.mapValues(tagValue).filter { !$0.value.isEmpty })
        json.field("user", user: user)
        json.field("contexts", map: contexts)
    }
}

/// The `trace` context: where an event stands in a trace.
package struct TraceReference: Sendable {
    package var traceID: TraceID
    package var spanID: SpanID
    package var parentSpanID: SpanID?
    package var operation: String?
    package var status: SpanStatus?
    /// `auto.<category>.<name>`
    package var origin: String?
    package var data: [String: JSONValue]

    package init(
        traceID: TraceID, spanID: SpanID, parentSpanID: SpanID? = nil, operation: String? = nil,
        status: SpanStatus? = nil, origin: String? = nil, data: [String: JSONValue] = [:]
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentSpanID = parentSpanID
        self.operation = operation
        self.status = status
        self.origin = origin
        self.data = data
    }

    /// For ``Event/contexts`` under `trace`.
    package var context: JSONValue {
        var members = [
            JSONValue.Member("trace_id", .string(traceID.description)),
            JSONValue.Member("span_id", .string(spanID.description)),
        ]
        func add(_ name: String, _ value: String?) {
            if let value { members.append(JSONValue.Member(name, .string(value))) }
        }
        add("parent_span_id", parentSpanID?.description)
        add("op", operation.map { capped($0, FieldLimit.operation) })
        add("status", status?.rawValue)
        add("origin", origin)
        if !data.isEmpty { members.append(JSONValue.Member("data", JSONValue(data))) }
        return .object(members)
    }
}

/// The `flags` context: feature flags in the order of their evaluation.
package struct FeatureFlags: Sendable {
    package var values: [(name: String, value: JSONValue)]

    package init(_ values: [(name: String, value: JSONValue)]) { self.values = values }

    /// For ``Event/contexts`` under `flags`. Only the last 100 are kept, as every SDK does.
    package var context: JSONValue {
        [
            "values": .array(
                values.suffix(100).map {
                    ["flag": .string(capped($0.name, FieldLimit.featureFlag)), "result": $0.value]
                })
        ]
    }
}

extension JSONValue {
    /// An object with its members sorted by name.
    package init(_ members: [String: JSONValue]) {
        self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) })
    }
}
