import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

@Suite struct FormatFuzzTests {
    private static let lines: [[UInt8]] = (FormatCorpus.recorded + FormatCorpus.documented).flatMap { stream in
        stream.records.flatMap { record in record.lines.map { Array($0.utf8) } }
    }

    /// Pieces that recognisers react to.
    private static let pieces: [[UInt8]] = [
        "ERROR", "[", "]", "{", "}", "\"", "\\", ":", " ", "=", "2026-11-28T08:00:00Z", "08:00:00", "<3>", " - ",
        "line 3.",
        "999999999999999999999", "-1", "\t", "level=", "\"level\":", "@mt", "{x}", "\u{1B}[31m", "Nov 28 ", "é",
    ].map { Array($0.utf8) }

    /// Cuts, doublings, swaps and insertions of what loggers print.
    @Test(arguments: 0..<24)
    func `mutated lines are read without harm, and the level is the same in both ways`(seed: UInt64) {
        var random = SeededNumbers(state: seed &* 7919 + 1)
        var habits = StreamHabits()
        for _ in 0..<1500 {
            var line = Self.lines.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&line, &random) }
            let read = ReadLine(line)
            // The record is made of the line without its control characters, which may stand between JSON's members.
            let isClean = !line.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x1B }
            if line.count < LogLineParser.searchedLength, isClean {
                #expect(read.level == read.levelAlone, Comment(rawValue: String(decoding: line, as: UTF8.self)))
            }
            let record = line.withUnsafeBytes {
                ShownRecord(
                    LogRecord(
                        $0, from: .standardOutput, at: Timestamp(nanoseconds: 1_795_852_800_000_000_000), sequence: 0,
                        habits: &habits, localOffset: 7200))
            }
            #expect(record.body.utf8.count <= LogRecord.maximumBody + 3)
            #expect(record.attributes.count <= 2 * LogRecord.maximumAttributes + 3)
        }
    }

    private func mutate(_ line: inout [UInt8], _ random: inout SeededNumbers) {
        let place = Int.random(in: 0...line.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: line.removeSubrange(place..<min(line.count, place + Int.random(in: 1...9, using: &random)))
        case 1: line.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
        case 2: if place < line.count { line[place] = UInt8.random(in: 0...255, using: &random) }
        case 3: line.insert(contentsOf: line.prefix(place).suffix(20), at: place)
        default: line = Array(line.prefix(place)) + (Self.lines.randomElement(using: &random) ?? []).suffix(40)
        }
    }

    /// Each makes some recogniser look as far as it can: work that grew with the square of the length, or recursion with
    /// the nesting, would not end well.
    @Test(arguments: [
        "[", "{", "{\"a\":", "{\"log\":{", "{\"fields\":{", "{\"State\":{", "[{", "{\"resourceLogs\":[{\"scopeLogs\":[",
        "a=\"", "a=b ",
        "a={", "ERROR {", "2026-11-28T08:00:00.123456Z  INFO a{", "a{b=1}:", "[2026-11-28 08:00:00] a.ERROR: {", "{\"",
        "\\\"",
        "<3>1 - - - - - [", "[a b=\"", "{x}", "{{", "\"@mt\":\"{a}", " at x line ", "08:00:00 ", "127.0.0.1 - - [",
        "a:", "a.", "1", "I1128 ",
        "2026-11-28T08:00:00Z stdout F ", "error:", "[main] ", "Warning: in ", "\u{1B}[", "\u{1B}]",
    ])
    func `hostile lines of full length are read`(unit: String) {
        let length = LineAssembler.maximumLength
        var habits = StreamHabits()
        for start in [
            "", "{\"level\":\"info\",\"msg\":\"", "{\"level\":\"info\",\"a\":", "ERROR ", "2026-11-28 08:00:00 INFO ",
        ] {
            let line = Array((start + String(repeating: unit, count: length / unit.utf8.count)).utf8)
            let read = ReadLine(line)
            #expect(read.attributes.count <= 200)
            _ = line.withUnsafeBytes {
                ShownRecord(
                    LogRecord(
                        $0, from: .standardOutput, at: Timestamp(nanoseconds: 1_795_852_800_000_000_000), sequence: 0,
                        habits: &habits))
            }
        }
    }
}
