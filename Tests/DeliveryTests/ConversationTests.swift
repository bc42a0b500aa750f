import Delivery
import Glibc
import LinuxSystem
import SentryProtocol
import Spool
import TestFiles
import Testing

/// Over real sockets.
@Suite(.enabled(if: LoopbackIngest.isPossible, "needs python3 for a server"))
struct ConversationTests {
    private func request(_ ingest: LoopbackIngest, timeouts: TransportTimeouts = TransportTimeouts())
        -> TransportRequest
    {
        TransportRequest(
            url: "http://127.0.0.1:\(ingest.port)/api/42/envelope/", headers: [("X-Test", "1")],
            body: Array("{}\n".utf8), timeouts: timeouts)
    }

    @Test func `status and headers come back, and the connection is used again`() throws {
        let ingest = try LoopbackIngest(
            plan: #"[{"status": 429, "headers": {"Retry-After": "7"}}, {"status": 200}]"#)
        let transport = try CurlTransport()
        let first = try transport.send(request(ingest))
        let second = try transport.send(request(ingest))
        #expect(first.status == 429)
        #expect(first.headers.contains { $0.name == "Retry-After" && $0.value == "7" })
        #expect(String(decoding: first.body, as: UTF8.self) == "{}")
        #expect(second.status == 200)
        #expect(second.httpVersion == "1.1")
        let seen = ingest.requests
        #expect(seen.map { $0["headers"]?["X-Test"]?.string } == ["1", "1"])
        #expect(Set(seen.compactMap { $0["port"]?.integer }).count == 1)
    }

    @Test func `a server that hangs, breaks off or is not there is no answer`() throws {
        let ingest = try LoopbackIngest(plan: #"[{"delay": 5}, {"drop": true}]"#)
        let transport = try CurlTransport()
        #expect(throws: TransportError.self) {
            try transport.send(request(ingest, timeouts: TransportTimeouts(connect: 1000, total: 300)))
        }
        #expect(throws: TransportError.self) { try transport.send(request(ingest)) }
        var nowhere = request(ingest)
        nowhere.url = "http://127.0.0.1:1/"
        #expect(throws: TransportError.self) { try transport.send(nowhere) }
        nowhere.url = "file:///etc/passwd"
        #expect(throws: TransportError.self) { try transport.send(nowhere) }
    }
}

/// The program itself, against real sockets and kill -9.
@Suite(
    .enabled(if: LoopbackIngest.isPossible, "needs python3 for a server"),
    .enabled(if: isExecutable(courierProgram), "the courier is not built"))
struct CourierProgramTests {
    private func fill(_ state: StateDirectory, count: Int, dsn: String) throws -> Set<String> {
        let spool = Spool(state, run: "3fa9c1d2")
        var ids: Set<String> = []
        for index in 1...count {
            let digits = String(index, radix: 16)
            let text = "4f0c2bb1d3a74b6f8c1e0f6f" + String(repeating: "0", count: 8 - digits.count) + digits
            let id = try #require(EventID(text))
            ids.insert(text)
            let item = EnvelopeItem(.event, ["event_id": .string(text)] as JSONValue)
            try spool.accept(Envelope(eventID: id, dsn: dsn, items: [item]))
        }
        return ids
    }

    private func start(_ state: StateDirectory) throws -> pid_t {
        try DetachedProgram.start(courierProgram, ["drain", "--state", state.path, "--idle-exit", "0"])
    }

    private func received(_ ingest: LoopbackIngest) -> [String] {
        ingest.requests.compactMap { $0["body"]?.string }
            .compactMap { try? StoredEnvelope(Array($0.utf8)).header["event_id"]?.string }
    }

    @Test func `killed again and again, it loses nothing and leaves nothing`() throws {
        let temporary = try TemporaryDirectory()
        let state = try StateDirectory.open("\(temporary.path)/state")
        let ingest = try LoopbackIngest()
        let ids = try fill(state, count: 200, dsn: ingest.dsn)
        let spool = Spool(state, run: "ffffffff")
        var kills = 0
        while try !spool.list(.outbox).isEmpty {
            let before = ingest.requests.count
            let courier = try start(state)
            // Let it work a little, differently each time, so that it dies at different places.
            try waitUntil { try ingest.requests.count > before + kills % 9 || spool.list(.outbox).isEmpty }
            kill(courier, SIGKILL)
            waitpid(courier, nil, 0)
            kills += 1
        }
        #expect(kills > 10)
        #expect(Set(received(ingest)) == ids)
        #expect(try state.outbox.names().isEmpty)
    }

    @Test func `of many started at once one delivers, and each report arrives once`() throws {
        let temporary = try TemporaryDirectory()
        let state = try StateDirectory.open("\(temporary.path)/state")
        let ingest = try LoopbackIngest()
        let ids = try fill(state, count: 50, dsn: ingest.dsn)
        let couriers = try (0..<6).map { _ in try start(state) }
        for courier in couriers {
            var status: Int32 = 0
            waitpid(courier, &status, 0)
            #expect(status == 0)
        }
        #expect(received(ingest).count == 50)
        #expect(Set(received(ingest)) == ids)
    }

    @Test func `envelopes from a pipe are sent from memory`() throws {
        let ingest = try LoopbackIngest()
        let pipe = try Pipe()
        let courier = try DetachedProgram.start(courierProgram, ["stdin"], standardInput: pipe.readEnd)
        pipe.readEnd.close()
        for _ in 0..<3 {
            let bytes = Envelope(dsn: ingest.dsn, items: [EnvelopeItem(.log, payload: Array("{}".utf8))]).encoded()
            let count = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
            try pipe.writeEnd.writeAll(count + bytes)
        }
        pipe.writeEnd.close()
        var status: Int32 = -1
        waitpid(courier, &status, 0)
        #expect(status == 0)
        #expect(ingest.requests.count == 3)
    }
}

/// Beside the tests, where SwiftPM builds it.
private let courierProgram: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/.build/debug/sentry-run-courier"
}()
