import Delivery
import SentryProtocol
import Spool
import TestFiles
import Testing

/// Answers by plan and remembers what was asked.
final class FakeTransport: Transport {
    enum Step {
        case answer(Int, [(name: String, value: String)] = [])
        case noAnswer
    }

    /// What comes next; 200 when it is used up, unless ``rest`` says otherwise.
    var plan: [Step] = []
    var rest = Step.answer(200)
    private(set) var requests: [TransportRequest] = []
    /// Runs before each answer.
    var during: () -> Void = {}

    func send(_ request: TransportRequest) throws(TransportError) -> TransportResponse {
        requests.append(request)
        during()
        switch plan.isEmpty ? rest : plan.removeFirst() {
        case .answer(let status, let headers): return TransportResponse(status: status, headers: headers)
        case .noAnswer: throw TransportError("no route to host")
        }
    }
}

/// Stands still; waiting moves it on.
final class FakeClock: CourierClock {
    var wall: Int64 = 1_795_234_329_000_000_000
    var monotonic: Int64 = 0
    private(set) var pauses: [Int64] = []
    /// What happens the first time the courier waits.
    var onWait: [() -> Void] = []

    func jitter() -> Double { 0.5 }
    func waitForArrivals(_ nanoseconds: Int64) {
        if onWait.isEmpty { advance(nanoseconds) } else { onWait.removeFirst()() }
    }
    func pause(_ nanoseconds: Int64) {
        pauses.append(nanoseconds)
        advance(nanoseconds)
    }
    func mayHaveArrivals() -> Bool { true }

    func advance(_ nanoseconds: Int64) {
        wall += nanoseconds
        monotonic += nanoseconds
    }
}

let minute: Int64 = 60_000_000_000
let testDSN = "http://0123456789abcdef0123456789abcdef@localhost:9/42"

/// A spool in a directory of its own, a network and a clock.
final class Scene {
    let temporary: TemporaryDirectory
    let state: StateDirectory
    let transport = FakeTransport()
    let clock = FakeClock()

    init() throws {
        temporary = try TemporaryDirectory()
        state = try StateDirectory.open("\(temporary.path)/state")
    }

    func spool(run: String = "3fa9c1d2") -> Spool {
        let now = clock.wall
        return Spool(state, run: run, clock: { now })
    }

    func accept(_ kind: ItemKind, _ payload: JSONValue = [:], dsn: String? = testDSN, run: String = "3fa9c1d2") throws {
        try spool(run: run).accept(Envelope(dsn: dsn, items: [EnvelopeItem(kind, payload)]))
    }

    func acceptCheckIn(_ status: String, id: String = "5a3c7e0b9d2f4c61a8e04d7b6f9c1e22") throws {
        try accept(
            .checkIn,
            [
                "check_in_id": .string(id), "monitor_slug": "nightly", "status": .string(status), "duration": 3,
                "contexts": ["trace": ["trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"]],
            ])
    }

    @discardableResult
    func deliver() throws -> DeliverySummary {
        let courier = Courier(spool: spool(), transport: transport, clock: clock)
        #expect(try courier.run())
        return courier.summary
    }

    /// The envelopes of the requests so far.
    var sent: [StoredEnvelope] {
        transport.requests.compactMap { gunzipped($0.body).flatMap { try? StoredEnvelope($0) } }
    }
    var sentTypes: [[String]] { sent.map { $0.items.map(\.type) } }
    var waiting: Int { get throws { try spool().list(.outbox).count } }
}
