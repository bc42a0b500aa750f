// What Java and Node print of an exception has its title above the first frame: all of it is one record.

import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

@Suite struct ExceptionTitleTests {
    /// The bodies of the records that a stream's pieces make, each piece read at once.
    private func bodies(_ pieces: [String], pause: Bool = false) throws -> [String] {
        let trace = try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe"))
        var recorder = OutputRecorder(
            tailLines: 10, selection: .all, batch: LogBatch(traceID: trace, spanID: nil), keepsLines: true)
        var kept: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            let now = MonotonicTime(nanoseconds: Int64(index) * 1_000_000)
            Array(piece.utf8).withUnsafeBytes {
                _ = recorder.feed($0, from: .standardOutput, wall: Timestamp(nanoseconds: 1_795_234_329), now: now)
            }
            kept += recorder.takeKeptLines().bytes
        }
        _ = recorder.finish(wall: Timestamp(nanoseconds: 1_795_234_329), now: MonotonicTime(nanoseconds: 1 << 40))
        kept += recorder.takeKeptLines().bytes
        return try kept.split(separator: 0x0A).map { line in
            try #require(line.withUnsafeBytes { try JSONValue(parsing: $0) }["body"]?.string)
        }
    }

    private static let java = """
        java.lang.IllegalStateException: not ready
        \tat com.acme.Main.run(Main.java:10)
        \tat com.acme.Main.main(Main.java:3)
        """
    private static let node = """
        TypeError: cannot read
        second line: x
            at load (/app/load.js:3:7)
            at /app/main.js:12:1
        """
    private static let dotNet = """
        System.InvalidOperationException: no stock
           at Shop.Cart.Add(String item) in /src/Cart.cs:line 12
           at Shop.Program.Main() in /src/Program.cs:line 3
        """

    private static let thread = """
        Exception in thread worker-1:
        Traceback (most recent call last):
          File "/app/work.py", line 5, in work
            raise LookupError("no work")
        LookupError: no work
        """

    @Test func whatPythonSaysOfAThreadIsAboveItsTraceback() throws {
        let lines = Self.thread.split(separator: "\n").map { $0 + "\n" }
        #expect(try bodies(["before\n" + lines.joined()]) == ["before", Self.thread])
        // More of the exception may follow for a while, so what comes behind it may be a record before.
        #expect(try bodies(lines.map(String.init) + ["after\n"]) == ["after", Self.thread])
    }

    @Test(arguments: [java, node, dotNet]) func titleAndFramesAreOneRecord(trace: String) throws {
        let lines = trace.split(separator: "\n").map { $0 + "\n" }
        let expected = ["before", trace, "after"]
        #expect(try bodies(["before\n" + lines.joined() + "after\n"]) == expected)
        #expect(try bodies(["before\n"] + lines.map(String.init) + ["after\n"]) == expected)
    }

    @Test func aTitleWithoutFramesIsARecordInItsPlace() throws {
        let lines = ["Error: no such table"] + (1...20).map { "line \($0)" }
        #expect(try bodies(lines.map { $0 + "\n" }) == lines)
        #expect(try bodies([lines.map { $0 + "\n" }.joined()]) == lines)
        #expect(try bodies(["Error: the last\n"]) == ["Error: the last"])
    }

    @Test func aTitleWaitsNoLongerThanAnException() throws {
        let trace = try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe"))
        var recorder = OutputRecorder(
            tailLines: 10, selection: .all, batch: LogBatch(traceID: trace, spanID: nil), keepsLines: true)
        Array("Error: no such table\n".utf8).withUnsafeBytes {
            _ = recorder.feed(
                $0, from: .standardError, wall: Timestamp(nanoseconds: 1_795_234_329),
                now: MonotonicTime(nanoseconds: 5))
        }
        let early = recorder.takeKeptLines().count
        #expect(early == 0)
        let next = recorder.nextDeadline
        let deadline = try #require(next)
        #expect(deadline.nanoseconds == 5 + ExceptionDetector.patience)
        _ = recorder.flush(ifDueAt: deadline)
        let late = recorder.takeKeptLines().count
        #expect(late == 1)
    }

    @Test func oneTitleAfterTheOther() throws {
        let lines = ["Error: first", "java.io.IOException: second", "x"]
        #expect(try bodies(lines.map { $0 + "\n" } + [Self.java + "\n"]) == lines + [Self.java])
    }
}
