import Spool
import Testing

@Suite struct SpoolEntryTests {
    @Test func `a name says everything and is read back`() {
        let entry = SpoolEntry(
            category: .event, time: 1_795_234_329_050_120_000, run: "3fa9c1d2", sequence: 1, bytes: 1432)
        #expect(entry.name == "1-1795234329050120000-3fa9c1d2-0001-1432.event")
        #expect(SpoolEntry(name: entry.name) == entry)
    }

    @Test(arguments: SpoolCategory.allCases)
    func `every category is read back`(_ category: SpoolCategory) {
        let entry = SpoolEntry(category: category, time: 5, run: "0123456789abcdef", sequence: 123_456, bytes: 0)
        #expect(SpoolEntry(name: entry.name) == entry)
    }

    @Test(arguments: [
        "", ".", "x", "1-5-3fa9c1d2-0001-1432", "1-5-3fa9c1d2-0001-1432.evil", "0-5-3fa9c1d2-0001-1432.event",
        "1--5-3fa9c1d2-0001-1432.event", "1-5-3FA9C1D2-0001-1432.event", "1-5-3fa9c1d-0001-1432.event",
        "1-5-3fa9c1d2-1-1432.event", "1-5-3fa9c1d2-0001-+1432.event", "1-05-3fa9c1d2-0001-1432.event",
        "1-5-3fa9c1d2-0001-1432.event.tmp", "1-99999999999999999999-3fa9c1d2-0001-1432.event",
        "1-5-../../etc-0001-1432.event", "1-5-3fa9c1d23fa9c1d2f-0001-1.event",
    ])
    func `a foreign name is none of ours`(_ name: String) {
        #expect(SpoolEntry(name: name) == nil)
    }

    @Test func `check-ins go first, then events, and the oldest of a kind first`() {
        func entry(_ category: SpoolCategory, _ time: Int64, _ sequence: Int = 1) -> SpoolEntry {
            SpoolEntry(category: category, time: time, run: "3fa9c1d2", sequence: sequence, bytes: 1)
        }
        let order = [
            entry(.checkIn, 8), entry(.checkIn, 8, 2), entry(.session, 3), entry(.event, 4), entry(.transaction, 2),
            entry(.profile, 2), entry(.log, 1), entry(.clientReport, 0),
        ]
        #expect(order.shuffled().sorted() == order)
    }
}
