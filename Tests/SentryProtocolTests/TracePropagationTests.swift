import SentryProtocol
import Testing

private let trace = "8f431b7aa08441bbbd5a0100fd91f9fe"
private let span = "b0e6f15b45c36b12"

@Suite struct TracePropagationTests {
    @Test(
        arguments: [
            ("\(trace)-\(span)", nil), ("\(trace)-\(span)-1", true), (" \(trace)-\(span)-0\n", false),
        ] as [(String, Bool?)])
    func `sentry-trace is read and written`(text: String, sampled: Bool?) throws {
        let value = try #require(SentryTrace(text))
        #expect(value.sampled == sampled)
        #expect(value.traceID.description == trace)
        #expect(value.spanID.description == span)
        #expect(" \(value)\n".contains(text.split(whereSeparator: \.isWhitespace)[0]))
    }

    @Test(arguments: [
        "", "-", trace, "\(trace)-\(span)-2", "\(trace)-\(span)-1-1", "\(trace)-\(span)x", "\(trace)0-\(span)-1",
        "00000000000000000000000000000000-\(span)-1", "\(trace)-0000000000000000-1", "zz\(trace.dropFirst(2))-\(span)",
    ])
    func `a malformed sentry-trace is none`(text: String) { #expect(SentryTrace(text) == nil) }

    @Test func `traceparent is read and written`() throws {
        let value = try #require(TraceParent("00-\(trace)-\(span)-03"))
        #expect(value.flags == 3)
        #expect(value.description == "00-\(trace)-\(span)-03")
        #expect(TraceParent("01-\(trace)-\(span)-01-more")?.description == "00-\(trace)-\(span)-01")
    }

    @Test(arguments: [
        "", "00-\(trace)-\(span)", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-more", "00-\(trace)-\(span)-1",
        "00-\(trace.uppercased())-\(span)-01", "00-00000000000000000000000000000000-\(span)-01",
    ])
    func `a malformed traceparent is none`(text: String) { #expect(TraceParent(text) == nil) }

    @Test func `baggage keeps foreign members as they are and decodes ours`() {
        let text = "a=1;p=%20 , sentry-release=importer%402.3.1%2Bb,sentry-trace_id = \(trace);x ,b=%C3%A4,junk,=x"
        let baggage = Baggage(text)
        #expect(baggage.foreign == ["a=1;p=%20", "b=%C3%A4"])
        #expect(baggage["release"] == "importer@2.3.1+b")
        #expect(baggage["trace_id"] == trace)
        #expect(
            baggage.text == "a=1;p=%20,b=%C3%A4,sentry-release=importer%402.3.1%2Bb,sentry-trace_id=\(trace)")
    }

    @Test func `the first of equal Sentry members wins`() {
        #expect(Baggage("sentry-x=1,sentry-x=2").sentry.map(\.value) == ["1"])
    }

    @Test func `baggage stays within the limits of W3C`() {
        let many = Baggage(sentry: [("trace_id", trace)], foreign: (0..<100).map { "k\($0)=v" })
        #expect(many.text.split(separator: ",").count == 64)
        #expect(many.text.hasSuffix("sentry-trace_id=\(trace)"))
        let long = Baggage(
            sentry: [("trace_id", trace)], foreign: ["a=" + String(repeating: "x", count: 9000), "b=1"])
        #expect(long.text == "b=1,sentry-trace_id=\(trace)")
        let exact = Baggage(sentry: [("a", "b")], foreign: ["k=" + String(repeating: "x", count: 8192 - 2 - 11)])
        #expect(exact.text.utf8.count == 8192)
    }

    @Test(arguments: [
        ("a b/ä,=;\"%", "a%20b%2F%C3%A4%2C%3D%3B%22%25"), ("A-z_0.9~", "A-z_0.9~"), ("", ""),
    ])
    func `percent encoding there and back`(plain: String, encoded: String) {
        #expect(percentEncode(plain) == encoded)
        #expect(percentDecode(encoded) == plain)
    }

    @Test(arguments: [("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%ff", "\u{FFFD}"), ("%%41", "%A")])
    func `broken percent encoding is tolerated`(text: String, plain: String) { #expect(percentDecode(text) == plain) }
}
