// The rate limits of every DSN, kept between couriers: the next `sentry-run` of a crontab must honour what this one heard.

import SentryProtocol
import Spool

/// Limits by DSN. The file `rate-limits` has a line of `dsn category deadline` for each (`*` for every category; wall clock,
/// nanoseconds).
package struct RateLimitBook {
    private var limits: [String: RateLimits] = [:]
    private let file: StateFile

    package static let fileName = "rate-limits"

    package init(in state: StateDirectory?, now: Timestamp) {
        file = StateFile(Self.fileName, in: state)
        for fields in file.load() where fields.count == 3 {
            guard let deadline = Int64(fields[2]), deadline > now.nanoseconds else { continue }
            // In the server's own grammar, whose reader also caps a deadline that a wrong clock has put far away.
            let entry = "\(Timestamp(nanoseconds: deadline).seconds(since: now)):\(fields[1] == "*" ? "" : fields[1]):"
            limits[fields[0], default: RateLimits()]
                .update(status: 200, headers: [("X-Sentry-Rate-Limits", entry)], now: now)
        }
    }

    package subscript(dsn: String) -> RateLimits { limits[dsn] ?? RateLimits() }

    /// Takes a response in, and saves when it changed anything.
    package mutating func update(_ response: TransportResponse, dsn: String, now: Timestamp) {
        var updated = self[dsn]
        updated.update(status: response.status, headers: response.headers, now: now)
        guard updated != self[dsn] else { return }
        limits[dsn] = updated
        file.save(lines(now: now))
    }

    private func lines(now: Timestamp) -> [[String]] {
        limits.sorted { $0.key < $1.key }.flatMap { dsn, limits in
            let all = limits.deadlineForEverything(at: now).map { [dsn, "*", String($0.nanoseconds)] }
            let single = DataCategory.allCases.compactMap { category in
                limits.deadline(category, at: now).map { [dsn, category.rawValue, String($0.nanoseconds)] }
            }
            return (all.map { [$0] } ?? []) + single
        }
    }
}
