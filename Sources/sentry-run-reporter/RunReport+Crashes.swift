// Processes of the job that died of a signal, or stood still: each told as soon as its stacks are there.

import CrashReporting
import HostContext
import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol
import Spool
import SupervisorLink

/// The processes of one run that were read.
struct RunCrashes {
    /// The first ones, in the order in which their stacks were ready, for the record.
    fileprivate(set) var recorded: [RecordedCrash] = []
    /// Events of their own: children's crashes, hangs.
    fileprivate(set) var sentEvents = 0
    /// The job's own fatal signal: told by the run's event.
    fileprivate(set) var ofJob: RecordedCrash?
    /// Read as `--timeout` passed, before the TERM, and before the KILL.
    fileprivate var timedOut: [RecordedCrash] = []
    fileprivate var timedOutAtKill: [RecordedCrash] = []
    /// Read as `--hang-timeout` passed, and not told yet.
    fileprivate var hanging: [RecordedCrash] = []
    fileprivate(set) var hang: Int64?
    /// Children that a signal ended, oldest first.
    fileprivate(set) var childDeaths: [Evidence.ChildDeath] = []

    fileprivate static let mostRecorded = 20
}

extension RunReport {
    /// A process was read, and its stacks are there (or will never be).
    func backtraced(_ result: SnapshotQueue.Backtraced) {
        guard !isSettled, let snapshot = result.snapshot else { return }
        let crash = recorded(result, snapshot)
        switch crash.facts.reason {
        case .fatalSignal where crash.facts.isJob: keep(crash) { $0.ofJob = crash }
        case .fatalSignal:
            crashes.childDeaths.append(Evidence.ChildDeath(crash.facts))
            tell(crash)
        case .timeout: keep(crash) { $0.timedOut.append(crash) }
        case .timeoutKill: keep(crash) { $0.timedOutAtKill.append(crash) }
        case .hang: crashes.hanging.append(crash)
        }
    }

    /// All processes of a job that hangs were read: one event tells of the one that matters.
    func reportHang() {
        guard let subject = crashes.hanging.first(where: { !$0.stacks.waitsForChild }) ?? crashes.hanging.first
        else { return }
        crashes.hang = setting.plan.hangTimeout
        let others = crashes.hanging.filter { $0.facts.process != subject.facts.process }
        crashes.hanging = []
        tell(subject, beside: others)
        for other in others { keep(other) { _ in } }
    }

    /// An event shows one process: the stacks of all that were read go with it as text.
    func stacksAttachment(_ judged: JudgedRun) -> [EnvelopeItem] {
        judged.verdict.kind == .timedOut ? Self.attachment(of: crashes.timedOut + crashes.timedOutAtKill) : []
    }

    private static func attachment(of all: [RecordedCrash]) -> [EnvelopeItem] {
        guard all.count > 1 else { return [] }
        let text = all.map { CrashText($0, paint: { $1 }).lines.joined(separator: "\n") }.joined(separator: "\n\n")
        return [.attachment(filename: "stacks.txt", contentType: "text/plain", payload: Array((text + "\n").utf8))]
    }

    /// The run's own event gets the stacks of what it is about.
    func describeCrash(_ judged: JudgedRun, in event: inout Event) {
        let timedOut = crashes.timedOut.first { !$0.stacks.waitsForChild } ?? crashes.timedOut.first
        if let crash = crashes.ofJob ?? (judged.verdict.kind == .timedOut ? timedOut : nil) {
            let process = event.contexts["process"]
            CrashEvent.attach(crash, to: &event, rules: InAppRules(setting.plan, executable: crash.facts.executable))
            event.contexts["process"] = merged(process, event.contexts["process"])
        } else if case .crashed = judged.verdict.kind {
            event.contexts["crash"] = ["stacks": .string("none: \(reasonForNoStacks)")]
            if tracing?.mode != .reduced, tracing?.mode != .letGo {
                facts.notes.append("there are no stacks: \(reasonForNoStacks)")
            }
        }
    }

    /// Counts the job's deaths at its start over its runs; a crash loop is named as one.
    func countStartupCrash(_ judged: JudgedRun, in event: inout Event) {
        guard let home else { return }
        let key = CrashLoop.key(job: setting.name, command: setting.command.first ?? "")
        var loop: CrashLoop?
        do throws(SystemError) {
            try CrashLoopStore(home.state).update(key) { kept in
                loop = CrashLoop.advance(
                    kept.flatMap { CrashLoop(parsing: $0) }, judged.verdict, fingerprint: event.fingerprint,
                    at: facts.ended)
                return loop?.jsonBytes
            }
        } catch {
            note("startup crashes cannot be counted: \(error)")
        }
        loop?.mark(&event)
        if let clause = loop?.clause { facts.notes.append(clause) }
    }

    // MARK: One process

    private func recorded(_ result: SnapshotQueue.Backtraced, _ snapshot: ProcessSnapshot) -> RecordedCrash {
        var facts = ProcessCrash(snapshot, result.notice, job: jobProcess, scrubber: setting.scrubber)
        var stacks = CrashStacks()
        switch result.stacks {
        case .success(let answer): stacks = answer
        case .failure(let failure): stacks.notes = ["there are no stacks: \(failure)"]
        }
        stacks.notes = stacks.notes.map { setting.scrubber.scrub($0) }
        facts.explain(stacks, maps: snapshot.maps, errorLines: errorLines)
        InAppRules(setting.plan, executable: facts.executable).mark(&stacks)
        return RecordedCrash(facts: facts, stacks: stacks)
    }

    private var errorLines: [String] {
        output.tail(limit: 200).filter { $0.stream == .standardError }.map(\.text)
    }

    private func keep(_ crash: RecordedCrash, _ change: (inout RunCrashes) -> Void) {
        if crashes.recorded.count < RunCrashes.mostRecorded { crashes.recorded.append(crash) }
        change(&crashes)
    }

    /// As an event of its own, in the run's trace.
    private func tell(_ crash: RecordedCrash, beside others: [RecordedCrash] = []) {
        var crash = crash
        defer { keep(crash) { _ in } }
        guard isSampled else { return discards.add(.sampleRate, .error) }
        let id = setting.identity.id("crash \(crashes.sentEvents)")
        var event = CrashEvent.make(
            crash, job: setting.name, rules: InAppRules(setting.plan, executable: crash.facts.executable), id: id)
        complete(&event, spanStatus: nil)
        guard let item = admitted(event) else { return }
        let stacks = others.isEmpty ? [] : Self.attachment(of: [crash] + others)
        sink.accept(setting.envelope([item] + stacks, eventID: id))
        crashes.sentEvents += 1
        crash.eventID = id.description
        startCourier()
    }

    // MARK: Why not

    private var reasonForNoStacks: String { tracingGap ?? "the fatal signal was not seen by the tracer" }

    /// What tracing did not see, if anything; a clause.
    private var tracingGap: String? {
        guard let tracing else { return "the job was not traced" }
        switch tracing.mode {
        case .off: return "the job was not traced (--trace off)"
        case .refused: return "tracing was refused: \(tracing.detail)"
        case .reduced, .letGo:
            let loss =
                tracing.processesLetGo == 0
                ? "new processes were traced no more" : "\(tracing.processesLetGo) processes were let go of"
            let detail = tracing.detail.isEmpty ? "" : ": " + tracing.detail
            let cost = "the job had stood still for \(tracing.stoppedNanoseconds / 1_000_000) ms to be traced"
            return "\(cost), which is its budget (--trace-budget): \(loss)\(detail)"
        case .tree, .main: return tracing.detail.isEmpty ? nil : tracing.detail
        }
    }

    /// Says in the event and the record what was not looked at, where that may be why something is missing.
    func describeTracing(_ judged: JudgedRun, in event: inout Event) {
        guard let tracing, tracing.mode != .off, let gap = tracingGap else { return }
        event.contexts["tracing"] = [
            "summary": .string(gap), "stopped_ms": .number(Double(tracing.stoppedNanoseconds / 1000) / 1000),
            "processes_let_go": .integer(Int64(tracing.processesLetGo)),
        ]
    }

    func noteTracing() {
        guard let tracing, tracing.mode != .off, tracing.mode != .refused, let gap = tracingGap else { return }
        facts.notes.append(gap)
    }
}

/// The members of both objects; those of the second count.
private func merged(_ one: JSONValue?, _ other: JSONValue?) -> JSONValue? {
    guard let first = one?.members, let second = other?.members else { return other ?? one }
    return .object(first.filter { member in !second.contains { $0.name == member.name } } + second)
}

extension CrashStacks {
    /// The thread that the report is about waits for a child to end (a shell also by sigsuspend(2)): the child is what
    /// matters.
    fileprivate var waitsForChild: Bool {
        guard let innermost = threads.first?.stackTrace?.frames.last?.function else { return false }
        // glibc's internal names: __wait4, __GI___waitpid, __libc_sigsuspend.
        let parts = innermost.split(separator: "_").filter { $0 != "GI" && $0 != "libc" }
        return parts.count == 1 && ["wait", "wait3", "wait4", "waitid", "waitpid", "sigsuspend"].contains(parts[0])
    }
}
