// The verdict in one sentence.

import SentryProtocol

/// Says what happened, by whom, and from what that is known.
struct VerdictSummary {
    let evidence: Evidence
    let kind: Verdict.Kind

    var text: String {
        let clauses =
            ["\(evidence.jobName) \(fact)"] + [cause, exception, sender, inference, hang, coreDump].compactMap { $0 }
        return clauses.dropFirst().reduce(clauses.first ?? "") { $0 + ", " + $1 }
    }

    /// The short form for an issue's title: the fact alone, which is the same for every run that ends like this.
    var title: String { "\(evidence.jobName) \(fact)" }

    private var fact: String {
        switch kind {
        case .success: code == 0 ? "succeeded" : "exited with status \(code ?? 0), which counts as success"
        case .failedExit(let code): "exited with status \(code)"
        case .crashed(let signal): "crashed with \(named(signal))"
        case .killed(let signal): "was killed by \(named(signal))"
        case .outOfMemory: "was killed by the kernel's out-of-memory killer"
        case .processorTimeLimit: "used up its CPU time limit"
        case .fileSizeLimit: "wrote beyond its file size limit"
        case .timedOut: "ran longer than \(evidence.timeout.map { "its limit of \(seconds($0))" } ?? "its limit")"
        case .couldNotStart: "could not be started: \(notStartedReason)"
        case .stopped(let signal): "was stopped by \(SignalName.of(signal))"
        case .supervisionLost: "ended unseen: its supervisor was gone before it"
        }
    }

    private var code: Int32? {
        guard case .exited(let code) = evidence.ending else { return nil }
        return code
    }

    private var notStartedReason: String {
        guard case .notStarted(let errno, let reason) = evidence.ending else { return "for an unknown reason" }
        if reason.isEmpty { return "error \(errno)" }
        // Clauses that are written to follow the program's name.
        return reason.hasPrefix("is ") || reason.hasPrefix("may ") ? "it \(reason)" : reason
    }

    private func named(_ signal: Int32) -> String {
        // "killed by SIGKILL (killed)" says nothing more.
        signal == Signal.kill
            ? SignalName.of(signal) : SignalName.of(signal) + (SignalName.meaning(signal).map { " (\($0))" } ?? "")
    }

    /// What the crash is called by.
    private var cause: String? {
        guard case .crashed = kind, let explanation = evidence.crash?.explanation else { return nil }
        return explanation.title
    }

    /// The exception that it failed of, where its crash is not explained already.
    private var exception: String? {
        guard cause == nil, let index = evidence.cause(of: kind) else { return nil }
        return "after " + capped(evidence.exceptions[index].title, 200)
    }

    private var hang: String? { evidence.hang.map { "after it had done nothing for \(seconds($0))" } }

    /// Who sent the signal that ended it; of requests before a KILL, the last.
    private var sender: String? {
        switch kind {
        case .stopped(let signal), .killed(let signal):
            if let crash = evidence.crash, crash.signal == signal, crash.isSentByAnother,
                let sender = crash.signalInfo?.sender
            {
                let command = crash.senderCommand.map { " (\($0))" } ?? ""
                return "sent by pid \(sender.process)\(command), user \(sender.user)"
            }
            guard let received = evidence.signals.last(where: { $0.number == signal }) else {
                let request = evidence.signals.last { Signal.isRequestToStop($0.number) }
                guard signal == Signal.kill, let request else { return nil }
                return
                    "\(seconds(request.beforeEnd)) after \(SignalName.of(request.number)) was sent \(request.senderText)"
            }
            return "sent \(received.senderText)"
        default: return nil
        }
    }

    private var inference: String? {
        switch kind {
        case .failedExit(let code):
            if let child = evidence.tellingChild { return childClause(child, code) }
            if evidence.oomKillRose { return "while the cgroup's count of OOM kills rose" }
            if let error = evidence.loaderError { return "\(error.title): the dynamic loader said: \(error.message)" }
            if code == 127, let line = loaderLine { return "the dynamic loader said: \(line)" }
            return ExitCode.convention(code)
        case .outOfMemory:
            return code == nil
                ? "inferred from SIGKILL while the cgroup's count of OOM kills rose" + memory
                : "inferred from status 137 while the cgroup's count of OOM kills rose" + memory
        case .processorTimeLimit: return processorTime
        case .fileSizeLimit: return evidence.fileSizeLimit.map { "RLIMIT_FSIZE is \(mebibytes($0))" }
        case .success where !evidence.childDeaths.isEmpty:
            return evidence.childDeaths.last.map { "although its child \($0.text)" }
        case .success where evidence.oomKillRose: return "although the cgroup's count of OOM kills rose"
        case .stopped: return code.map { "and then exited with status \($0)" }
        case .timedOut: return timeoutEnd
        case .killed(Signal.processorTime) where !evidence.isSentBySomebody && evidence.crash == nil:
            return "which the kernel sends when the CPU time limit is used up"
        case .killed(Signal.fileSize) where !evidence.isSentBySomebody && evidence.crash == nil:
            return "which the kernel sends on writing beyond the file size limit"
        case .killed(Signal.pipe): return "as it wrote to a pipe that nobody reads any more"
        default: return nil
        }
    }

    private func childClause(_ child: Evidence.ChildDeath, _ code: Int32) -> String {
        let others = evidence.childDeaths.count > 1 ? " (\(evidence.childDeaths.count) children died of signals)" : ""
        let relation = child.signal == code - 128 ? "" : "after "
        return "\(relation)its child \(child.text)\(others)"
    }

    /// `, with 509.2 MiB in use of a limit of 512 MiB`
    private var memory: String {
        switch (evidence.memoryUsage, evidence.memoryLimit) {
        case (let usage?, let limit?): ", with \(mebibytes(usage)) in use of a limit of \(mebibytes(limit))"
        case (nil, let limit?): ", with a limit of \(mebibytes(limit))"
        case (let usage?, nil): ", with \(mebibytes(usage)) in use"
        case (nil, nil): ""
        }
    }

    private var processorTime: String {
        let limit = evidence.processorTimeLimit.map { " of \($0) s" } ?? ""
        guard case .signaled(let signal, _) = evidence.ending else { return "RLIMIT_CPU\(limit)" }
        guard signal == Signal.kill, let used = evidence.processorTime else {
            return "RLIMIT_CPU\(limit), and was ended by \(SignalName.of(signal))"
        }
        return "inferred from SIGKILL after \(seconds(used / 1_000_000 * 1_000_000)) of CPU time, "
            + "at a hard limit (RLIMIT_CPU)\(limit)"
    }

    private func mebibytes(_ bytes: Int64) -> String {
        let tenths = (bytes * 10 + (1 << 19)) >> 20
        return tenths % 10 == 0 ? "\(tenths / 10) MiB" : "\(tenths / 10).\(tenths % 10) MiB"
    }

    private var timeoutEnd: String {
        switch evidence.ending {
        case .signaled(Signal.kill, _) where evidence.timeoutStage > 1: "and was killed as it did not end on SIGTERM"
        case .signaled(let signal, _): "and was ended by \(SignalName.of(signal))"
        default: "and exited with status \(code ?? 0) on SIGTERM"
        }
    }

    /// ld.so's own message for a missing library; its exit code is the shell's "not found".
    private var loaderLine: String? {
        evidence.lastErrorLines.last { contains($0, "error while loading shared libraries") }
    }

    private var coreDump: String? {
        guard case .signaled(_, coreDumped: true) = evidence.ending else { return nil }
        return "core dumped"
    }

    /// Whole seconds where they are, else milliseconds.
    private func seconds(_ nanoseconds: Int64) -> String {
        nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds / 1_000_000) ms"
    }
}

private func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    return text.count >= part.count
        && (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
}
