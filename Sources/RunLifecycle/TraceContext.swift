// Which trace a run is part of, whether it is sampled, and what the job is told (protocol reference 7.3–7.5).

import SentryProtocol

/// What a trace decision needs to know about this run.
package struct TraceSettings: Sendable {
    /// The DSN's; `nil` where no DSN is known, and then envelopes carry no sampling context.
    package var publicKey: String?
    /// Our organisation's id, from the DSN's host.
    package var organizationID: String?
    package var release: String?
    package var environment: String?
    /// The run's name.
    package var transaction: String?
    /// 0...1; `nil` makes no decision and sends no transaction.
    package var tracesSampleRate: Double?
    /// Start a trace of our own unless the incoming one is known to come from our organisation.
    package var strictContinuation: Bool

    package init(
        publicKey: String? = nil, organizationID: String? = nil, release: String? = nil, environment: String? = nil,
        transaction: String? = nil, tracesSampleRate: Double? = nil, strictContinuation: Bool = false
    ) {
        self.publicKey = publicKey
        self.organizationID = organizationID
        self.release = release
        self.environment = environment
        self.transaction = transaction
        self.tracesSampleRate = tracesSampleRate
        self.strictContinuation = strictContinuation
    }

    package init(
        dsn: DSN?, release: String? = nil, environment: String? = nil, transaction: String? = nil,
        tracesSampleRate: Double? = nil, strictContinuation: Bool = false
    ) {
        self.init(
            publicKey: dsn?.publicKey, organizationID: dsn?.organizationID, release: release, environment: environment,
            transaction: transaction, tracesSampleRate: tracesSampleRate, strictContinuation: strictContinuation)
    }
}

/// A run's place in a trace. Frozen at the start: what the job was told and what envelopes say never differ.
///
/// The supervisor makes it with ``start(environment:settings:random:)`` before the job's exec; the reporter makes the
/// same one with ``resume(environment:settings:traceID:spanID:sampleRandMillionths:)``.
package struct TraceContext: Sendable {
    package let traceID: TraceID
    /// The run's own span: the parent of everything in the job.
    package let spanID: SpanID
    /// The caller's span, where the trace is continued.
    package let parentSpanID: SpanID?
    /// `nil`: nobody decided.
    package let sampled: Bool?
    /// `sample_rand` in millionths, 0..<1 000 000.
    package let sampleRandMillionths: UInt32
    /// The envelope header `trace`: empty where a continued trace came without one, or no public key is known.
    package let samplingContext: [(key: String, value: String)]
    /// Variables to set for the job: SENTRY_TRACE, SENTRY_BAGGAGE, TRACEPARENT. An existing TRACEPARENT of some other
    /// trace is not replaced.
    package let jobEnvironment: [(key: String, value: String)]
    /// The run's transaction is to be sent: tracing is configured and the decision is positive.
    package let sendsTransaction: Bool

    /// Begins a run's trace, or continues the one that the environment names: `SENTRY_TRACE` with `SENTRY_BAGGAGE`,
    /// else `TRACEPARENT` with `BAGGAGE`.
    ///
    /// - Parameter random: at least 32 random bytes: 16 for the trace, 8 for the span, the rest for the decision.
    package static func start(
        environment: (String) -> String?, settings: TraceSettings, random: [UInt8]
    ) -> TraceContext {
        precondition(random.count >= 32, "a trace needs 32 random bytes")
        let caller = Caller(environment: environment, settings: settings)
        return TraceContext(
            caller: caller, settings: settings,
            traceID: caller.continued?.traceID ?? TraceID(bytes: nonZero(random[0..<16])),
            spanID: SpanID(bytes: nonZero(random[16..<24])),
            sampleRand: caller.sampleRand(random: random[24..<32].reduce(0) { $0 << 8 | UInt64($1) }))
    }

    /// The context that ``start(environment:settings:random:)`` made from the same environment and settings.
    package static func resume(
        environment: (String) -> String?, settings: TraceSettings, traceID: TraceID, spanID: SpanID,
        sampleRandMillionths: UInt32
    ) -> TraceContext {
        var caller = Caller(environment: environment, settings: settings)
        if caller.continued?.traceID != traceID { caller.continued = nil }
        return TraceContext(
            caller: caller, settings: settings, traceID: traceID, spanID: spanID, sampleRand: sampleRandMillionths)
    }

    /// `traceID` and `spanID` are optional only because their initialisers are; they never are `nil` here.
    private init(
        caller: Caller, settings: TraceSettings, traceID: TraceID?, spanID: SpanID?, sampleRand: UInt32
    ) {
        guard let traceID, let spanID else { preconditionFailure("ids are made from bytes that are not all zero") }
        let continued = caller.continued
        let sampled = continued?.sampled ?? settings.tracesSampleRate.map { Double(sampleRand) / 1_000_000 < $0 }
        self.traceID = traceID
        self.spanID = spanID
        parentSpanID = continued?.spanID
        self.sampled = sampled
        sampleRandMillionths = sampleRand
        sendsTransaction = sampled == true && settings.tracesSampleRate != nil

        let context: [(key: String, value: String)]
        if let continued, !continued.opensSentryTrace {
            context = continued.samplingContext(sampleRand: sampleRand)
        } else {
            context = settings.samplingContext(traceID: traceID, sampled: sampled, sampleRand: sampleRand)
        }
        samplingContext = context.contains { $0.key == "public_key" } ? context : []

        let trace = SentryTrace(traceID: traceID, spanID: spanID, sampled: sampled)
        let baggage = Baggage(sentry: context, foreign: caller.foreignBaggage)
        // With both labels: a tuple without them is another type, and the array would be cast element by element.
        var variables = [
            (key: "SENTRY_TRACE", value: trace.description), (key: "SENTRY_BAGGAGE", value: baggage.text),
        ]
        if let flags = caller.traceParentFlags(traceID: traceID, sampled: sampled) {
            let parent = TraceParent(traceID: traceID, spanID: spanID, flags: flags)
            variables.append((key: "TRACEPARENT", value: parent.description))
        }
        jobEnvironment = variables
    }
}

/// All-zero ids are invalid on the wire.
private func nonZero(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.contains { $0 != 0 } ? Array(bytes) : bytes.dropLast() + [1]
}

extension TraceSettings {
    /// The sampling context of a trace that begins here.
    fileprivate func samplingContext(
        traceID: TraceID, sampled: Bool?, sampleRand: UInt32
    ) -> [(key: String, value: String)] {
        var pairs = [(key: "trace_id", value: traceID.description)]
        func add(_ key: String, _ value: String?) {
            if let value, !value.isEmpty { pairs.append((key: key, value: value)) }
        }
        add("public_key", publicKey)
        add("sample_rate", tracesSampleRate.map(rateText))
        add("sample_rand", randText(sampleRand))
        if tracesSampleRate != nil { add("sampled", sampled.map { $0 ? "true" : "false" }) }
        add("release", release)
        add("environment", environment)
        if tracesSampleRate != nil { add("transaction", transaction) }
        add("org_id", organizationID)
        return pairs
    }
}

private func rateText(_ rate: Double) -> String { rate == rate.rounded() ? String(Int(rate)) : rate.description }

/// Six decimals.
func randText(_ millionths: UInt32) -> String {
    var digits: [UInt8] = []
    var divisor: UInt32 = 100_000
    while divisor > 0 {
        digits.append(UInt8(ascii: "0") + UInt8(millionths / divisor % 10))
        divisor /= 10
    }
    return "0." + String(decoding: digits, as: UTF8.self)
}
