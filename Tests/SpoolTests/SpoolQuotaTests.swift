import Spool
import Testing

@Suite struct SpoolQuotaTests {
    private func entry(_ category: SpoolCategory, _ time: Int64, bytes: Int = 10) -> SpoolEntry {
        SpoolEntry(category: category, time: time, run: "3fa9c1d2", sequence: Int(time), bytes: bytes)
    }

    @Test func `nothing goes while there is room`() {
        let entries = [entry(.event, 1), entry(.log, 2)]
        #expect(SpoolQuota(bytes: 20, count: 2).victims(among: entries, sparing: entries[1]) == [])
    }

    @Test func `the least valuable goes first, the oldest of equals first`() {
        let entries = [
            entry(.event, 1), entry(.checkIn, 2), entry(.transaction, 3), entry(.log, 4), entry(.log, 5),
            entry(.event, 6),
        ]
        let victims = SpoolQuota(bytes: 1000, count: 2).victims(among: entries, sparing: entries[5])
        #expect(victims == [entries[3], entries[4], entries[2], entries[1]])
    }

    @Test func `bytes count as well as files`() {
        let entries = [entry(.log, 1, bytes: 600), entry(.log, 2, bytes: 300), entry(.event, 3, bytes: 200)]
        #expect(SpoolQuota(bytes: 500, count: 9).victims(among: entries, sparing: entries[2]) == [entries[0]])
    }

    @Test func `the one just written is spared even when it is the least valuable`() {
        let entries = [entry(.event, 1), entry(.log, 2)]
        #expect(SpoolQuota(bytes: 1000, count: 1).victims(among: entries, sparing: entries[1]) == [entries[0]])
    }
}
