// Crash loops: a job that dies at its start, again and again, across runs.

import SentryProtocol

/// How often in a row a job died at its start. Kept in the state directory between runs.
package struct CrashLoop: Sendable, Equatable {
    /// Startup crashes in a row, from 1.
    package var count: Int
    package var first: Timestamp
    package var last: Timestamp
    /// What the last one was grouped by.
    package var fingerprint: [String]

    /// From here on it is called a loop.
    package static let threshold = 3

    package init(count: Int, first: Timestamp, last: Timestamp, fingerprint: [String]) {
        self.count = count
        self.first = first
        self.last = last
        self.fingerprint = fingerprint
    }

    package var isLoop: Bool { count >= Self.threshold }

    /// The state after one more end of the job. A different startup crash counts on: what matters is that the job does not
    /// get up.
    ///
    /// - Parameter previous: as it was kept; `nil` where nothing was.
    /// - Returns: `nil` to keep nothing: the job did get up. An end that nobody saw changes nothing.
    package static func advance(
        _ previous: CrashLoop?, _ verdict: Verdict, fingerprint: [String], at time: Timestamp
    ) -> CrashLoop? {
        if verdict.kind == .supervisionLost { return previous }
        guard verdict.isStartupCrash else { return nil }
        guard let previous else { return CrashLoop(count: 1, first: time, last: time, fingerprint: fingerprint) }
        return CrashLoop(
            count: previous.count + 1, first: previous.first, last: max(time, previous.last), fingerprint: fingerprint)
    }

    /// For the verdict's summary, a clause: `the 4th startup crash in a row since 2026-11-21T04:12:09.123Z: a crash loop`;
    /// `nil` for fewer than a loop's.
    package var clause: String? {
        isLoop ? "the \(ordinal(count)) startup crash in a row since \(first.rfc3339): a crash loop" : nil
    }

    /// Says it in the run's event: the tag `crash_loop` and a context.
    package func mark(_ event: inout Event) {
        event.tags["startup_crash.count"] = String(count)
        guard isLoop else { return }
        event.tags["crash_loop"] = "true"
        event.contexts["crash_loop"] = [
            "count": .integer(Int64(count)), "first": .string(first.rfc3339), "last": .string(last.rfc3339),
        ]
    }

    /// The name that a job's state is kept under: of the run's name and the command's path, 16 hex digits.
    ///
    /// Source: FNV-1a, 64 bits. Two jobs that share a key would only share a count.
    package static func key(job: String, command: String) -> String {
        let hash = (Array(job.utf8) + [0] + Array(command.utf8)).reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension CrashLoop: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { loop in
            loop.field("version", 1)
            loop.field("count", count)
            loop.field("first_ns", first.nanoseconds)
            loop.field("last_ns", last.nanoseconds)
            loop.field("fingerprint", fingerprint)
        }
    }

    /// Reads what ``write(to:)`` wrote; `nil` for anything else: counting then begins anew.
    package init?(parsing bytes: some Collection<UInt8>) {
        guard let json = try? JSONValue(parsing: bytes), json["version"]?.integer == 1,
            let count = json["count"]?.integer, 1...1_000_000_000 ~= count, let first = json["first_ns"]?.integer,
            let last = json["last_ns"]?.integer
        else { return nil }
        self.init(
            count: Int(count), first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last),
            fingerprint: json["fingerprint"]?.array?.compactMap(\.string) ?? [])
    }
}

/// `1st`, `2nd`, `3rd`, `11th`
private func ordinal(_ number: Int) -> String {
    let suffix =
        switch (number % 100, number % 10) {
        case (11...13, _): "th"
        case (_, 1): "st"
        case (_, 2): "nd"
        case (_, 3): "rd"
        default: "th"
        }
    return "\(number)\(suffix)"
}
