import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

private let wall = Timestamp(nanoseconds: 1_795_234_329_050_120_000)
private let start = MonotonicTime(nanoseconds: 1_000_000_000)

private func seconds(_ value: Double) -> MonotonicTime {
    MonotonicTime(nanoseconds: start.nanoseconds + Int64(value * 1e9))
}

private func batch() throws -> LogBatch {
    LogBatch(
        traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: SpanID("b0e6f15b45c36b12"),
        common: [(key: "sentry.environment", value: "production")])
}

private func discards(records: Int, bytes: Int) -> DiscardCounts {
    var counts = DiscardCounts()
    counts.add(.bufferOverflow, .logItem, records)
    counts.add(.bufferOverflow, .logByte, bytes)
    return counts
}

extension OutputRecorder {
    fileprivate mutating func feed(
        _ text: String, _ stream: CapturedStream = .standardOutput, at now: MonotonicTime = start
    ) -> [EnvelopeItem] {
        Array(text.utf8).withUnsafeBytes { feed($0, from: stream, wall: wall, now: now) }
    }
}

@Suite struct OutputRecorderTests {
    @Test func `a line becomes exactly this entry`() throws {
        var recorder = OutputRecorder(
            tailLines: 0, selection: .all, batch: try batch())
        #expect(recorder.feed("WARN row 17 is truncated\n", .standardError).isEmpty)
        let items = recorder.finish(wall: wall, now: start)
        #expect(items.count == 1)
        #expect(items.first?.itemCount == 1)
        #expect(items.first?.contentType == "application/vnd.sentry.items.log+json")
        let expected =
            #"{"items":[{"timestamp":1795234329.050120,"trace_id":"8f431b7aa08441bbbd5a0100fd91f9fe","#
            + #""span_id":"b0e6f15b45c36b12","level":"warn","severity_number":13,"body":"row 17 is truncated","#
            + #""attributes":{"sentry.environment":{"value":"production","type":"string"},"#
            + #""sentry.origin":{"value":"auto.log.stderr","type":"string"}}}]}"#
        #expect(items.first.map { String(decoding: $0.payload, as: UTF8.self) } == expected)
    }

    @Test func `a batch closes at a hundred records and counts them exactly`() throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        let items = recorder.feed(String(repeating: "line\n\n", count: 250))
        #expect(items.map(\.itemCount) == [100, 100])
        #expect(recorder.finish(wall: wall, now: start).map(\.itemCount) == [50])
        #expect(recorder.finish(wall: wall, now: start).isEmpty)
    }

    @Test func `a batch is due five seconds after its first record`() throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        #expect(recorder.nextDeadline == nil)
        _ = recorder.feed("one\n", at: start)
        _ = recorder.feed("two\n", at: seconds(4))
        #expect(recorder.nextDeadline == seconds(5))
        #expect(recorder.flush(ifDueAt: seconds(4.9)) == nil)
        #expect(recorder.flush(ifDueAt: seconds(5))?.itemCount == 2)
        #expect(recorder.nextDeadline == nil)
    }

    @Test func `lines read together keep their order by sequence`() throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        _ = recorder.feed("a\nb\nc\n")
        let text = recorder.finish(wall: wall, now: start).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(text.contains(#""sentry.timestamp.sequence":{"value":2,"type":"integer"}"#))
    }

    @Test(arguments: [(LogSelection.all, 4), (.warnings, 2), (.none, 0)])
    func `the selection decides which lines become logs`(selection: LogSelection, expected: Int) throws {
        var recorder = OutputRecorder(tailLines: 10, selection: selection, batch: try batch())
        _ = recorder.feed("info line\nDEBUG x\nWARN x\nERROR x\n")
        let count = recorder.finish(wall: wall, now: start).reduce(0) { $0 + ($1.itemCount ?? 0) }
        #expect(count == expected)
        #expect(recorder.takeDiscards() == DiscardCounts())
        #expect(recorder.tail().count == 4)
    }

    @Test func `a flood is capped, counted, and does not hide the error in it`() throws {
        var recorder = OutputRecorder(
            tailLines: 2, selection: .all, batch: try batch(), rateCap: RateCap(rate: 10, burst: 100))
        var items = recorder.feed(String(repeating: "chatter\n", count: 1000) + "ERROR the reason\n")
        items += recorder.finish(wall: wall, now: start)
        let records = items.reduce(0) { $0 + ($1.itemCount ?? 0) }
        #expect(records == 92)
        #expect(items.contains { String(decoding: $0.payload, as: UTF8.self).contains("the reason") })
        #expect(recorder.takeDiscards() == discards(records: 909, bytes: 909 * 7))
        #expect(recorder.takeDiscards() == DiscardCounts())
        #expect(recorder.tail().map(\.text) == ["chatter", "ERROR the reason"])
    }

    @Test func `the tail keeps the last lines of both streams in their order`() throws {
        var recorder = OutputRecorder(tailLines: 3, selection: .none, batch: try batch())
        _ = recorder.feed("one\n\n  \ntwo\n")
        _ = recorder.feed("warning: three\n", .standardError)
        _ = recorder.feed("\u{1B}[1mfour\u{1B}[0m password=x")
        _ = recorder.finish(wall: wall, now: start)
        #expect(recorder.tail().map(\.text) == ["two", "warning: three", "four password=[Filtered]"])
        #expect(recorder.tail().map(\.stream) == [.standardOutput, .standardError, .standardOutput])
        #expect(recorder.tail().map(\.level) == [.info, .warn, .info])
        #expect(recorder.tail(limit: 1).map(\.text) == ["four password=[Filtered]"])
        #expect(recorder.totalLines == 4)
        let crumbs = recorder.breadcrumbs(limit: 2)
        #expect(crumbs.map(\.category) == ["stderr", "stdout"])
        #expect(crumbs.map(\.level) == [.warning, .info])
        #expect(crumbs.allSatisfy { $0.timestamp == wall })
    }

    @Test func `a private key appears nowhere, whatever the rate cap lets through`() throws {
        var recorder = OutputRecorder(
            tailLines: 3, selection: .all, batch: try batch(), rateCap: RateCap(rate: 0, burst: 2))
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEabcdef\nMIIEghijkl\n-----END PRIVATE KEY-----\nafter\n"
        var items = recorder.feed("a\n" + key)
        items += recorder.finish(wall: wall, now: start)
        let logs = items.map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(!logs.contains("MIIE"))
        #expect(recorder.tail().map(\.text) == ["[Filtered]", "[Filtered]", "after"])
    }

    @Test func `long lines are cut in the tail and in logs, and say so`() throws {
        var recorder = OutputRecorder(tailLines: 1, selection: .all, batch: try batch())
        _ = recorder.feed(String(repeating: "é", count: 50_000) + "\n")
        let tail = try #require(recorder.tail().first)
        #expect(tail.text.utf8.count <= OutputTail.keptLength + 3)
        #expect(tail.text.hasSuffix("é…"))
        let log = recorder.finish(wall: wall, now: start).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(log.utf8.count < 20_000)
        #expect(log.contains("line.continued"))
    }

    @Test func `quoted messages keep their lines and lose their escapes`() throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        _ = recorder.feed(#"{"level":"info","msg":"a\nb\u001b[31mc\u0000","x":"\u0007"}"# + "\n")
        let log = recorder.finish(wall: wall, now: start).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(log.contains(#""body":"a\nbc␀""#))
        #expect(log.contains(#""x":{"value":"␇""#))
    }

    @Test func `secrets in structured fields are filtered and reserved names left out`() throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        _ = recorder.feed(
            #"{"level":"info","msg":"in","api_key":"x","sentry.release":"y","user":"bob","n":null}"# + "\n")
        let log = recorder.finish(wall: wall, now: start).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(log.contains(#""api_key":{"value":"[Filtered]","type":"string"}"#))
        #expect(log.contains(#""user":{"value":"bob","type":"string"}"#))
        #expect(!log.contains("sentry.release"))
        #expect(!log.contains(#""n":"#))
    }

    @Test(arguments: [
        (#"{"level":"info","msg":"x","time":"2026-11-21T04:12:00Z"}"#, "1795234320.000000"),
        (#"{"level":"info","msg":"x","time":"1999-01-01T00:00:00Z"}"#, "1795234329.050120"),
    ])
    func `a line's own time counts where it is plausible`(line: String, expected: String) throws {
        var recorder = OutputRecorder(tailLines: 0, selection: .all, batch: try batch())
        _ = recorder.feed(line + "\n")
        let log = recorder.finish(wall: wall, now: start).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(log.contains(#""timestamp":\#(expected)"#))
    }

    // MARK: Exceptions

    private static let traceback = """
        Traceback (most recent call last):
          File "main.py", line 4, in <module>
            load(password="hunter2")
        KeyError: 'port'

        """

    private func bodies(_ items: [EnvelopeItem]) throws -> [(level: String, body: String)] {
        try items.flatMap { item in
            let entries = try JSONValue(parsing: item.payload)["items"]?.array ?? []
            return entries.map { ($0["level"]?.string ?? "", $0["body"]?.string ?? "") }
        }
    }

    @Test func `an exception is one log with all its lines`() throws {
        var recorder = OutputRecorder(tailLines: 9, selection: .warnings, batch: try batch(), keepsLines: true)
        _ = recorder.feed("starting\n" + Self.traceback, .standardError)
        _ = recorder.feed("WARN going on\n", .standardError)
        let logs = try bodies(recorder.finish(wall: wall, now: start))
        // The later line was a log at once, while it was not known whether more of the exception would come.
        #expect(logs.map(\.level) == ["warn", "error"])
        #expect(
            logs.last?.body == """
                Traceback (most recent call last):
                  File "main.py", line 4, in <module>
                    load(password="[Filtered]")
                KeyError: 'port'
                """)
        #expect(recorder.takeExceptions().map(\.title) == ["KeyError: 'port'"])
        #expect(recorder.takeKeptLines().count == 2)
        #expect(recorder.takeExceptions().isEmpty)
    }

    @Test func `lines that turn out to be no exception are logs as always`() throws {
        var recorder = OutputRecorder(tailLines: 9, selection: .all, batch: try batch())
        _ = recorder.feed("Traceback (most recent call last):\nnothing of the kind\nERROR x\n")
        let logs = try bodies(recorder.finish(wall: wall, now: start))
        #expect(logs.map(\.body).sorted() == ["Traceback (most recent call last):", "nothing of the kind", "x"])
        #expect(recorder.takeExceptions().isEmpty)
    }

    @Test func `what a shell could not do is one log`() throws {
        var recorder = OutputRecorder(tailLines: 9, selection: .all, batch: try batch())
        _ = recorder.feed("go\n./run.sh: line 3: frobnicate: command not found\n", .standardError)
        let logs = try bodies(recorder.finish(wall: wall, now: start))
        #expect(logs.map(\.body) == ["go", "./run.sh: line 3: frobnicate: command not found"])
        #expect(logs.map(\.level) == ["info", "error"])
        #expect(recorder.takeExceptions().count == 1)
    }

    @Test func `a logged exception keeps its logger's level and fields`() throws {
        var recorder = OutputRecorder(tailLines: 9, selection: .all, batch: try batch())
        _ = recorder.feed(
            "2026-11-21 08:00:00 [main] WARN  org.app.Main - java.lang.IllegalStateException: no\n"
                + "\tat org.app.Main.run(Main.java:7)\n\tat org.app.Main.main(Main.java:3)\nnext\n")
        let items = recorder.finish(wall: wall, now: start)
        let logs = try bodies(items)
        #expect(logs.map(\.level).sorted() == ["info", "warn"])
        let log = try #require(logs.first { $0.level == "warn" })
        #expect(log.body.hasPrefix("java.lang.IllegalStateException: no\n\tat org.app.Main.run(Main.java:7)\n"))
        let text = items.map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        #expect(text.contains(#""logger.name":{"value":"org.app.Main""#))
    }

    @Test func `an exception of very many lines is bounded`() throws {
        var recorder = OutputRecorder(tailLines: 9, selection: .warnings, batch: try batch())
        let frames = String(repeating: "  File \"main.py\", line 4, in load\n    load()\n", count: 1000)
        _ = recorder.feed("Traceback (most recent call last):\n" + frames + "RecursionError: too deep\n")
        let logs = try bodies(recorder.finish(wall: wall, now: start))
        let log = try #require(logs.first)
        #expect(log.body.utf8.count <= LogRecord.maximumBody + 8)
        #expect(log.body.hasPrefix("Traceback (most recent call last):\n  File"))
        #expect(log.body.hasSuffix("RecursionError: too deep"))
    }
}
