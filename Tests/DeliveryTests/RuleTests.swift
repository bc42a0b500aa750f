import Delivery
import SentryProtocol
import Spool
import Testing

@Suite struct RuleTests {
    @Test(arguments: [
        (200, DeliveryVerdict.delivered), (202, .delivered), (429, .limited), (400, .refused(status: 400)),
        (401, .refused(status: 401)), (403, .refused(status: 403)), (404, .refused(status: 404)),
        (413, .refused(status: 413)), (500, .refused(status: 500)), (503, .refused(status: 503)),
        (301, .refused(status: 301)),
    ])
    func `any answer settles an envelope`(_ status: Int, _ verdict: DeliveryVerdict) {
        #expect(DeliveryVerdict(status: status) == verdict)
    }

    struct Age: Sendable {
        let category: SpoolCategory
        let minutes: Int64
        var checkIn: StalenessRule.CheckInPhase?
        let expected: StalenessRule.Verdict
    }

    @Test(arguments: [
        Age(category: .event, minutes: 100_000, expected: .send),
        Age(category: .log, minutes: 100_000, expected: .send),
        Age(category: .session, minutes: 5 * 1440, expected: .send),
        Age(category: .session, minutes: 5 * 1440 + 1, expected: .drop),
        Age(category: .transaction, minutes: 5 * 1440 + 1, expected: .drop),
        Age(category: .checkIn, minutes: -60, checkIn: .opening(closingWaits: false), expected: .send),
        Age(category: .checkIn, minutes: 5, checkIn: .opening(closingWaits: true), expected: .send),
        Age(category: .checkIn, minutes: 6, checkIn: .opening(closingWaits: false), expected: .replaceByEvent),
        Age(category: .checkIn, minutes: 6, checkIn: .opening(closingWaits: true), expected: .drop),
        Age(category: .checkIn, minutes: 5, checkIn: .closing(openingDelivered: false), expected: .send),
        Age(category: .checkIn, minutes: 6, checkIn: .closing(openingDelivered: false), expected: .replaceByEvent),
        Age(category: .checkIn, minutes: 1000, checkIn: .closing(openingDelivered: true), expected: .send),
        Age(category: .checkIn, minutes: 6, checkIn: nil, expected: .drop),
    ])
    func `what is too old to be true is not sent`(_ age: Age) {
        #expect(StalenessRule.verdict(age.category, age: age.minutes * minute, checkIn: age.checkIn) == age.expected)
    }

    @Test func `pauses double up to the longest, and end with a success`() {
        var backoff = Backoff(Backoff.Limits(first: 10, longest: 35))
        var pauses: [Int64] = []
        for _ in 0..<4 {
            backoff.failed(at: 100, jitter: 0.5)
            pauses.append((backoff.retryAt ?? 0) - 100)
        }
        #expect(pauses == [10, 20, 35, 35])
        #expect(backoff.failingSince == 100)
        #expect(backoff.isOpen(at: 134) && !backoff.isOpen(at: 135))
        backoff.succeeded()
        #expect(!backoff.isOpen(at: 0))
        #expect(backoff.failingSince == nil)
    }

    struct Limit: Sendable {
        let header: String
        let items: [String]
        let wanted: [String]
    }

    @Test(arguments: [
        Limit(header: "60:error:key", items: ["event", "attachment", "session"], wanted: ["session"]),
        Limit(header: "60:session:key", items: ["event", "attachment", "session"], wanted: ["event", "attachment"]),
        Limit(
            header: "60:transaction:key", items: ["transaction", "profile", "client_report"], wanted: ["client_report"]),
        Limit(header: "60:profile:key", items: ["transaction", "profile"], wanted: ["transaction"]),
        Limit(header: "60:attachment:key", items: ["event", "attachment"], wanted: ["event"]),
        Limit(header: "60:log_byte:key", items: ["log"], wanted: []),
        Limit(header: "60::key", items: ["event", "unknown_kind"], wanted: []),
        Limit(header: "60:error:key", items: ["unknown_kind"], wanted: ["unknown_kind"]),
    ])
    func `limited items stay behind with what depends on them`(_ limit: Limit) {
        let now = Timestamp(nanoseconds: 0)
        var limits = RateLimits()
        limits.update(status: 200, headers: [("X-Sentry-Rate-Limits", limit.header)], now: now)
        let items = limit.items.map { StoredItem(type: $0, header: ["type": .string($0)], payload: []) }
        let split = ItemFilter.split(items, by: limits, at: now)
        #expect(split.wanted.map(\.type) == limit.wanted)
        #expect(split.wanted.count + split.unwanted.count == items.count)
    }

    @Test func `the user's certificates come before the system's`() {
        func choose(_ variables: [String: String], hashed: Bool = true) -> CertificateStore {
            CertificateStore.choose(environment: { variables[$0] }, isHashed: { _ in hashed })
        }
        #expect(choose(["SSL_CERT_FILE": "/a"]) == .file("/a"))
        #expect(choose(["SSL_CERT_DIR": "/d"]) == .directory("/d"))
        #expect(choose([:]) == .directory("/etc/ssl/certs"))
        #expect(choose(["SSL_CERT_FILE": ""], hashed: false) == .builtIn)
    }
}
