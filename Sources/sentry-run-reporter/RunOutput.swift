// The job's output as the reporter sees it: understood, journalled without its secrets, kept and sent.

import LinuxSystem
import OutputCapture
import RunOptions
import SentryProtocol
import Spool
import SupervisorLink

/// Follows both streams of the run and hands finished log containers on.
final class RunOutput {
    private var recorder: OutputRecorder
    private var journal: RunJournal?
    private var log: RunLog?
    /// Lines that the journal knows, of all; and which streams it says to be within a line.
    private var journalledLines = 0
    private var begunLines: [CapturedStream: Bool] = [:]
    private var keptBytes = 0
    /// Called with each finished container of logs.
    private let logs: (EnvelopeItem) -> Void
    /// Called with the exceptions that ended in what was just taken.
    var exceptions: ([RecognisedException]) -> Void = { _ in }
    /// Called once with a sentence when the journal cannot be written any more.
    private let trouble: (String) -> Void

    /// - Parameter home: where the journal and the records are kept; `nil` keeps none.
    init(
        plan: RunPlan, scrubber: Scrubber, home: RunHome?, batch: consuming LogBatch,
        logs: @escaping (EnvelopeItem) -> Void, trouble: @escaping (String) -> Void
    ) {
        let selection: LogSelection =
            switch plan.logs {
            case .all: .all
            case .warn: .warnings
            case .off: .none
            }
        recorder = OutputRecorder(
            tailLines: max(plan.maxBreadcrumbs, RunRecord.maximumLines), selection: selection, batch: batch,
            rateCap: RateCap(perSecond: plan.maxLogRate), recognisesExceptions: plan.exceptions, scrubber: scrubber,
            ignored: plan.ignoredLines, keepsLines: home != nil && plan.logs != .off)
        journal = home?.journal
        log = plan.logs == .off ? nil : home?.makeLog()
        self.logs = logs
        self.trouble = trouble
    }

    /// Lines seen so far, blank ones not counted.
    var totalLines: Int { recorder.totalLines }

    /// Lines of one stream so far, blank ones too.
    func lineCount(of stream: CapturedStream) -> Int { recorder.lineCount(of: stream) }

    /// When ``flushIfDue(_:)`` has something to do.
    var nextDeadline: MonotonicTime? { recorder.nextDeadline }

    /// Takes what a predecessor journalled: lines that it had already sent as logs only fill the tail.
    func replay(_ records: [JournalRecord]) {
        let sent = records.lastIndex { $0 == .logsFlushed } ?? -1
        var begun: Set<UInt8> = []
        for (index, record) in records.enumerated() {
            if case .lineBegun(let stream) = record { begun.insert(stream) }
            guard case .output(let stream, let time, let bytes) = record else { continue }
            begun.remove(stream)
            let items = bytes.withUnsafeBytes { feed($0, stream, Timestamp(nanoseconds: time)) }
            if index > sent { items.forEach(logs) }
            if index == sent {
                _ = recorder.finish(wall: Timestamp(nanoseconds: time), now: .now)
                handOnExceptions()
            }
        }
        for stream in begun { recorder.beginsWithinLine(captured(stream)) }
        // The predecessor kept what it journalled.
        _ = recorder.takeKeptLines()
        journalledLines = recorder.totalLines
    }

    /// Takes what the job wrote, as it arrived together.
    func take(_ frames: [CopyFrameReader.Frame]) {
        for (index, frame) in frames.enumerated() {
            let items = feed(frame.bytes, frame.stream.rawValue, Timestamp(nanoseconds: frame.wall))
            // Of a burst the journal gets the end, but nothing is sent that it does not know of, and nothing piles up here.
            guard !items.isEmpty || index == frames.count - 1 else { continue }
            record(newLines())
            keep()
            send(items)
        }
    }

    /// The lines that came, whole and without their secrets; of a burst the end. Of an unfinished line it is only said that
    /// it has begun: what makes a secret of it may be yet to come.
    private func newLines() -> [JournalRecord] {
        guard journal != nil else { return [] }
        var records: [JournalRecord] = []
        for line in recorder.lines(after: journalledLines, limit: RunJournal.keptOutput) {
            records.append(
                .output(
                    stream: journalled(line.stream), time: line.time.nanoseconds, bytes: line.bytes + [0x0A]))
            begunLines[line.stream] = false
        }
        journalledLines = recorder.totalLines
        for stream in CapturedStream.allCases where recorder.isWithinLine(stream) && begunLines[stream] != true {
            begunLines[stream] = true
            records.append(.lineBegun(stream: journalled(stream)))
        }
        return records
    }

    private func keep() {
        let kept = recorder.takeKeptLines()
        guard kept.count > 0, log != nil else { return }
        keptBytes += kept.bytes.count
        do {
            try log?.append(kept.bytes, count: kept.count)
        } catch {
            trouble("what the job says cannot be kept for `sentry-run logs`: \(error)")
            log = nil
        }
    }

    /// Whether enough was kept to make room for it.
    var keptMuch: Bool { keptBytes > 64 << 10 }

    func flushIfDue(_ now: MonotonicTime) {
        if let item = recorder.flush(ifDueAt: now) { send([item]) }
        handOnExceptions()
    }

    /// The end of the streams: unterminated lines count.
    func finish() {
        let wall = Timestamp(nanoseconds: wallClockNanoseconds())
        let items = recorder.finish(wall: wall, now: .now)
        handOnExceptions()
        keep()
        log?.close()
        log = nil
        send(items)
    }

    /// The last lines, oldest first.
    ///
    /// - Parameter counts: what is removed from them was not counted before.
    func tail(limit: Int, counts: Bool = false) -> [TailLine] { recorder.tail(limit: limit, counts: counts) }

    /// The last lines as breadcrumbs, oldest first.
    func breadcrumbs(limit: Int) -> [Breadcrumb] { recorder.breadcrumbs(limit: limit) }

    /// Lines that could have become logs and did not, since this was last called.
    func takeDiscards() -> DiscardCounts { recorder.takeDiscards() }

    /// Notes something that a successor must know.
    func note(fact: JSONValue) { record([.fact(fact.jsonBytes)]) }

    private func feed(_ bytes: UnsafeRawBufferPointer, _ stream: UInt8, _ wall: Timestamp) -> [EnvelopeItem] {
        defer { handOnExceptions() }
        return recorder.feed(bytes, from: captured(stream), wall: wall, now: .now)
    }

    private func captured(_ stream: UInt8) -> CapturedStream {
        stream == JobStream.error.rawValue ? .standardError : .standardOutput
    }

    private func journalled(_ stream: CapturedStream) -> UInt8 {
        stream == .standardError ? JobStream.error.rawValue : JobStream.output.rawValue
    }

    private func handOnExceptions() {
        let found = recorder.takeExceptions()
        if !found.isEmpty { exceptions(found) }
    }

    private func send(_ items: [EnvelopeItem]) {
        guard !items.isEmpty else { return }
        items.forEach(logs)
        record([.logsFlushed])
    }

    private func record(_ records: [JournalRecord]) {
        do {
            try journal?.append(records)
        } catch {
            trouble(
                "the run's journal cannot be written (\(error)); a reporter started anew would not know what was said")
            journal = nil
        }
    }
}
