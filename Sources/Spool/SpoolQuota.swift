// How much the spool may hold, and what goes when it is too much: arithmetic on names.

/// Limits of one compartment.
///
/// SDKs cap their offline cache at 30 envelopes. That is one application's last crashes; this spool serves every run on a
/// host, a run alone is four to ten files (two check-ins, event, transaction, session, log batches), and a job of every
/// minute passes 30 within five minutes of an outage. 1000 files of at most 64 MiB last through a night of such a job
/// and still list in a millisecond.
package struct SpoolQuota: Sendable, Equatable {
    package var bytes: Int
    package var count: Int

    package init(bytes: Int = 64 << 20, count: Int = 1000) {
        self.bytes = bytes
        self.count = count
    }

    /// What must go so that `entries` fit: lowest value first, the oldest of equal value first, never `incoming`.
    package func victims(among entries: [SpoolEntry], sparing incoming: SpoolEntry) -> [SpoolEntry] {
        var bytes = entries.reduce(0) { $0 + $1.bytes }
        var count = entries.count
        guard bytes > self.bytes || count > self.count else { return [] }
        var victims: [SpoolEntry] = []
        let order = entries.filter { $0 != incoming }.sorted {
            ($0.category.value, $0.time) < ($1.category.value, $1.time)
        }
        for entry in order where bytes > self.bytes || count > self.count {
            victims.append(entry)
            bytes -= entry.bytes
            count -= 1
        }
        return victims
    }
}
