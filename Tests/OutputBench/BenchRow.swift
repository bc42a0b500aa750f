// What is measured: each row does more of the work than the one before it.

import LinuxSystem
import OutputCapture
import SentryProtocol

enum BenchRow: String, CaseIterable {
    /// Bytes → lines.
    case split
    /// Lines → levels, which every line gets.
    case level
    /// Lines → lines without secrets and personal data, as every record and breadcrumb gets it.
    case scrub
    /// Every line → what it says, without scrubbing.
    case parse
    /// Every line → a record, as it is before the rate cap has a say.
    case record
    /// Every line → a record in its batch, and in the file of this host.
    case batch
    /// Everything the reporter does with output: tail, levels, the rate cap, records, batches.
    case recorder
    /// The same without looking for exceptions.
    case recorderAlone = "recorder-alone"
    /// What is done where lines do not become records (`--logs off`): the tail and exceptions.
    case quiet
    /// The same without looking for exceptions.
    case quietAlone = "quiet-alone"

    /// Passes over the text in pieces as a pipe gives them.
    ///
    /// - Returns: something that depends on all the work: lines, or records.
    func run(over text: [UInt8]) -> Int {
        switch self {
        case .split: return countLines(text) { _, _ in 1 }
        case .level: return countLines(text) { line, _ in LogLineParser.level(of: line) == .fatal ? 2 : 1 }
        case .scrub:
            let scrubber = Scrubber(ScrubRules(removesPersonalData: true))
            return countLines(text) { line, _ in scrubber.scrubbed(line) == nil ? 1 : 2 }
        case .parse: return countLines(text) { line, _ in LogLineParser.parse(line).attributes.count + 1 }
        case .record:
            let scrubber = Scrubber(ScrubRules(removesPersonalData: true))
            var habits = StreamHabits()
            return countLines(text) { line, flags in
                let record = LogRecord(
                    line, flags: flags, from: .standardOutput, at: Self.arrival, sequence: 0, habits: &habits,
                    scrubber: scrubber)
                return record.attributesJSON.isEmpty ? 0 : 1
            }
        case .batch: return recordedLines(text, .all, recognisesExceptions: false, cap: RateCap(perSecond: nil))
        case .recorder: return recordedLines(text, .all, recognisesExceptions: true)
        case .recorderAlone: return recordedLines(text, .all, recognisesExceptions: false)
        case .quiet: return recordedLines(text, .none, recognisesExceptions: true)
        case .quietAlone: return recordedLines(text, .none, recognisesExceptions: false)
        }
    }

    private static let arrival = Timestamp(nanoseconds: 1_795_234_329_000_000_000)
    private static let pieceSize = 64 * 1024

    private func countLines(_ text: [UInt8], _ body: (UnsafeRawBufferPointer, LineFlags) -> Int) -> Int {
        var assembler = LineAssembler()
        var count = 0
        eachPiece(text) { piece in assembler.feed(piece) { count += body($0, $1) } }
        assembler.finish { count += body($0, $1) }
        return count
    }

    private func recordedLines(
        _ text: [UInt8], _ selection: LogSelection, recognisesExceptions: Bool, cap: RateCap = RateCap()
    ) -> Int {
        guard let trace = TraceID("8f431b7aa08441bbbd5a0100fd91f9fe") else { return 0 }
        var recorder = OutputRecorder(
            tailLines: 100, selection: selection, batch: LogBatch(traceID: trace, spanID: nil),
            rateCap: cap, recognisesExceptions: recognisesExceptions,
            scrubber: Scrubber(ScrubRules(removesPersonalData: true)), keepsLines: true)
        eachPiece(text) {
            _ = recorder.feed($0, from: .standardOutput, wall: Self.arrival, now: .now)
            _ = recorder.takeKeptLines()
        }
        _ = recorder.finish(wall: Self.arrival, now: .now)
        return recorder.totalLines
    }

    private func eachPiece(_ text: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        text.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: Self.pieceSize) {
                body(UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + Self.pieceSize)]))
            }
        }
    }
}
