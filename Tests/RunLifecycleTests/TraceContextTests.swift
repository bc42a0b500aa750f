import RunLifecycle
import SentryProtocol
import Testing

private let trace = "8f431b7aa08441bbbd5a0100fd91f9fe"
private let span = "b0e6f15b45c36b12"
private let ownTrace = "000102030405060708090a0b0c0d0e0f"
private let ownSpan = "1011121314151617"

/// The last eight bytes make a sample_rand of one half.
private let random = (0..<24).map { UInt8($0) } + [0x80, 0, 0, 0, 0, 0, 0, 0]

private func start(_ environment: [String: String], _ settings: TraceSettings) -> TraceContext {
    TraceContext.start(environment: { environment[$0] }, settings: settings, random: random)
}

private func text(_ pairs: [(key: String, value: String)]) -> [String] { pairs.map { "\($0.key)=\($0.value)" } }

@Suite struct TraceContextTests {
    let settings = TraceSettings(
        publicKey: "pub", organizationID: "7", release: "importer@2.3.1", environment: "production",
        transaction: "nightly import", tracesSampleRate: 0.75)

    @Test func `begins a trace and tells the job`() {
        let context = start([:], settings)
        #expect(context.traceID.description == ownTrace)
        #expect(context.spanID.description == ownSpan)
        #expect(context.parentSpanID == nil)
        #expect(context.sampled == true)
        #expect(context.sendsTransaction)
        #expect(context.sampleRandMillionths == 500_000)
        #expect(
            text(context.samplingContext) == [
                "trace_id=\(ownTrace)", "public_key=pub", "sample_rate=0.75", "sample_rand=0.500000", "sampled=true",
                "release=importer@2.3.1", "environment=production", "transaction=nightly import", "org_id=7",
            ])
        #expect(
            text(context.jobEnvironment) == [
                "SENTRY_TRACE=\(ownTrace)-\(ownSpan)-1",
                "SENTRY_BAGGAGE=sentry-trace_id=\(ownTrace),sentry-public_key=pub,sentry-sample_rate=0.75,"
                    + "sentry-sample_rand=0.500000,sentry-sampled=true,sentry-release=importer%402.3.1,"
                    + "sentry-environment=production,sentry-transaction=nightly%20import,sentry-org_id=7",
                "TRACEPARENT=00-\(ownTrace)-\(ownSpan)-01",
            ])
    }

    @Test(arguments: [(0, false), (0.5, false), (0.500001, true), (1, true)])
    func `decides by the trace's random number`(rate: Double, sampled: Bool) {
        let context = start([:], TraceSettings(publicKey: "pub", tracesSampleRate: rate))
        #expect(context.sampled == sampled)
        #expect(context.sendsTransaction == sampled)
        #expect(context.jobEnvironment[0].value.hasSuffix(sampled ? "-1" : "-0"))
        #expect(context.jobEnvironment[2].value.hasSuffix(sampled ? "-01" : "-00"))
    }

    @Test func `without a rate nothing is decided, and nothing said about it`() {
        let context = start([:], TraceSettings(publicKey: "pub", transaction: "job"))
        #expect(context.sampled == nil)
        #expect(!context.sendsTransaction)
        #expect(
            text(context.samplingContext) == ["trace_id=\(ownTrace)", "public_key=pub", "sample_rand=0.500000"])
        #expect(context.jobEnvironment[0].value == "\(ownTrace)-\(ownSpan)")
        #expect(context.jobEnvironment[2].value.hasSuffix("-01"), "00 would switch the job's OpenTelemetry off")
    }

    @Test func `without a DSN envelopes carry no sampling context`() {
        let context = start([:], TraceSettings(tracesSampleRate: 1))
        #expect(context.samplingContext.isEmpty)
        #expect(context.jobEnvironment[0].value == "\(ownTrace)-\(ownSpan)-1")
    }

    @Test func `continues the caller's trace with its baggage unchanged`() {
        let baggage =
            "other=1,sentry-trace_id=\(trace),sentry-public_key=abc,sentry-sample_rate=0.25,"
            + "sentry-sample_rand=0.123456,sentry-sampled=true,sentry-environment=head"
        let context = start(["SENTRY_TRACE": "\(trace)-\(span)-1", "SENTRY_BAGGAGE": baggage], settings)
        #expect(context.traceID.description == trace)
        #expect(context.spanID.description == ownSpan)
        #expect(context.parentSpanID?.description == span)
        #expect(context.sampled == true)
        #expect(context.sampleRandMillionths == 123_456)
        #expect(context.jobEnvironment[0].value == "\(trace)-\(ownSpan)-1")
        #expect(context.jobEnvironment[1].value == baggage)
        #expect(text(context.samplingContext).last == "environment=head")
    }

    @Test func `the caller's decision wins over our rate`() {
        let off = start(["SENTRY_TRACE": "\(trace)-\(span)-0"], TraceSettings(publicKey: "p", tracesSampleRate: 1))
        #expect(off.sampled == false)
        let on = start(["SENTRY_TRACE": "\(trace)-\(span)-1"], TraceSettings(publicKey: "p", tracesSampleRate: 0))
        #expect(on.sampled == true)
        #expect(on.sendsTransaction)
        #expect(on.samplingContext.isEmpty, "only the head of a trace may write its context")
    }

    @Test(arguments: [("1", 125_000), ("0", 625_000)])
    func `a missing random number agrees with the caller's decision`(flag: String, expected: UInt32) {
        let environment = [
            "SENTRY_TRACE": "\(trace)-\(span)-\(flag)",
            "SENTRY_BAGGAGE": "sentry-trace_id=\(trace),sentry-public_key=abc,sentry-sample_rate=0.25",
        ]
        let context = start(environment, settings)
        #expect(context.sampleRandMillionths == expected)
        #expect(text(context.samplingContext).last == "sample_rand=0.\(expected)")
    }

    @Test(
        arguments: [
            ("0", 0), ("0.5", 500_000), ("0.0000019", 1), ("0.9999999", 999_999), ("1", 500_000), ("-0.1", 500_000),
            ("0.", 500_000), ("0.1x", 500_000), ("NaN", 500_000),
        ] as [(String, UInt32)])
    func `the caller's random number is read digit by digit`(text: String, expected: UInt32) {
        let environment = [
            "SENTRY_TRACE": "\(trace)-\(span)", "SENTRY_BAGGAGE": "sentry-trace_id=\(trace),sentry-sample_rand=\(text)",
        ]
        #expect(start(environment, settings).sampleRandMillionths == expected)
    }

    @Test func `baggage of another trace is not believed`() {
        let environment = [
            "SENTRY_TRACE": "\(trace)-\(span)",
            "SENTRY_BAGGAGE": "sentry-trace_id=\(ownTrace),sentry-public_key=abc,sentry-sampled=false,k=v",
        ]
        let context = start(environment, settings)
        #expect(context.samplingContext.isEmpty)
        #expect(context.jobEnvironment[1].value == "k=v")
    }

    @Test(arguments: ["", "garbage", "\(trace)-\(span)-9"])
    func `a malformed SENTRY_TRACE begins a new trace but keeps foreign baggage`(value: String) {
        let context = start(["SENTRY_TRACE": value, "SENTRY_BAGGAGE": "k=v,sentry-trace_id=\(trace)"], settings)
        #expect(context.traceID.description == ownTrace)
        #expect(context.jobEnvironment[1].value.hasPrefix("k=v,sentry-trace_id=\(ownTrace)"))
    }

    @Test func `continues a W3C trace as its first Sentry participant`() {
        let context = start(["TRACEPARENT": "00-\(trace)-\(span)-00", "BAGGAGE": "k=v"], settings)
        #expect(context.traceID.description == trace)
        #expect(context.parentSpanID?.description == span)
        #expect(context.sampled == true, "another backend's flag is not our decision")
        #expect(text(context.samplingContext)[0...1] == ["trace_id=\(trace)", "public_key=pub"])
        #expect(context.jobEnvironment[1].value.hasPrefix("k=v,sentry-trace_id=\(trace)"))
        #expect(context.jobEnvironment[2].value == "00-\(trace)-\(ownSpan)-00", "its flags stay")
    }

    @Test func `a W3C trace with Sentry baggage brings its decision`() {
        let baggage = "sentry-trace_id=\(trace),sentry-public_key=abc,sentry-sampled=false,sentry-sample_rand=0.9"
        let context = start(["TRACEPARENT": "00-\(trace)-\(span)-01", "BAGGAGE": baggage], settings)
        #expect(context.sampled == false)
        #expect(context.sampleRandMillionths == 900_000)
        #expect(context.jobEnvironment[1].value == baggage)
    }

    @Test func `leaves the TRACEPARENT of another trace alone`() {
        let other = "00-\(ownTrace)-\(span)-01"
        let context = start(["SENTRY_TRACE": "\(trace)-\(span)-1", "TRACEPARENT": other], settings)
        #expect(context.traceID.description == trace)
        #expect(context.jobEnvironment.map(\.key) == ["SENTRY_TRACE", "SENTRY_BAGGAGE"])
    }

    @Test(
        arguments: [
            ("7", "7", false, true), ("7", "7", true, true), (nil, nil, true, true), ("7", "8", false, false),
            ("7", nil, false, true), ("7", nil, true, false), (nil, "8", false, true), (nil, "8", true, false),
        ] as [(String?, String?, Bool, Bool)])
    func `organisations decide on continuing`(ours: String?, theirs: String?, strict: Bool, continues: Bool) {
        let settings = TraceSettings(publicKey: "p", organizationID: ours, strictContinuation: strict)
        let organization = theirs.map { ",sentry-org_id=\($0)" } ?? ""
        let environment = [
            "SENTRY_TRACE": "\(trace)-\(span)-1", "TRACEPARENT": "00-\(trace)-\(span)-01",
            "SENTRY_BAGGAGE": "k=v,sentry-trace_id=\(trace)\(organization)",
        ]
        let context = start(environment, settings)
        #expect(context.traceID.description == (continues ? trace : ownTrace))
        #expect(context.sampled == (continues ? true : nil))
        #expect(context.jobEnvironment[1].value.hasPrefix("k=v,"))
        #expect(context.jobEnvironment[2].value == "00-\(continues ? trace : ownTrace)-\(ownSpan)-01")
    }

    @Test(arguments: [
        [:], ["SENTRY_TRACE": "\(trace)-\(span)-0"], ["TRACEPARENT": "00-\(trace)-\(span)-00", "BAGGAGE": "k=v"],
        ["SENTRY_TRACE": "\(trace)-\(span)-1", "SENTRY_BAGGAGE": "sentry-trace_id=\(trace),sentry-sample_rate=0.1"],
        ["SENTRY_TRACE": "\(trace)-\(span)", "SENTRY_BAGGAGE": "sentry-trace_id=\(trace),sentry-org_id=8"],
    ])
    func `the reporter makes the same context again`(environment: [String: String]) {
        let first = start(environment, settings)
        let again = TraceContext.resume(
            environment: { environment[$0] }, settings: settings, traceID: first.traceID, spanID: first.spanID,
            sampleRandMillionths: first.sampleRandMillionths)
        #expect(again.parentSpanID == first.parentSpanID)
        #expect(again.sampled == first.sampled)
        #expect(again.sendsTransaction == first.sendsTransaction)
        #expect(text(again.samplingContext) == text(first.samplingContext))
        #expect(text(again.jobEnvironment) == text(first.jobEnvironment))
    }

    @Test func `random bytes that are all zero still give valid ids`() {
        let context = TraceContext.start(
            environment: { _ in nil }, settings: settings, random: Array(repeating: 0, count: 32))
        #expect(context.traceID.bytes.last == 1)
        #expect(context.spanID.bytes.last == 1)
    }
}
