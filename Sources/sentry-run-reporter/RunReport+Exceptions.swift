// Exceptions that the job printed: which one the run failed of, and what becomes of the others.

import CrashReporting
import LinuxSystem
import OutputCapture
import SentryProtocol
import SourceFiles

/// The exceptions of one run, equal ones once.
struct RunExceptions {
    /// In the order in which they were printed last.
    fileprivate(set) var seen: [SeenException] = []
    /// Events of their own.
    fileprivate(set) var sentEvents = 0
    /// Those that the limit kept from having one, repeats not counted.
    fileprivate(set) var notSent = 0

    /// Different ones that are remembered.
    private static let mostRemembered = 64

    fileprivate mutating func add(_ exception: RecognisedException, at now: MonotonicTime) {
        let identity = ExceptionGrouping.identity(exception.chain(ExceptionEvent.mechanism(handled: true)))
        if let index = seen.firstIndex(where: { $0.identity == identity }) {
            var again = seen.remove(at: index)
            again.exception = exception
            again.count += 1
            again.time = now
            seen.append(again)
        } else {
            if seen.count >= Self.mostRemembered { seen.removeFirst() }
            seen.append(SeenException(exception: exception, identity: identity, time: now))
        }
    }
}

/// An exception, and how often it was printed.
struct SeenException {
    /// The last time.
    fileprivate(set) var exception: RecognisedException
    fileprivate let identity: [String]
    fileprivate(set) var count = 1
    fileprivate(set) var eventID: EventID?
    fileprivate var time: MonotonicTime
    fileprivate(set) var isCause = false
    /// The limit has kept it from having an event.
    fileprivate var isLeftOut = false

    fileprivate init(exception: RecognisedException, identity: [String], time: MonotonicTime) {
        self.exception = exception
        self.identity = identity
        self.time = time
    }
}

extension RunReport {
    /// An exception that may be what the run fails of waits for its end this long before it is sent as one that the program
    /// outlived.
    private static let captureDelay: Int64 = 10_000_000_000

    func recognised(_ found: [RecognisedException]) {
        let now = MonotonicTime.now
        for exception in found { exceptions.add(exception, at: now) }
    }

    // MARK: The cause

    /// For the verdict: in the order of ``RunExceptions/seen``.
    var exceptionEvidence: [ReportedException] {
        exceptions.seen.map { seen in
            let exception = seen.exception
            return ReportedException(
                title: exception.title, fate: exception.fate,
                linesAfter: max(0, output.lineCount(of: exception.stream) - exception.lines.upperBound),
                rank: exception.rank.rawValue)
        }
    }

    func markCause(_ judged: JudgedRun) {
        guard let index = judged.verdict.exception, exceptions.seen.indices.contains(index) else { return }
        exceptions.seen[index].isCause = true
        exceptions.seen[index].eventID = setting.identity.eventID
    }

    /// The run's own event tells of the exception that it failed of.
    func describeException(_ judged: JudgedRun, in event: inout Event) {
        guard let index = judged.verdict.exception, exceptions.seen.indices.contains(index) else { return }
        let exception = exceptions.seen[index].exception
        let content = content(exception, handled: false, description: judged.verdict.summary)
        ExceptionEvent.attach(content, to: &event)
    }

    // MARK: The others

    /// When ``captureIfDue(_:)`` has something to do.
    var captureDeadline: MonotonicTime? {
        guard setting.plan.captureErrors else { return nil }
        return exceptions.seen.filter(\.isToBeCaptured).map { $0.time.nanoseconds + Self.captureDelay }.min()
            .map { MonotonicTime(nanoseconds: $0) }
    }

    /// Events that ``captureRemaining()`` will send.
    var plannedCaptures: Int {
        guard setting.plan.captureErrors else { return 0 }
        let waiting = exceptions.seen.count { $0.isToBeCaptured }
        return min(waiting, max(0, setting.plan.maxCapturedErrors - exceptions.sentEvents))
    }

    /// Sends the exceptions that the program has outlived.
    func captureIfDue(_ now: MonotonicTime) {
        guard let due = captureDeadline, now >= due else { return }
        capture { $0.time.nanoseconds + Self.captureDelay <= now.nanoseconds }
        startCourier()
    }

    /// At the run's end: all but the one that it failed of.
    func captureRemaining() {
        capture { _ in true }
        guard exceptions.notSent > 0 else { return }
        facts.notes.append(
            "\(exceptions.notSent) more exceptions have no event of their own (--max-captured-errors "
                + "\(setting.plan.maxCapturedErrors))")
    }

    private func capture(_ isDue: (SeenException) -> Bool) {
        guard setting.plan.captureErrors else { return }
        for index in exceptions.seen.indices
        where exceptions.seen[index].isToBeCaptured && isDue(exceptions.seen[index]) {
            guard exceptions.sentEvents < setting.plan.maxCapturedErrors else {
                exceptions.notSent += 1
                exceptions.seen[index].isLeftOut = true
                continue
            }
            send(index)
        }
    }

    private func send(_ index: Int) {
        let seen = exceptions.seen[index]
        let id = setting.identity.id("exception \(exceptions.sentEvents)")
        exceptions.seen[index].eventID = id
        guard isSampled else { return discards.add(.sampleRate, .error) }
        let content = content(seen.exception, handled: seen.exception.ending != .ended, description: nil)
        var event = ExceptionEvent.make(content, job: setting.name, id: id, timestamp: seen.exception.time)
        event.contexts["output"] = [
            "stream": .string(seen.exception.stream.name), "line": .integer(Int64(seen.exception.lines.lowerBound)),
            "times": .integer(Int64(seen.count)),
        ]
        complete(&event, spanStatus: nil)
        guard let item = admitted(event) else { return }
        exceptions.sentEvents += 1
        sink.accept(setting.envelope([item], eventID: id))
    }

    /// Those that an event is not about are steps to it.
    func exceptionBreadcrumbs(besides id: EventID) -> [Breadcrumb] {
        exceptions.seen.filter { $0.eventID != id }.map { seen in
            Breadcrumb(
                timestamp: seen.exception.time, category: "exception", level: .error, message: seen.exception.title,
                type: "error", data: seen.count > 1 ? ["times": .integer(Int64(seen.count))] : [:])
        }
    }

    /// For the run's record, the one that it failed of last.
    var recordedExceptions: [RecordedException] {
        let all = exceptions.seen.suffix(RecordedException.mostRecorded)
        return (all.filter { !$0.isCause } + all.filter(\.isCause)).map { seen in
            let exception = seen.exception
            return RecordedException(
                platform: exception.platform, isCause: seen.isCause, count: seen.count, stream: exception.stream.name,
                time: exception.time, chain: content(exception, handled: !seen.isCause, description: nil).chain,
                eventID: seen.isCause ? sentEvent?.description : seen.eventID?.description)
        }
    }

    // MARK: What the wire has

    private func content(_ exception: RecognisedException, handled: Bool, description: String?)
        -> ExceptionEvent.Content
    {
        var chain = exception.chain(ExceptionEvent.mechanism(handled: handled, description: description))
        let rules = InAppRules(setting.plan, executable: "")
        for index in chain.indices {
            guard var trace = chain[index].stackTrace else { continue }
            complete(&trace.frames, rules, at: exception.time)
            chain[index].stackTrace = trace
        }
        let threads = exception.threads.map { thread in
            var frames = thread.frames
            complete(&frames, rules, at: exception.time)
            return ThreadRecord(
                id: thread.id, name: thread.name, crashed: thread.isCrashed ? true : nil,
                current: thread.isCrashed ? true : nil, state: thread.state, stackTrace: StackTrace(frames: frames))
        }
        return ExceptionEvent.Content(platform: exception.platform, chain: chain, threads: threads)
    }

    private func complete(_ frames: inout [Frame], _ rules: InAppRules, at time: Timestamp) {
        for index in frames.indices {
            if let decided = rules.override(frames[index]) { frames[index].inApp = decided }
        }
        // The wire keeps the oldest 50 frames and the newest 200; source lines are for those nearest to the failure.
        for index in frames.indices.suffix(Self.framesWithSource) {
            sources.complete(&frames[index], directory: setting.workingDirectory, at: time)
        }
    }

    private static let framesWithSource = 50
}

extension SeenException {
    fileprivate var isToBeCaptured: Bool { eventID == nil && !isCause && !isLeftOut }
}

extension RecognisedException {
    fileprivate var fate: ReportedException.Fate {
        switch ending {
        case .ended: .ended
        case .unknown: .unknown
        case .survived: .wentOn
        }
    }
}
