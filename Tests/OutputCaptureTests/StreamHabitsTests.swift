import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

/// Reads the lines as one stream; what each was taken to say.
private func messages(_ lines: [String]) -> [String] {
    var habits = StreamHabits()
    let arrival = Timestamp(nanoseconds: 1_795_852_801_000_000_000)
    return lines.map { line in
        Array(line.utf8).withUnsafeBytes {
            ShownRecord(LogRecord($0, from: .standardOutput, at: arrival, sequence: 0, habits: &habits)).body
        }
    }
}

private func recorded(_ text: String, selection: LogSelection = .all) throws -> [JSONValue] {
    var recorder = OutputRecorder(
        tailLines: 0, selection: selection,
        batch: LogBatch(traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: nil))
    let wall = Timestamp(nanoseconds: 1_795_852_801_000_000_000)
    var items = Array(text.utf8).withUnsafeBytes {
        recorder.feed($0, from: .standardOutput, wall: wall, now: MonotonicTime(nanoseconds: 1))
    }
    items += recorder.finish(wall: wall, now: MonotonicTime(nanoseconds: 2))
    return try items.flatMap { try JSONValue(parsing: $0.payload)["items"]?.array ?? [] }
}

@Suite struct StreamHabitsTests {
    @Test func `a name before a colon is the logger's once the stream has kept to it`() {
        let lines = (0..<5).map { "2026-11-28 08:00:00 ERROR importer: row \($0)" }
        #expect(messages(lines) == ["importer: row 0", "importer: row 1", "importer: row 2", "row 3", "row 4"])
    }

    @Test func `once is prose`() {
        #expect(
            messages(["ERROR Failed: no", "INFO started", "ERROR Failed: no"]) == [
                "Failed: no", "started", "Failed: no",
            ])
        #expect(messages(["ERROR:cannot:x"]) == ["cannot:x"])
    }

    @Test func `a stream that stops keeping to it is believed less`() {
        var lines = (0..<3).map { "ERROR importer: row \($0)" }
        lines += Array(repeating: "ERROR something else", count: 3)
        lines.append("ERROR Failed: no")
        #expect(messages(lines).last == "Failed: no")
    }

    @Test func `a bare clock leaves the message when all lines have one`() {
        #expect(
            messages(Array(repeating: "08:00:00 step", count: 4)) == [
                "08:00:00 step", "08:00:00 step", "08:00:00 step", "step",
            ])
        #expect(messages(["12:30 lunch", "and more", "12:30 lunch"]) == ["12:30 lunch", "and more", "12:30 lunch"])
    }

    @Test func `a header and the lines under it are records of its level and logger`() throws {
        let records = try recorded("fail: App.Shop[0]\n      broken\n      System.Exception: x\nplain\n")
        #expect(records.map { $0["body"]?.string } == ["broken", "System.Exception: x", "plain"])
        #expect(records.map { $0["level"]?.string } == ["error", "error", "info"])
        #expect(records[1]["attributes"]?["logger.name"]?["value"]?.string == "App.Shop")
        #expect(try recorded("fail: App.Shop[0]\n      broken\n", selection: .warnings).count == 1)
    }

    @Test func `a header that nothing follows is a record of its own`() throws {
        #expect(
            try recorded("info: App.Shop[0]\nplain\n").map { $0["body"]?.string } == ["info: App.Shop[0]", "plain"])
        #expect(
            try recorded("Nov 28, 2026 8:00:00 AM org.app.Main run").map { $0["body"]?.string }
                == ["Nov 28, 2026 8:00:00 AM org.app.Main run"])
    }

    @Test func `two lines of java.util.logging are one record`() throws {
        let records = try recorded("Nov 28, 2026 8:00:00 AM org.app.Main run\nSEVERE: broken\n", selection: .warnings)
        #expect(records.map { $0["body"]?.string } == ["broken"])
        #expect(records.first?["attributes"]?["code.function.name"]?["value"]?.string == "org.app.Main.run")
        #expect(records.first?["timestamp"]?.number == 1_795_852_800)
    }

    @Test func `a held header is due after five seconds`() throws {
        var recorder = OutputRecorder(
            tailLines: 0, selection: .all,
            batch: LogBatch(traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: nil))
        let wall = Timestamp(nanoseconds: 1_795_852_801_000_000_000)
        _ = Array("info: App.Shop[0]\n".utf8).withUnsafeBytes {
            recorder.feed($0, from: .standardOutput, wall: wall, now: MonotonicTime(nanoseconds: 0))
        }
        #expect(recorder.nextDeadline == MonotonicTime(nanoseconds: 5_000_000_000))
        #expect(recorder.flush(ifDueAt: MonotonicTime(nanoseconds: 5_000_000_000)) == nil)
        #expect(recorder.flush(ifDueAt: MonotonicTime(nanoseconds: 10_000_000_000))?.itemCount == 1)
        #expect(recorder.nextDeadline == nil)
    }
}
