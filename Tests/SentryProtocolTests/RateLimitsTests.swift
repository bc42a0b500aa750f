import SentryProtocol
import Testing

private let now = Timestamp(nanoseconds: 1_795_234_329_000_000_000)

private func limits(_ status: Int, _ headers: [(String, String)], from: RateLimits = RateLimits()) -> RateLimits {
    var limits = from
    limits.update(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, now: now)
    return limits
}

/// Seconds that each category is still limited.
private func seconds(_ limits: RateLimits) -> [DataCategory: Double] {
    var seconds: [DataCategory: Double] = [:]
    for category in DataCategory.allCases {
        if let deadline = limits.deadline(category, at: now) {
            seconds[category] = Double(deadline.nanoseconds - now.nanoseconds) / 1e9
        }
    }
    return seconds
}

private func everything(_ seconds: Double) -> [DataCategory: Double] {
    Dictionary(uniqueKeysWithValues: DataCategory.allCases.filter { $0 != .internal }.map { ($0, seconds) })
}

@Suite struct RateLimitsTests {
    @Test(
        arguments: [
            (200, [], [:]),
            (500, [], [:]),
            (200, [("Retry-After", "10")], [:]),
            (
                200, [("X-Sentry-Rate-Limits", "60:transaction;profile:organization, 2700:error:key:quota")],
                [.transaction: 60, .profile: 60, .error: 2700]
            ),
            (429, [("x-sentry-rate-limits", "2.5:log_item:org")], [.logItem: 2.5]),
            (429, [("X-Sentry-Rate-Limits", " 10 : : project ")], everything(10)),
            (200, [("X-Sentry-Rate-Limits", "10::org,60:session:org")], everything(10).merging([.session: 60]) { $1 }),
            (429, [("X-Sentry-Rate-Limits", "60:replay;martian:org"), ("Retry-After", "9")], [:]),
            (
                429, [("X-Sentry-Rate-Limits", "x:error:org,:error:org,-5:error:org,nan:error:org,,30:monitor")],
                [.monitor: 30]
            ),
            (
                200, [("X-Sentry-Rate-Limits", "5:error:org"), ("X-Sentry-Rate-Limits", "6:monitor:org")],
                [.error: 5, .monitor: 6]
            ),
            (200, [("X-Sentry-Rate-Limits", "60:internal:org")], [:]),
            (200, [("X-Sentry-Rate-Limits", "1e12:error:org")], [.error: 86400]),
            (200, [("X-Sentry-Rate-Limits", "5:default:org;x:y:z")], [.error: 5]),
            (429, [], everything(60)),
            (429, [("Retry-After", "120")], everything(120)),
            (429, [("retry-after", "soon")], everything(60)),
            (429, [("Retry-After", "Sat, 21 Nov 2026 04:12:39 GMT")], everything(30)),
            (429, [("Retry-After", "Sat, 21 Nov 2020 04:12:39 GMT")], [:]),
            (429, [("Retry-After", "Sat, 21 Nov 2099 04:12:39 GMT")], everything(86400)),
        ] as [(Int, [(String, String)], [DataCategory: Double])])
    func `a response limits`(status: Int, headers: [(String, String)], expected: [DataCategory: Double]) {
        #expect(seconds(limits(status, headers)) == expected)
    }

    @Test func `a deadline is never shortened`() {
        let long = limits(200, [("X-Sentry-Rate-Limits", "100:error:org,100::org")])
        let later = limits(200, [("X-Sentry-Rate-Limits", "5:error:org,5::org")], from: long)
        #expect(seconds(later) == everything(100))
    }

    @Test func `a limit ends at its deadline`() {
        let limited = limits(200, [("X-Sentry-Rate-Limits", "10:error:org")])
        #expect(limited.isLimited(.error, at: now.advanced(bySeconds: 9.9)))
        #expect(!limited.isLimited(.error, at: now.advanced(bySeconds: 10)))
    }

    @Test(
        arguments: [
            ("log_byte", [.log]), ("log_item", [.log]), ("attachment_item", [.attachment]), ("monitor", [.checkIn]),
            ("transaction", [.transaction, .profile]), ("profile", [.profile]), ("error", [.event]),
            ("", [.event, .transaction, .session, .checkIn, .log, .attachment, .profile, .profileChunk]),
        ] as [(String, [ItemKind])])
    func `a category limits the items that are charged to it`(category: String, kinds: [ItemKind]) {
        let limited = limits(200, [("X-Sentry-Rate-Limits", "10:\(category):org")])
        #expect(ItemKind.allCases.filter { limited.isLimited($0, at: now) } == kinds)
    }

    @Test func `only a limit on everything stops the whole spool`() {
        #expect(limits(200, [("X-Sentry-Rate-Limits", "10:error:org")]).deadlineForEverything(at: now) == nil)
        let all = limits(429, [])
        #expect(all.deadlineForEverything(at: now) == now.advanced(bySeconds: 60))
        #expect(all.deadlineForEverything(at: now.advanced(bySeconds: 61)) == nil)
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200), ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
            ("Sun Nov  6 08:49:37 1994", nil), ("Sun, 06 Nov 1994 08:49 GMT", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 24:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("", nil),
        ] as [(String, Int64?)])
    func `HTTP dates are read in their preferred form`(text: String, seconds: Int64?) {
        #expect(Timestamp(httpDate: text)?.nanoseconds == seconds.map { $0 * 1_000_000_000 })
    }
}
