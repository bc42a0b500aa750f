import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct RunLogTests {
    private func lines(_ range: Range<Int>) -> [UInt8] { Array(range.map { "line \($0)\n" }.joined().utf8) }

    private func read(_ reader: inout RunLogReader) throws -> [String] {
        var found: [String] = []
        try reader.read { found.append(String(decoding: $0, as: UTF8.self)) }
        return found
    }

    @Test func `what was appended is read, and nothing twice`() throws {
        try withTemporaryDirectory { directory in
            var log = try RunLog(in: directory)
            var reader = RunLogReader(directory)
            #expect(try read(&reader) == [])
            try log.append(lines(0..<2), count: 2)
            #expect(try read(&reader) == ["line 0", "line 1"])
            try log.append(Array("half".utf8), count: 0)
            #expect(try read(&reader) == [])
            try log.append(Array(" a line\n".utf8), count: 1)
            #expect(try read(&reader) == ["half a line"])
        }
    }

    @Test func `the oldest files go, and what was in them is counted`() throws {
        try withTemporaryDirectory { directory in
            var log = try RunLog(in: directory, quota: 4000, segmentSize: 1000)
            for start in stride(from: 0, to: 2000, by: 10) { try log.append(lines(start..<(start + 10)), count: 10) }
            let names = try directory.names()
            #expect(names.count == 4)
            let sizes = try names.map { Int(try directory.status($0)?.size ?? 0) }
            #expect(sizes.reduce(0, +) <= 4000)
            var reader = RunLogReader(directory)
            let found = try read(&reader)
            #expect(found.last == "line 1999")
            #expect(found.count + reader.dropped == 2000)
        }
    }

    @Test func `a successor goes on in a file of its own`() throws {
        try withTemporaryDirectory { directory in
            var first = try RunLog(in: directory)
            try first.append(lines(0..<1), count: 1)
            var second = try RunLog(in: directory)
            try second.append(lines(1..<2), count: 1)
            #expect(try directory.names().sorted() == ["log-000001-0", "log-000002-0"])
            var reader = RunLogReader(directory)
            #expect(try read(&reader) == ["line 0", "line 1"])
        }
    }

    @Test func `other files are none of it`() throws {
        try withTemporaryDirectory { directory in
            for name in ["log-", "log-a-0", "log-0-0", "log-1", "log-1-2-3", "journal", "log--1-0"] {
                try directory.openForAppending(name).writeAll(Array("x\n".utf8))
            }
            #expect(try RunLogSegment.all(in: directory).isEmpty)
            var log = try RunLog(in: directory)
            try log.append(lines(0..<1), count: 1)
            #expect(try RunLogSegment.all(in: directory).count == 1)
        }
    }
}
