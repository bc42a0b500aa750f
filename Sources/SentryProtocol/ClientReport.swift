// What was dropped on this side, and why (protocol reference 10.1, 10.2).

/// Why something was dropped. Servers accept no other words.
package enum DiscardReason: String, Sendable, CaseIterable {
    case queueOverflow = "queue_overflow"
    case cacheOverflow = "cache_overflow"
    case bufferOverflow = "buffer_overflow"
    case rateLimitBackoff = "ratelimit_backoff"
    case networkError = "network_error"
    case sendError = "send_error"
    case internalError = "internal_sdk_error"
    case sampleRate = "sample_rate"
    case beforeSend = "before_send"
    case eventProcessor = "event_processor"
    case ignored
    case insufficientData = "insufficient_data"
    case backpressure
    case invalid
}

/// What is counted and limited on its own.
package enum DataCategory: String, Sendable, CaseIterable {
    case error
    case transaction
    case span
    case session
    case monitor
    case attachment
    case attachmentItem = "attachment_item"
    case logItem = "log_item"
    case logByte = "log_byte"
    case profile
    case profileChunk = "profile_chunk"
    /// Client reports themselves: never limited by name, never reported.
    case `internal`
}

extension ItemKind {
    /// The category that limits the item.
    package var category: DataCategory {
        switch self {
        case .event: .error
        case .transaction: .transaction
        case .session: .session
        case .checkIn: .monitor
        case .log: .logItem
        case .attachment: .attachment
        case .profile: .profile
        case .profileChunk: .profileChunk
        case .clientReport: .internal
        }
    }
}

/// Running counts of what was dropped.
package struct DiscardCounts: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package let reason: DiscardReason
        package let category: DataCategory

        package init(_ reason: DiscardReason, _ category: DataCategory) {
            self.reason = reason
            self.category = category
        }
    }

    package private(set) var counts: [Key: Int] = [:]

    package init() {}

    package var isEmpty: Bool { counts.isEmpty }

    /// Counts `quantity` more; nothing for 0 or less, and client reports are never counted.
    package mutating func add(_ reason: DiscardReason, _ category: DataCategory, _ quantity: Int = 1) {
        guard quantity > 0, category != .internal else { return }
        counts[Key(reason, category), default: 0] += quantity
    }

    /// Counts a whole item: a transaction with its spans, an attachment and a log container with their bytes.
    ///
    /// - Parameter children: a transaction's spans beside its own.
    package mutating func add(_ reason: DiscardReason, item: EnvelopeItem, children: Int = 0) {
        switch item.kind {
        case .transaction:
            add(reason, .transaction)
            add(reason, .span, children + 1)
        case .attachment:
            add(reason, .attachment, item.payload.count)
            add(reason, .attachmentItem)
        case .log:
            add(reason, .logItem, item.itemCount ?? 1)
            add(reason, .logByte, item.payload.count)
        default: add(reason, item.kind.category)
        }
    }

    package mutating func merge(_ other: DiscardCounts) {
        counts.merge(other.counts) { $0 + $1 }
    }

    /// Everything so far as a report, and starts from nothing. `nil` when there is nothing to say.
    package mutating func takeReport(at time: Timestamp) -> ClientReport? {
        guard !counts.isEmpty else { return nil }
        defer { counts = [:] }
        return ClientReport(timestamp: time, counts: self)
    }
}

/// The payload of a `client_report` item.
package struct ClientReport: Sendable, JSONWritable {
    package let timestamp: Timestamp
    package let counts: DiscardCounts

    package init(timestamp: Timestamp, counts: DiscardCounts) {
        self.timestamp = timestamp
        self.counts = counts
    }

    package var item: EnvelopeItem { EnvelopeItem(.clientReport, self) }

    package func write(to json: inout JSONWriter) {
        let entries = counts.counts.sorted {
            ($0.key.reason.rawValue, $0.key.category.rawValue) < ($1.key.reason.rawValue, $1.key.category.rawValue)
        }
        json.object { report in
            report.field("timestamp") { $0.raw(timestamp.secondsText.utf8) }
            report.field("discarded_events") {
                $0.array { events in
                    for (key, quantity) in entries {
                        events.object {
                            $0.field("reason", key.reason.rawValue)
                            $0.field("category", key.category.rawValue)
                            $0.field("quantity", quantity)
                        }
                    }
                }
            }
        }
    }
}
