// How a trace is handed from one program to the next: sentry-trace and W3C traceparent (protocol reference 7.5).

/// The value of `sentry-trace` and `SENTRY_TRACE`: `<32 hex>-<16 hex>`, then `-1`, `-0` or nothing.
package struct SentryTrace: Sendable, Equatable, CustomStringConvertible {
    package var traceID: TraceID
    package var spanID: SpanID
    /// `nil`: the decision is left to whoever reads it.
    package var sampled: Bool?

    package init(traceID: TraceID, spanID: SpanID, sampled: Bool?) {
        self.traceID = traceID
        self.spanID = spanID
        self.sampled = sampled
    }

    /// `nil` for anything that is not exactly of the form, all-zero ids included. Outer blanks are tolerated.
    package init?(_ text: String) {
        let parts = trimmed(text).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let traceID = TraceID(String(parts[0])),
            let spanID = SpanID(String(parts[1]))
        else { return nil }
        switch parts.count == 3 ? parts[2] : "" {
        case "1": sampled = true
        case "0": sampled = false
        case "": sampled = nil
        default: return nil
        }
        self.traceID = traceID
        self.spanID = spanID
    }

    package var description: String {
        switch sampled {
        case true?: "\(traceID)-\(spanID)-1"
        case false?: "\(traceID)-\(spanID)-0"
        case nil: "\(traceID)-\(spanID)"
        }
    }
}

/// The value of W3C `traceparent` and `TRACEPARENT`: `00-<32 hex>-<16 hex>-<2 hex>`.
///
/// Source: W3C Trace Context level 2, section 3.2.
package struct TraceParent: Sendable, Equatable, CustomStringConvertible {
    package var traceID: TraceID
    package var spanID: SpanID
    /// Bit 0: the caller may have recorded the trace.
    package var flags: UInt8

    package init(traceID: TraceID, spanID: SpanID, flags: UInt8) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// Reads version 00 exactly, and what is known of a later version; `ff` and malformed texts give `nil`.
    package init?(_ text: String) {
        let text = trimmed(text)
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[3].utf8.count == 2,
            let version = hexDecode(String(parts[0]))?.first, version != 0xFF, version > 0 || parts.count == 4,
            let traceID = TraceID(String(parts[1])), let spanID = SpanID(String(parts[2])),
            let flags = hexDecode(String(parts[3]))?.first, text == text.lowercased()
        else { return nil }
        self.init(traceID: traceID, spanID: spanID, flags: flags)
    }

    package var description: String { "00-\(traceID)-\(spanID)-\(hexEncode([flags]))" }
}
