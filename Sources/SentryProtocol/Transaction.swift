// A run with its spans (protocol reference 7).

/// How an operation ended, in the words the server knows.
package enum SpanStatus: String, Sendable, CaseIterable {
    case ok
    case cancelled
    case unknown
    case invalidArgument = "invalid_argument"
    case deadlineExceeded = "deadline_exceeded"
    case notFound = "not_found"
    case permissionDenied = "permission_denied"
    case resourceExhausted = "resource_exhausted"
    case failedPrecondition = "failed_precondition"
    case aborted
    case internalError = "internal_error"
    case unavailable
}

/// A part of a transaction.
package struct Span: Sendable, Equatable {
    package var id: SpanID
    package var parentID: SpanID
    package var operation: String
    package var description: String
    package var start: Timestamp
    /// Never before `start`: one such span would cost the whole transaction.
    package var end: Timestamp
    package var status: SpanStatus?
    package var origin: String?
    package var data: [String: JSONValue]

    package init(
        id: SpanID, parentID: SpanID, operation: String, description: String, start: Timestamp, end: Timestamp,
        status: SpanStatus? = nil, origin: String? = nil, data: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.parentID = parentID
        self.operation = operation
        self.description = description
        self.start = start
        self.end = max(start, end)
        self.status = status
        self.origin = origin
        self.data = data
    }

    fileprivate func write(to json: inout JSONWriter, traceID: TraceID) {
        json.object { span in
            span.field("trace_id", traceID)
            span.field("span_id", id)
            span.field("parent_span_id", parentID)
            span.field("op", operation, limit: FieldLimit.operation)
            span.field("description", description)
            span.field("status", status?.rawValue)
            span.field("origin", origin)
            span.field("start_timestamp", seconds: start)
            span.field("timestamp", seconds: max(start, end))
            span.field("data", map: data)
        }
    }
}

/// A figure about a transaction.
package struct Measurement: Sendable, Equatable {
    /// Out of `a-z0-9._`.
    package var name: String
    package var value: Double
    /// `second`, `byte`, `none`, …
    package var unit: String

    package init(_ name: String, _ value: Double, unit: String) {
        self.name = name
        self.value = value
        self.unit = unit
    }
}

/// The payload of a `transaction` item.
package struct Transaction: Sendable {
    package var id: EventID
    package var name: String
    package var start: Timestamp
    /// Never before `start`.
    package var end: Timestamp
    package var trace: TraceReference
    package var spans: [Span] = []
    /// The server keeps ``maxMeasurements``.
    package var measurements: [Measurement] = []
    package var serverName: String?
    package var release: String?
    package var environment: String?
    package var dist: String?
    package var tags: [String: String] = [:]
    package var user: [(key: String, value: String)] = []
    /// Beside `trace`.
    package var contexts: [String: JSONValue] = [:]

    package static let maxMeasurements = 10

    package init(id: EventID, name: String, start: Timestamp, end: Timestamp, trace: TraceReference) {
        self.id = id
        self.name = name
        self.start = start
        self.end = max(start, end)
        self.trace = trace
    }

    package var item: EnvelopeItem { EnvelopeItem(.transaction, self) }
}

extension Transaction: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { transaction in
            transaction.field("type", "transaction")
            transaction.field("event_id", id)
            transaction.field("platform", "native")
            transaction.field(
                "transaction", name.isEmpty ? "<unlabeled transaction>" : name, limit: FieldLimit.transaction)
            transaction.field("transaction_info") { $0.object { $0.field("source", "task") } }
            transaction.field("start_timestamp", seconds: start)
            transaction.field("timestamp", seconds: max(start, end))
            transaction.field("server_name", serverName, limit: FieldLimit.serverName)
            transaction.field("release", release)
            transaction.field("environment", environment)
            transaction.field("dist", dist)
            transaction.field("tags", map: tags.mapValues(tagValue).filter { !$0.value.isEmpty })
            transaction.field("user", user: user)
            transaction.field("contexts", map: contexts.merging(["trace": trace.context]) { $1 })
            transaction.field("spans") {
                $0.array { list in spans.forEach { $0.write(to: &list, traceID: trace.traceID) } }
            }
            if !measurements.isEmpty { transaction.field("measurements") { writeMeasurements(to: &$0) } }
            transaction.field("sdk", SDKInfo.current)
        }
    }

    private func writeMeasurements(to json: inout JSONWriter) {
        json.object { object in
            for measurement in measurements.prefix(Self.maxMeasurements) {
                object.field(measurement.name) {
                    $0.object {
                        $0.field("value", measurement.value)
                        $0.field("unit", measurement.unit)
                    }
                }
            }
        }
    }
}
