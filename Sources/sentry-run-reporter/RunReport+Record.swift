// What of a run stays here: the record that `show` prints, and the line on stderr.

import CrashReporting
import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol

extension RunReport {
    /// Writes the run's record and decides what the user is told.
    func keepRecord(_ judged: JudgedRun, _ spans: ProcessTree.Spans) {
        var isKept = false
        if let home {
            do throws(SystemError) {
                try home.store.finish(
                    setting.identity.name, report: recordBytes(judged, spans), named: RunRecord.fileName)
                isKept = true
            } catch {
                note("the run's record could not be kept: \(error)")
            }
        }
        notice = setting.plan.profile?.isLocal == true ? profileNotice : makeNotice(judged.verdict, isKept: isKept)
    }

    /// A successful run stays silent (cron mails whatever is said), unless something went wrong with the report.
    ///
    /// - Parameter isKept: whether `show` will find the run.
    private func makeNotice(_ verdict: Verdict, isKept: Bool) -> String {
        var sentences: [String] = []
        if verdict.isFailure {
            // Why a program could not be started the supervisor has said, with or without us.
            if facts.execFailure == nil { sentences.append(verdict.summary) }
            if isKept {
                let kept = setting.plan.dsn == nil ? "report kept" : sentEvent.map { "event \($0)" } ?? "reported"
                sentences.append("\(kept), see it with: sentry-run show \(setting.identity.name)")
            }
        }
        sentences += sink.troubles + hooks.troubles
        return sentences.isEmpty ? "" : "sentry-run: " + sentences.map(printable).joined(separator: "; ")
    }

    /// Nothing that is kept has a secret that the rules know.
    private func recordBytes(_ judged: JudgedRun, _ spans: ProcessTree.Spans) -> [UInt8] {
        var record = record(judged, spans)
        record.removed = setting.scrubber.tally.entries.map { (kind: $0.kind.rawValue, count: $0.count) }
        return setting.scrubber.scrub(json: record.jsonBytes, counts: false)
    }

    private func record(_ judged: JudgedRun, _ spans: ProcessTree.Spans) -> RunRecord {
        let verdict = judged.verdict
        var record = RunRecord(
            id: setting.identity.name, name: setting.name, command: setting.command,
            directory: setting.scrubber.scrub(setting.workingDirectory, counts: false), host: setting.serverName,
            started: setting.identity.started, ended: facts.ended, pid: facts.job == 0 ? nil : Int64(facts.job),
            exit: recordedExit, verdictKind: verdict.kind.name, summary: verdict.summary,
            level: verdict.level.rawValue, isFailure: verdict.isFailure, usage: recordedUsage,
            output: RunRecord.Output(
                standardOutputBytes: Int64(clamping: facts.exit?.outputBytes ?? 0),
                standardErrorBytes: Int64(clamping: facts.exit?.errorBytes ?? 0),
                unseenBytes: Int64(clamping: facts.exit?.lostBytes ?? 0), lines: Int64(output.totalLines)),
            lines: output.tail(limit: RunRecord.maximumLines, counts: setting.plan.logs == .off).map(
                RunRecord.Line.init),
            processes: recordedProcesses(spans),
            notes: setting.plan.problems + sink.troubles + hooks.troubles + facts.notes + signalNotes,
            release: setting.release, environment: setting.plan.environment,
            traceID: setting.trace.traceID.description, eventID: sentEvent?.description,
            monitor: setting.plan.monitor?.slug, destination: setting.plan.dsn?.redacted,
            reports: sink.accepted.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        record.profile = recordedProfile
        record.crashes = crashes.recorded.map {
            var crash = $0
            crash.eventID = crash.eventID ?? (crash.facts.reason == .hang ? nil : sentEvent?.description)
            return crash.bounded()
        }
        record.exceptions = recordedExceptions
        return record
    }

    private var recordedExit: RunRecord.Exit {
        if let failure = facts.execFailure {
            return .notStarted(errno: Int64(failure.errno), reason: failure.reason)
        }
        switch facts.waitStatus.map({ Evidence.Ending(waitStatus: $0) }) {
        case .exited(let code): return .code(Int64(code))
        case .signaled(let signal, let coreDumped):
            return .signal(Int64(signal), name: SignalName.of(signal), coreDumped: coreDumped)
        case .notStarted, .unknown, nil: return .unknown
        }
    }

    private var recordedUsage: RunRecord.Usage? {
        facts.exit.map { exit in
            RunRecord.Usage(
                wallSeconds: Double(facts.duration) / 1e9, userSeconds: Double(exit.userMicroseconds) / 1e6,
                systemSeconds: Double(exit.systemMicroseconds) / 1e6, maxResidentBytes: exit.maxResidentKiB * 1024,
                voluntarySwitches: exit.voluntarySwitches, involuntarySwitches: exit.involuntarySwitches,
                majorFaults: exit.majorFaults, minorFaults: exit.minorFaults, blocksIn: exit.blocksIn,
                blocksOut: exit.blocksOut)
        }
    }

    /// The run's own program and what it executed, as a tree told by depth.
    private func recordedProcesses(_ spans: ProcessTree.Spans) -> [RunRecord.Process] {
        guard !spans.spans.isEmpty else { return [] }
        let title = setting.command.map(shellQuoted).joined(separator: " ")
        var depths = [setting.trace.spanID: 0]
        let job = RunRecord.Process(title: title, depth: 0, started: setting.identity.started, ended: facts.ended)
        return [job]
            + spans.spans.map { span in
                let depth = (depths[span.parentID] ?? 0) + 1
                depths[span.id] = depth
                return RunRecord.Process(title: span.description, depth: depth, started: span.start, ended: span.end)
            }
    }

    private var signalNotes: [String] {
        facts.signals.suffix(10).map { seen in
            let sender = seen.sender == 0 ? "the terminal or the kernel" : "pid \(seen.sender)"
            let command = seen.senderCommand.map { " (\($0))" } ?? ""
            return "\(SignalName.of(seen.signal)) from \(sender)\(command)"
        }
    }
}

extension RunRecord.Line {
    fileprivate init(_ line: TailLine) {
        self.init(
            time: line.timestamp, stream: line.stream.name, level: line.level.eventLevel.rawValue, text: line.text)
    }
}
