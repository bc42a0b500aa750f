// The job's output as the reporter sees it: journalled first, then understood.

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
    /// Called with each finished container of logs.
    private let logs: (EnvelopeItem) -> Void
    /// Called with the exceptions that ended in what was just taken.
    var exceptions: ([RecognisedException]) -> Void = { _ in }
    /// Called once with a sentence when the journal cannot be written any more.
    private let trouble: (String) -> Void

    init(
        plan: RunPlan, batch: LogBatch, journal: RunJournal?,
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
            recognisesExceptions: plan.exceptions)
        self.journal = journal
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
        for (index, record) in records.enumerated() {
            guard case .output(let stream, let time, let bytes) = record else { continue }
            let items = bytes.withUnsafeBytes { feed($0, stream, Timestamp(nanoseconds: time)) }
            if index > sent { items.forEach(logs) }
            if index == sent {
                _ = recorder.finish(wall: Timestamp(nanoseconds: time), now: .now)
                handOnExceptions()
            }
        }
    }

    /// Takes what the job wrote, as it arrived together. Of a burst the journal gets the end.
    func take(_ frames: [CopyFrameReader.Frame]) {
        record(journalled(frames))
        for frame in frames { send(feed(frame.bytes, frame.stream.rawValue, Timestamp(nanoseconds: frame.wall))) }
    }

    private func journalled(_ frames: [CopyFrameReader.Frame]) -> [JournalRecord] {
        var room = RunJournal.keptOutput
        var records: [JournalRecord] = []
        for frame in frames.reversed() where room > 0 {
            let kept = Array(frame.bytes.suffix(room))
            room -= kept.count
            records.append(.output(stream: frame.stream.rawValue, time: frame.wall, bytes: kept))
        }
        return records.reversed()
    }

    func flushIfDue(_ now: MonotonicTime) {
        if let item = recorder.flush(ifDueAt: now) { send([item]) }
        handOnExceptions()
    }

    /// The end of the streams: unterminated lines count.
    func finish() {
        let wall = Timestamp(nanoseconds: wallClockNanoseconds())
        send(recorder.finish(wall: wall, now: .now))
        handOnExceptions()
        // Each is a log of its own, too.
        send(recorder.finish(wall: wall, now: .now))
    }

    /// The last lines, oldest first.
    func tail(limit: Int) -> [TailLine] { recorder.tail(limit: limit) }

    /// The last lines as breadcrumbs, oldest first.
    func breadcrumbs(limit: Int) -> [Breadcrumb] { recorder.breadcrumbs(limit: limit) }

    /// Lines that could have become logs and did not, since this was last called.
    func takeDiscards() -> DiscardCounts { recorder.takeDiscards() }

    /// Notes something that a successor must know.
    func note(fact: JSONValue) { record([.fact(fact.jsonBytes)]) }

    private func feed(_ bytes: UnsafeRawBufferPointer, _ stream: UInt8, _ wall: Timestamp) -> [EnvelopeItem] {
        let captured: CapturedStream = stream == JobStream.error.rawValue ? .standardError : .standardOutput
        defer { handOnExceptions() }
        return recorder.feed(bytes, from: captured, wall: wall, now: .now)
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
