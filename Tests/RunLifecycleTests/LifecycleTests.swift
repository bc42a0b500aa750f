import RunLifecycle
import SentryProtocol
import Testing

private let start = Timestamp(nanoseconds: 1_795_234_329_050_120_999)
private let identity = RunIdentity(seed: Array(0..<16), startedWall: start)
private let failure = RunOutcome(isFailure: true, sessionStatus: .exited, spanStatus: .internalError)

@Suite struct RunIdentityTests {
    @Test func `ids are the same for whoever knows the seed`() {
        let again = RunIdentity(seed: Array(0..<16), startedWall: Timestamp(nanoseconds: 0))
        #expect(again.eventID == identity.eventID)
        #expect(again.checkInID == identity.checkInID)
        #expect(again.sessionID == identity.sessionID)
        #expect(again.transactionID == identity.transactionID)
        #expect(again.spanID(for: 7, start: start) == identity.spanID(for: 7, start: start))
    }

    /// A change of the mixing would give a run that is resumed by a newer version other ids.
    @Test func `ids do not change between versions`() {
        #expect(identity.eventID.description == "8e00f2b77fbd4e50b1d8c28f0df4207d")
        #expect(identity.spanID(for: 4242, start: start).description == "a874dbc3d756839b")
    }

    @Test func `ids are version 4 UUIDs, all different`() {
        var seen: Set<HexID16> = []
        for byte in 0..<UInt8.max {
            let run = RunIdentity(seed: [byte] + Array(repeating: 0, count: 15), startedWall: start)
            for id in [run.eventID, run.checkInID, run.sessionID, run.transactionID] {
                #expect(id.bytes[6] >> 4 == 4)
                #expect(id.bytes[8] >> 6 == 2)
                seen.insert(id)
            }
        }
        #expect(seen.count == 255 * 4)
    }

    @Test func `spans of a pid that is used again differ`() {
        var seen: Set<SpanID> = []
        for pid in Int32(1)...100 {
            for time in 0..<100 {
                seen.insert(identity.spanID(for: pid, start: start.advanced(byNanoseconds: Int64(time))))
            }
        }
        #expect(seen.count == 10_000)
    }

    @Test func `a run is named by its time and its seed`() { #expect(identity.name == "20261121-041209-03200010") }
}

@Suite struct CheckInCycleTests {
    private func cycle(keepsAlive: Bool = false, maxRuntime: Int? = nil) -> CheckInCycle {
        var config = MonitorConfig(schedule: .crontab("@daily"))
        config.maxRuntime = maxRuntime
        return CheckInCycle(
            identity: identity, monitorSlug: "nightly", config: config, keepsAlive: keepsAlive,
            environment: "production", release: nil, traceID: nil)
    }

    @Test func `opens and closes with one id and the configuration`() {
        let (opening, closing) = (cycle().opening(), cycle().closing(.success, duration: 1_500_000_000))
        #expect(opening.status == .inProgress)
        #expect(opening.id == closing.id)
        #expect(opening.config != nil)
        #expect(closing.config != nil)
        #expect(closing.status == .ok)
        #expect(closing.duration == 1_500_000_000)
        #expect(cycle().closing(failure, duration: 0).status == .error)
    }

    @Test(
        arguments: [
            (false, 60, nil), (true, nil, 15), (true, 60, 30), (true, 1, 1), (true, 3, 1.5),
        ] as [(Bool, Int?, Double?)])
    func `heartbeats come well before the monitor's limit, if asked for`(
        keepsAlive: Bool, maxRuntime: Int?, minutes: Double?
    ) {
        let interval = cycle(keepsAlive: keepsAlive, maxRuntime: maxRuntime).heartbeatInterval
        #expect(interval == minutes.map { Int64($0 * 60_000_000_000) })
    }
}

@Suite struct SessionCycleTests {
    @Test func `a short run sends one update that counts and ends it`() throws {
        var cycle = try #require(SessionCycle(identity: identity, release: "r1", environment: "production"))
        let ending = cycle.ending(failure, at: start.advanced(bySeconds: 2))
        let session = try #require(ending)
        #expect(session.isInitial)
        #expect(session.status == .exited)
        #expect(session.errors == 1)
        #expect(session.duration == 2_000_000_000)
        let (again, late) = (cycle.ending(.success, at: start), cycle.beginning(at: start))
        #expect(again == nil)
        #expect(late == nil)
    }

    @Test func `a long run begins, then ends`() throws {
        var cycle = try #require(SessionCycle(identity: identity, release: "r1", environment: nil))
        let beginning = cycle.beginning(at: start.advanced(bySeconds: 10))
        let first = try #require(beginning)
        #expect(first.isInitial)
        #expect(first.status == .ok)
        let again = cycle.beginning(at: start.advanced(bySeconds: 11))
        #expect(again == nil)
        let ending = cycle.ending(.success, at: start.advanced(bySeconds: 20), errors: 3)
        let last = try #require(ending)
        #expect(!last.isInitial)
        #expect(last.id == first.id)
        #expect(last.started == first.started)
        #expect(last.status == .exited)
        #expect(last.errors == 3)
    }

    @Test func `a resumed report does not count the session twice`() throws {
        var cycle = try #require(SessionCycle(identity: identity, release: "r1", environment: nil, hasBegun: true))
        let (beginning, ending) = (cycle.beginning(at: start), cycle.ending(.success, at: start))
        #expect(beginning == nil)
        #expect(ending?.isInitial == false)
    }

    @Test(arguments: [nil, "", "a/b", "latest"])
    func `without a valid release there is no session`(release: String?) {
        #expect(SessionCycle(identity: identity, release: release, environment: nil) == nil)
    }

    @Test func `a clock that was set back does not make times before the start`() throws {
        var cycle = try #require(SessionCycle(identity: identity, release: "r1", environment: nil))
        let session = cycle.ending(.success, at: start.advanced(bySeconds: -5))
        #expect(session?.timestamp == start)
        #expect(session?.duration == 0)
    }
}

@Suite struct RunTransactionTests {
    @Test func `a run's transaction has its trace, status, programs and figures`() throws {
        let caller = "8f431b7aa08441bbbd5a0100fd91f9fe-b0e6f15b45c36b12-1"
        let trace = TraceContext.start(
            environment: { $0 == "SENTRY_TRACE" ? caller : nil }, settings: TraceSettings(tracesSampleRate: 1),
            random: Array(1...32))
        let usage = ResourceUsage(userMicroseconds: 2_400_000, maxResidentKiB: 51200, blocksIn: 2)
        var tree = ProcessTree(identity: identity, root: 1, rootSpan: trace.spanID, limit: 0)
        tree.apply(.exec(pid: 1, name: "sh", time: start))
        tree.apply(.exec(pid: 1, name: "cat", time: start))
        let transaction = RunTransaction.make(
            identity: identity, trace: trace, name: "nightly", end: start.advanced(bySeconds: 3), outcome: failure,
            usage: usage, tree: tree.finish(at: start.advanced(bySeconds: 3)), data: ["process.pid": 4242])
        #expect(transaction.trace.parentSpanID?.description == "b0e6f15b45c36b12")
        #expect(transaction.trace.traceID == trace.traceID)
        #expect(transaction.trace.status == .internalError)
        #expect(transaction.trace.data == ["process.pid": 4242, "process.spans_left_out": 1])
        #expect(transaction.id == identity.transactionID)
        #expect(transaction.measurements.count <= Transaction.maxMeasurements)
        #expect(transaction.measurements.contains(Measurement("process.cpu_user", 2.4, unit: "second")))
        #expect(transaction.measurements.contains(Measurement("process.max_rss", 52_428_800, unit: "byte")))
        #expect(transaction.measurements.contains(Measurement("process.disk_read", 1024, unit: "byte")))
        let names = transaction.measurements.map(\.name)
        #expect(names.allSatisfy { $0.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789._".utf8.contains($0) } })
    }
}
