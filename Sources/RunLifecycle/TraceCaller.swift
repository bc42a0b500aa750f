// What whoever started us says about the trace it is in.

import SentryProtocol

/// The caller's trace as the environment tells it, after the rules on whether it may be continued.
struct Caller {
    /// `nil`: there is none, it is malformed, or it belongs to another organisation.
    var continued: ContinuedTrace?
    /// Other vendors' baggage, handed on in any case.
    var foreignBaggage: [String] = []
    /// The environment's TRACEPARENT, whether or not its trace is the one that is continued.
    var traceParent: TraceParent?
    /// The caller named a trace that we were not allowed to continue.
    private var refused = false

    init(environment: (String) -> String?, settings: TraceSettings) {
        traceParent = environment("TRACEPARENT").flatMap(TraceParent.init)
        let trace: SentryTrace
        let baggage: Baggage
        let opensSentryTrace: Bool
        if let incoming = environment("SENTRY_TRACE").flatMap(SentryTrace.init) {
            trace = incoming
            baggage = Baggage(environment("SENTRY_BAGGAGE") ?? "")
            opensSentryTrace = false
        } else if let parent = traceParent {
            baggage = Baggage(environment("SENTRY_BAGGAGE") ?? environment("BAGGAGE") ?? "")
            opensSentryTrace = baggage["trace_id"] != parent.traceID.description
            // The flag of traceparent is the decision of some other backend, with its own rate: not ours to follow.
            let decision = opensSentryTrace ? nil : baggage["sampled"].flatMap(Bool.init)
            trace = SentryTrace(traceID: parent.traceID, spanID: parent.spanID, sampled: decision)
        } else {
            foreignBaggage = Baggage(environment("SENTRY_BAGGAGE") ?? "").foreign
            return
        }
        foreignBaggage = baggage.foreign
        let ofThisTrace = baggage["trace_id"] == trace.traceID.description
        guard mayContinue(from: ofThisTrace ? baggage["org_id"] : nil, settings) else {
            refused = true
            return
        }
        continued = ContinuedTrace(
            traceID: trace.traceID, spanID: trace.spanID, sampled: trace.sampled,
            baggage: ofThisTrace ? baggage.sentry : [], opensSentryTrace: opensSentryTrace)
    }

    /// The trace's random number: the caller's, else one that agrees with the caller's decision, else a fresh one.
    ///
    /// Source: protocol reference 7.4, rules 1 and 4.
    func sampleRand(random: UInt64) -> UInt32 {
        if let given = continued?.sampleRand { return given }
        guard let sampled = continued?.sampled, let rate = continued?.sampleRate
        else { return scaled(random, 1_000_000) }
        let border = UInt64((rate * 1_000_000).rounded(.up))
        if sampled { return scaled(random, border > 0 ? border : 1_000_000) }
        return border < 1_000_000 ? UInt32(border) + scaled(random, 1_000_000 - border) : scaled(random, 1_000_000)
    }

    /// The flags for the job's TRACEPARENT; `nil` leaves the caller's own variable alone.
    ///
    /// A negative decision of ours is 00. No decision is 01: 00 would switch the job's own OpenTelemetry off.
    func traceParentFlags(traceID: TraceID, sampled: Bool?) -> UInt8? {
        guard let traceParent, !refused else { return sampled == false ? 0 : 1 }
        return traceParent.traceID == traceID ? traceParent.flags : nil
    }
}

/// A trace that was begun by someone else.
struct ContinuedTrace {
    let traceID: TraceID
    let spanID: SpanID
    let sampled: Bool?
    /// Sentry's members that belong to this trace.
    let baggage: [(key: String, value: String)]
    /// The trace is continued from W3C headers alone, so we are the first in it that speaks Sentry.
    let opensSentryTrace: Bool

    var sampleRand: UInt32? { self["sample_rand"].flatMap(millionths) }

    var sampleRate: Double? { self["sample_rate"].flatMap(Double.init).flatMap { (0...1).contains($0) ? $0 : nil } }

    /// The caller's context unchanged, except that a missing random number is filled in. Without a context we add none:
    /// only the head of a trace may.
    func samplingContext(sampleRand: UInt32) -> [(key: String, value: String)] {
        guard !baggage.isEmpty, self.sampleRand == nil else { return baggage }
        return baggage.filter { $0.key != "sample_rand" } + [(key: "sample_rand", value: randText(sampleRand))]
    }

    private subscript(key: String) -> String? { baggage.first { $0.key == key }?.value }
}

/// Whether the organisations allow it (protocol reference 7.5).
private func mayContinue(from theirs: String?, _ settings: TraceSettings) -> Bool {
    let ours = settings.organizationID
    if let theirs, let ours { return theirs == ours }
    return (theirs == nil && ours == nil) || !settings.strictContinuation
}

/// `random` of all 64-bit numbers, as the same part of `0..<bound`.
private func scaled(_ random: UInt64, _ bound: UInt64) -> UInt32 {
    UInt32(random.multipliedFullWidth(by: bound).high)
}

/// `0.123456` as 123456; further digits are cut off. `nil` unless it is a decimal in [0, 1).
private func millionths(_ text: String) -> UInt32? {
    let digits = text.utf8.dropFirst(2)
    guard text.hasPrefix("0."), !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return text == "0" ? 0 : nil }
    let six = Array(digits.prefix(6)) + Array(repeating: 0x30, count: max(0, 6 - digits.count))
    return six.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
}
