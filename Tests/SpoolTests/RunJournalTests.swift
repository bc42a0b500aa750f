import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct RunJournalTests {
    private let fact = JournalRecord.fact(Array(#"{"opened":"check_in"}"#.utf8))

    private func output(_ text: String, stream: UInt8 = 1) -> JournalRecord {
        .output(stream: stream, time: 1_795_234_329_050_000_000, bytes: Array(text.utf8))
    }

    @Test func aReporterThatFollowsReadsWhatItsPredecessorWrote() throws {
        try withTemporaryDirectory { directory in
            var journal = try RunJournal(in: directory)
            #expect(journal.recovered.isEmpty)
            let records = [fact, output("a line\n", stream: 2), .logsFlushed, .lineBegun(stream: 2)]
            for record in records { try journal.append(record) }
            #expect(try RunJournal(in: directory).recovered == records)
        }
    }

    @Test func aRecordThatIsCutShortEndsTheJournal() throws {
        try withTemporaryDirectory { directory in
            var journal = try RunJournal(in: directory)
            try journal.append(fact)
            let file = try directory.openForAppending(RunJournal.fileName)
            try file.writeAll([2, 0xFF, 0xFF, 0, 0, 1, 2, 3])
            #expect(try RunJournal.read(in: directory) == [fact])
        }
    }

    @Test func aJournalStaysBoundedAndKeepsFactsAndTheNewestOutput() throws {
        try withTemporaryDirectory { directory in
            var journal = try RunJournal(in: directory, limit: 10_000, keep: 1000)
            try journal.append(fact)
            for number in 0..<2000 { try journal.append(output("line \(number)\n")) }
            let size = try #require(try directory.status(RunJournal.fileName)?.size)
            #expect(size < 11_000)
            let records = try RunJournal.read(in: directory)
            #expect(records.first == fact)
            #expect(records.last == output("line 1999\n"))
        }
    }

    @Test func ofOneLargeArrivalOnlyTheEndIsKept() throws {
        try withTemporaryDirectory { directory in
            var journal = try RunJournal(in: directory, limit: 10_000, keep: 10)
            try journal.append(output("0123456789abcdefghij"))
            #expect(try RunJournal.read(in: directory) == [output("abcdefghij")])
        }
    }
}
