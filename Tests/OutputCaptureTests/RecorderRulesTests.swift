import LinuxSystem
import Patterns
import SentryProtocol
import Testing

@testable import OutputCapture

/// What the user's rules and a successor's needs make of lines.
@Suite struct RecorderRulesTests {
    private static let wall = Timestamp(nanoseconds: 1_795_234_329_050_120_000)
    private static let now = MonotonicTime(nanoseconds: 1_000_000_000)

    private func recorder(
        scrubber: Scrubber = Scrubber(), ignored: [String] = [], rate: Int? = nil, keepsLines: Bool = false,
        selection: LogSelection = .all
    ) throws -> OutputRecorder {
        OutputRecorder(
            tailLines: 50, selection: selection,
            batch: LogBatch(traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: nil),
            rateCap: RateCap(perSecond: rate), scrubber: scrubber, ignored: try ignored.map { try LinePattern($0) },
            keepsLines: keepsLines)
    }

    private func feed(
        _ recorder: inout OutputRecorder, _ text: String, _ stream: CapturedStream = .standardOutput
    ) -> [EnvelopeItem] {
        Array(text.utf8).withUnsafeBytes { recorder.feed($0, from: stream, wall: Self.wall, now: Self.now) }
    }

    @Test func `ignored lines leave no trace but a count`() throws {
        var recorder = try recorder(ignored: ["^GET /health", "noise$"])
        _ = feed(&recorder, "GET /health 200\n\u{1B}[31mGET /health 500\u{1B}[0m\nGET /orders\nsome noise\n")
        #expect(recorder.tail().map(\.text) == ["GET /orders"])
        let items = recorder.finish(wall: Self.wall, now: Self.now)
        #expect(items.map(\.itemCount) == [1])
        #expect(recorder.ignoredLines == 3)
        let counts = recorder.takeDiscards().counts
        #expect(counts[.init(.ignored, .logItem)] == 3)
        #expect(recorder.takeDiscards().isEmpty)
    }

    @Test func `a rate of none and of nothing`() throws {
        var all = try recorder(rate: nil)
        #expect(feed(&all, String(repeating: "line\n", count: 20_000)).count == 200)
        var none = try recorder(rate: 0)
        #expect(feed(&none, String(repeating: "ERROR line\n", count: 100)).isEmpty)
        #expect(none.takeDiscards().counts[.init(.bufferOverflow, .logItem)] == 100)
    }

    @Test func `records are kept as lines of JSON without secrets`() throws {
        var recorder = try recorder(keepsLines: true)
        _ = feed(&recorder, "{\"level\":\"error\",\"msg\":\"no paint\",\"password\":\"x\",\"n\":1}\n", .standardError)
        let kept = recorder.takeKeptLines()
        #expect(kept.count == 1 && kept.bytes.last == 0x0A)
        let record = try JSONValue(parsing: kept.bytes.dropLast())
        #expect(record["level"]?.string == "error" && record["body"]?.string == "no paint")
        #expect(record["stream"]?.string == "stderr" && record["attributes"]?["password"]?.string == "[Filtered]")
        #expect(record["attributes"]?["n"]?.integer == 1)
        #expect(recorder.takeKeptLines().count == 0)
    }

    @Test func `what a successor gets is whole lines without secrets`() throws {
        var recorder = try recorder()
        _ = feed(&recorder, "one\npassword=two\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\npass")
        let lines = recorder.lines(after: 1, limit: 1000).map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(lines == ["password=[Filtered]", "[Filtered]", "[Filtered]", "[Filtered]"])
        #expect(recorder.isWithinLine(.standardOutput) && !recorder.isWithinLine(.standardError))
        #expect(recorder.lines(after: recorder.totalLines, limit: 1000).isEmpty)
        _ = feed(&recorder, "\n" + String(repeating: "x\n", count: 500))
        #expect(recorder.lines(after: 0, limit: 1000).count == 50, "of a burst the end")
        #expect(recorder.lines(after: 0, limit: 10).count == 5)
    }

    @Test func `the end of a line whose beginning is lost is not shown`() throws {
        var recorder = try recorder()
        recorder.beginsWithinLine(.standardOutput)
        _ = feed(&recorder, "of a secret\nnext\n")
        _ = feed(&recorder, "other stream\n", .standardError)
        #expect(recorder.tail().map(\.text) == ["[Filtered]", "next", "other stream"])
    }

    @Test func `a secret is counted once, however often its line is shown`() throws {
        let scrubber = Scrubber()
        var recorder = try recorder(scrubber: scrubber)
        _ = feed(&recorder, "password=one\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n")
        _ = recorder.tail()
        _ = recorder.breadcrumbs(limit: 10)
        #expect(scrubber.tally[.named] == 1 && scrubber.tally[.privateKey] == 1)
        let quiet = Scrubber()
        var unlogged = try self.recorder(scrubber: quiet, selection: .none)
        _ = feed(&unlogged, "password=one\n")
        _ = unlogged.tail(counts: true)
        #expect(quiet.tally[.named] == 1)
    }
}
