import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct RunStoreTests {
    private let temporary: TemporaryDirectory
    private let state: StateDirectory
    private let store: RunStore

    init() throws {
        temporary = try TemporaryDirectory()
        state = try StateDirectory.open(temporary.path + "/state")
        store = RunStore(state)
    }

    private func id(_ number: Int) -> String { "20261121-0412\(number / 10)\(number % 10)-1f40a1b2" }

    @Test func aRunIsActiveUntilItsReportIsFinished() throws {
        let directory = try store.activeDirectory(of: id(1))
        _ = try RunJournal(in: directory)
        #expect(try store.activeIDs() == [id(1)])
        #expect(try store.ids().isEmpty)
        try store.finish(id(1), report: Array("{}".utf8), named: "report.json")
        #expect(try store.activeIDs().isEmpty)
        #expect(try store.report(of: id(1), named: "report.json") == Array("{}".utf8))
        #expect(try state.runs.subdirectory(id(1)).status(RunJournal.fileName) == nil)
    }

    @Test func idsAreInOrderOfTimeAndForeignNamesAreIgnored() throws {
        for number in [3, 1, 2] { try store.finish(id(number), report: [], named: "report.json") }
        try state.runs.makeDirectory("lost+found")
        #expect(try store.ids() == [id(1), id(2), id(3)])
    }

    @Test func theOldestRunsGoFirst() throws {
        for number in 0..<RunStore.maximumRuns + 2 {
            let minute = 10 + number / 60
            let second = 10 + number % 60
            try state.runs.makeDirectory("20261121-04\(minute)\(second)-1f40a1b2")
        }
        try store.prune()
        let left = try store.ids()
        #expect(left.count == RunStore.maximumRuns)
        #expect(left.first == "20261121-041012-1f40a1b2")
    }

    @Test func aPathIsNoID() throws {
        try temporary.file("report.json", "secret")
        #expect(try store.report(of: "../..", named: "report.json") == nil)
    }
}
