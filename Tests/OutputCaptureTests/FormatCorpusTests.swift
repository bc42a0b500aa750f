import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

/// What our reading of a stream's lines is compared with: what the loggers were told.
@Suite struct FormatCorpusTests {
    @Test func `the corpora are there`() {
        #expect(FormatCorpus.recorded.count > 50)
        #expect(FormatCorpus.documented.count > 20)
    }

    @Test(arguments: FormatCorpus.recorded)
    func `what a real logger printed is read as what it was told`(stream: ToldStream) { check(stream) }

    @Test(arguments: FormatCorpus.documented)
    func `what documentation shows is read as it says`(stream: ToldStream) { check(stream) }

    /// The first pass lets the stream show its habits, as a job's first lines do.
    private func check(_ stream: ToldStream) {
        var habits = StreamHabits()
        for _ in 0..<2 { for record in stream.records { _ = read(record, &habits) } }
        for record in stream.records where !record.isForeign { check(record, read(record, &habits)) }
    }

    private func read(_ record: ToldRecord, _ habits: inout StreamHabits) -> ShownRecord {
        let arrival = Timestamp(nanoseconds: Int64(record.arrival * 1e9))
        let header =
            record.lines.count < 2
            ? nil
            : Array(record.lines[0].utf8).withUnsafeBytes {
                HeldHeader($0, flags: [], wall: arrival, now: MonotonicTime(nanoseconds: 0))
            }
        if record.lines.count > 1 { #expect(header != nil, "the first line announces a second") }
        return Array((record.lines.last ?? "").utf8).withUnsafeBytes { line in
            if let header { #expect(header.accepts(line)) }
            return ShownRecord(
                LogRecord(
                    line, from: .standardError, at: arrival, sequence: 0, under: header, habits: &habits,
                    localOffset: record.localOffset))
        }
    }

    private func check(_ told: ToldRecord, _ read: ShownRecord) {
        let line = Comment(rawValue: told.lines.joined(separator: "\n"))
        #expect(read.level.name == told.level ?? "info", line)
        if let message = told.message { #expect(read.body == message, line) }
        if let times = told.times {
            let time = Double(read.timestamp.nanoseconds) / 1e9
            #expect(read.timestamp.nanoseconds != Int64(told.arrival * 1e9), "the line's own time")
            #expect(times.contains(time), line)
        }
        for member in told.attributes {
            let found = read[member.name]
            #expect(found != nil, "\(member.name) of \(line)")
            if member.value != .null { #expect(found == attribute(member.value), "\(member.name) of \(line)") }
        }
        if let template = told.template {
            #expect(read.attributes.contains { $0 == ("sentry.message.template", .string(template)) }, line)
        }
        for member in told.parameters {
            let found = read["sentry.message.parameter." + member.name]
            #expect(found == attribute(member.value), line)
        }
    }

    private func attribute(_ value: JSONValue) -> LogAttribute? {
        switch value {
        case .bool(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .number(let value): .double(value)
        case .string(let value): .string(value)
        default: nil
        }
    }

    /// The level decides before the record is made which lines become one: both must say the same.
    @Test(arguments: FormatCorpus.recorded + FormatCorpus.documented)
    func `the level alone is the record's level`(stream: ToldStream) {
        for record in stream.records where record.lines.count == 1 {
            let read = ReadLine(record.lines[0])
            #expect(read.level == read.levelAlone, Comment(rawValue: record.lines[0]))
        }
    }

    @Test func `ordinary text says nothing of levels, and stays whole`() throws {
        let text = try readSmallFile(FormatCorpus.folder + "/ordinary.txt", limit: 1 << 20)
        let lines = text.split(separator: 0x0A)
        #expect(lines.count > 300)
        var habits = StreamHabits()
        for line in lines {
            let bytes = Array(line)
            let shown = Comment(rawValue: String(decoding: bytes, as: UTF8.self))
            #expect(bytes.withUnsafeBytes { LogLineParser.level(of: $0) } == nil, shown)
            let record = bytes.withUnsafeBytes {
                ShownRecord(
                    LogRecord(
                        $0, from: .standardOutput, at: Timestamp(nanoseconds: 1_795_852_800_000_000_000), sequence: 0,
                        habits: &habits))
            }
            #expect(record.level == .info, shown)
            #expect(record.attributes.count == 1, shown)
            #expect(
                record.body
                    == bytes.withUnsafeBytes { Scrubber().scrub(LineText.string(LineText.cleaned($0), limit: 8192)) },
                shown)
        }
    }
}
