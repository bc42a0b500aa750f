import Delivery
import LinuxSystem
import SentryProtocol
import Spool
import Testing

@Suite struct CourierTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test func `an envelope is posted as the protocol wants it, and deleted`() throws {
        try scene.accept(.event, ["event_id": "4f0c2bb1d3a74b6f8c1e0f6f6f1c9a55"])
        try scene.deliver()
        let request = try #require(scene.transport.requests.first)
        #expect(request.url == "http://localhost:9/api/42/envelope/")
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(headers["Content-Encoding"] == "gzip")
        #expect(headers["Content-Type"] == "application/x-sentry-envelope")
        #expect(headers["X-Sentry-Auth"]?.hasPrefix("Sentry sentry_version=7, sentry_client=sentry.swift.run/") == true)
        #expect(scene.sent.first?.header["sent_at"]?.string?.hasPrefix("2026-11-21T") == true)
        #expect(try scene.waiting == 0)
    }

    @Test func `check-ins go first`() throws {
        try scene.accept(.log)
        try scene.accept(.event)
        try scene.acceptCheckIn("in_progress")
        try scene.acceptCheckIn("ok")
        try scene.deliver()
        #expect(scene.sentTypes == [["check_in"], ["check_in"], ["event"], ["log"]])
        #expect(scene.sent[0].items[0].payload.count > scene.sent[1].items[0].payload.count)
    }

    @Test func `what arrives meanwhile overtakes what is worth less`() throws {
        try scene.accept(.log)
        try scene.accept(.log)
        var arrived = false
        scene.transport.during = { [scene] in
            if arrived { return }
            arrived = true
            #expect(throws: Never.self) { try scene.accept(.event) }
        }
        try scene.deliver()
        #expect(scene.sentTypes == [["log"], ["event"], ["log"]])
    }

    @Test(arguments: [400, 403, 413, 500, 503])
    func `a refused envelope is deleted and counted, not repeated`(_ status: Int) throws {
        scene.transport.plan = [.answer(status)]
        try scene.accept(.event)
        let summary = try scene.deliver()
        #expect(summary.discarded == 1)
        #expect(try scene.waiting == 0)
        #expect(scene.sentTypes == [["event"], ["client_report"]])
        let report = try #require(scene.sent.last?.items.first)
        #expect(
            String(decoding: report.payload, as: UTF8.self).contains(
                #""reason":"send_error","category":"error","quantity":1"#))
    }

    @Test func `after a 429 nothing is counted: the server does`() throws {
        scene.transport.plan = [.answer(429)]
        try scene.accept(.event)
        try scene.deliver()
        #expect(try scene.waiting == 0)
        #expect(scene.sentTypes == [["event"]])
    }

    @Test func `a limit is honoured, counted, and known to the next courier`() throws {
        scene.transport.plan = [.answer(200, [("X-Sentry-Rate-Limits", "60:error:key")])]
        try scene.accept(.event)
        try scene.deliver()
        try scene.accept(.event)
        try scene.accept(.session)
        try scene.deliver()
        #expect(scene.sentTypes == [["event"], ["session", "client_report"]])
        scene.clock.advance(2 * minute)
        try scene.accept(.event)
        try scene.deliver()
        #expect(scene.sentTypes.last?.first == "event")
        let reported = scene.sent.flatMap(\.items).filter { $0.type == "client_report" }
        #expect(reported.count == 1)
        #expect(String(decoding: reported[0].payload, as: UTF8.self).contains("ratelimit_backoff"))
    }

    @Test func `without an answer the envelope stays, and is tried again after growing pauses`() throws {
        scene.transport.plan = [.noAnswer, .noAnswer, .noAnswer]
        try scene.accept(.event)
        let summary = try scene.deliver()
        #expect(summary.delivered == 1)
        #expect(scene.transport.requests.count == 4)
        #expect(scene.clock.monotonic >= 7_000_000_000)
    }

    @Test func `while nothing is reachable one file is tried, not all, and the courier ends by itself`() throws {
        scene.transport.rest = .noAnswer
        for _ in 0..<50 { try scene.accept(.log) }
        let summary = try scene.deliver()
        #expect(summary.remaining == 50)
        #expect(try scene.waiting == 50)
        #expect(scene.transport.requests.count < 15)
        #expect(scene.clock.monotonic >= 10 * minute)
    }

    @Test func `a server that is away does not hold up another`() throws {
        scene.transport.plan = [.noAnswer]
        try scene.accept(.event, dsn: "http://0123456789abcdef0123456789abcdef@away/1")
        try scene.accept(.event)
        scene.transport.during = { [scene] in
            if scene.transport.requests.last?.url.contains("away") == true { scene.transport.plan = [.noAnswer] }
        }
        try scene.deliver()
        #expect(try scene.waiting == 1)
        #expect(scene.transport.requests.contains { $0.url.contains("localhost") })
    }

    @Test func `a file that is no envelope is deleted and counted`() throws {
        let names = ["garbage", "{}\n", "{\"dsn\":\"nonsense\"}\n", ""]
        for (index, text) in names.enumerated() {
            let entry = SpoolEntry(
                category: .event, time: scene.clock.wall, run: "3fa9c1d2", sequence: index, bytes: text.utf8.count)
            try scene.temporary.file("state/outbox/\(entry.name)", text)
        }
        try scene.accept(.event)
        try scene.deliver()
        #expect(try scene.waiting == 0)
        #expect(scene.sentTypes == [["event", "client_report"]])
        let report = String(decoding: scene.sent[0].items[1].payload, as: UTF8.self)
        #expect(report.contains(#""reason":"internal_sdk_error","category":"error","quantity":4"#))
    }

    @Test func `what the spool threw away is reported with the next envelope, once`() throws {
        try DiscardLedger(scene.state).add([Discard(.cacheOverflow, .logItem, 40, dsn: testDSN)], tag: "a")
        try scene.accept(.event)
        try scene.accept(.event)
        try scene.deliver()
        #expect(scene.sentTypes == [["event", "client_report"], ["event"]])
    }

    @Test func `counts survive a courier that could not tell them`() throws {
        try DiscardLedger(scene.state).add([Discard(.cacheOverflow, .logItem, 40, dsn: testDSN)], tag: "a")
        scene.transport.rest = .noAnswer
        try scene.accept(.event)
        try scene.deliver()
        scene.transport.rest = .answer(200)
        try scene.deliver()
        #expect(scene.sentTypes.last == ["event", "client_report"])
    }

    @Test func `an opening check-in that is late becomes an event with its time`() throws {
        let made = Timestamp(nanoseconds: scene.clock.wall).rfc3339
        try scene.acceptCheckIn("in_progress")
        scene.clock.advance(10 * minute)
        try scene.deliver()
        #expect(scene.sentTypes == [["event"]])
        let event = try JSONValue(parsing: scene.sent[0].items[0].payload)
        #expect(event["timestamp"]?.string == made)
        #expect(event["level"]?.string == "warning")
        #expect(event["event_id"]?.string == scene.sent[0].header["event_id"]?.string)
        #expect(event["contexts"]?["check_in"]?["monitor_slug"]?.string == "nightly")
        #expect(event["contexts"]?["trace"]?["trace_id"]?.string == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(event["contexts"]?["trace"]?["span_id"]?.string?.count == 16)
    }

    @Test func `a late closing check-in is sent when its opening one was delivered`() throws {
        try scene.acceptCheckIn("in_progress")
        try scene.deliver()
        try scene.acceptCheckIn("ok")
        scene.clock.advance(60 * minute)
        try scene.deliver()
        #expect(scene.sentTypes == [["check_in"], ["check_in"]])
    }

    @Test func `a late pair becomes one event`() throws {
        try scene.acceptCheckIn("in_progress")
        try scene.acceptCheckIn("error")
        scene.clock.advance(60 * minute)
        try scene.deliver()
        #expect(scene.sentTypes.filter { $0.first == "event" }.count == 1)
        #expect(!scene.sentTypes.contains { $0.contains("check_in") })
    }

    @Test func `a backlog is replayed slowly, fresh reports are not`() throws {
        try scene.accept(.event)
        try scene.accept(.event)
        scene.clock.advance(2 * minute)
        try scene.accept(.log)
        try scene.deliver()
        #expect(scene.clock.pauses == [100_000_000, 100_000_000])
    }

    @Test func `a second courier leaves at once`() throws {
        let lock = try #require(try FileLock.take(StateDirectory.courierLock, in: scene.state.root))
        defer { lock.release() }
        try scene.accept(.event)
        let courier = Courier(spool: scene.spool(), transport: scene.transport, clock: scene.clock)
        #expect(try courier.run() == false)
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `what arrives while it waits is delivered too`() throws {
        scene.clock.onWait = [{ [scene] in #expect(throws: Never.self) { try scene.accept(.event) } }]
        try scene.deliver()
        #expect(scene.sentTypes == [["event"]])
    }

    @Test func `a copy for Spotlight goes to its URL without credentials, and one try is all`() throws {
        let envelope = Envelope(dsn: nil, items: [EnvelopeItem(.event, payload: Array("{}".utf8))])
        for _ in 0..<2 { try scene.spool().accept(envelope, destination: .spotlight("http://localhost:8969/stream")) }
        scene.transport.rest = .noAnswer
        try scene.deliver()
        #expect(scene.transport.requests.map(\.url) == ["http://localhost:8969/stream"])
        #expect(scene.transport.requests[0].headers.contains { $0.name == "X-Sentry-Auth" } == false)
        #expect(try scene.spool().list(.spotlight).isEmpty)
    }

    @Test func `what was kept gets a DSN and goes`() throws {
        try scene.accept(.event, dsn: nil, run: "aaaaaaaa")
        try scene.accept(.event, dsn: nil, run: "bbbbbbbb")
        let moved = try KeptEnvelopes(scene.spool()).address(to: try DSN(testDSN), runs: ["aaaaaaaa0123"])
        #expect(moved.found == 1)
        #expect(try scene.spool().list(.kept).map(\.run) == ["bbbbbbbb"])
        try scene.deliver()
        #expect(scene.sent.map(\.dsn) == [testDSN])
    }
}
