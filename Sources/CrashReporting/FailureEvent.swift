// A verdict as the event that opens an issue.

import SentryProtocol

package enum FailureEvent {
    /// The event of a failed run. The caller adds what it knows beside the ending: breadcrumbs, release, host, trace.
    ///
    /// - Parameters:
    ///   - id: Of the run's event.
    ///   - timestamp: Of the job's end.
    package static func make(_ verdict: Verdict, _ evidence: Evidence, id: EventID, timestamp: Timestamp) -> Event {
        var event = Event(id: id, timestamp: timestamp, level: verdict.level)
        event.logger = "sentry-run"
        event.transaction = evidence.jobName
        event.tags = verdict.tags.merging(verdict.loaderError?.tags ?? [:]) { own, _ in own }
        event.contexts["exit"] = exitContext(verdict, evidence)
        event.exceptions = [exception(verdict, evidence)]
        event.fingerprint = fingerprint(verdict, evidence)
        return event
    }

    /// The same for every run of the job that ends in the same way, whatever its output or its stack.
    package static func fingerprint(_ verdict: Verdict, _ evidence: Evidence) -> [String] {
        let detail: [String] =
            switch verdict.kind {
            case .failedExit(let code): [String(code)]
            case .crashed(let signal), .killed(let signal), .stopped(let signal): [SignalName.of(signal)]
            case .couldNotStart: errno(evidence).map { ["errno \($0)"] } ?? []
            case .success, .outOfMemory, .processorTimeLimit, .fileSizeLimit, .timedOut, .supervisionLost: []
            }
        if let error = verdict.loaderError {
            return ["sentry-run", evidence.jobName, error.kind.rawValue, error.subject]
        }
        return ["sentry-run", evidence.jobName, verdict.kind.name] + detail
    }

    private static func exception(_ verdict: Verdict, _ evidence: Evidence) -> SentryException {
        if let error = verdict.loaderError {
            return SentryException(
                type: error.kind.rawValue, value: "\(evidence.jobName): \(error.title)",
                mechanism: mechanism(verdict, evidence))
        }
        return SentryException(
            type: type(verdict.kind), value: VerdictSummary(evidence: evidence, kind: verdict.kind).title,
            mechanism: mechanism(verdict, evidence))
    }

    private static func type(_ kind: Verdict.Kind) -> String {
        switch kind {
        case .success, .failedExit: "ProcessExit"
        case .crashed(let signal), .killed(let signal), .stopped(let signal): SignalName.of(signal)
        case .outOfMemory: "OutOfMemory"
        case .processorTimeLimit: "CPUTimeLimit"
        case .fileSizeLimit: "FileSizeLimit"
        case .timedOut: "ProcessTimeout"
        case .couldNotStart: "ProcessStart"
        case .supervisionLost: "SupervisionLost"
        }
    }

    private static func mechanism(_ verdict: Verdict, _ evidence: Evidence) -> Mechanism {
        var mechanism = Mechanism(type: mechanismType(verdict.kind), handled: false)
        mechanism.description = verdict.summary
        if case .signaled(let number, _) = evidence.ending {
            mechanism.synthetic = true
            mechanism.signal = Mechanism.Signal(number: number, name: SignalName.of(number))
        }
        mechanism.errno = errno(evidence)
        return mechanism
    }

    private static func mechanismType(_ kind: Verdict.Kind) -> String {
        switch kind {
        case .crashed: "signalhandler"
        case .killed, .outOfMemory, .processorTimeLimit, .fileSizeLimit, .stopped: "auto.process.exit_signal"
        case .success, .failedExit: "auto.process.exit_code"
        case .timedOut: "auto.process.timeout"
        case .couldNotStart: "auto.process.exec"
        case .supervisionLost: "auto.process.supervision"
        }
    }

    private static func errno(_ evidence: Evidence) -> Int32? {
        guard case .notStarted(let errno, _) = evidence.ending, errno != 0 else { return nil }
        return errno
    }

    /// The evidence as it stands, for who doubts the verdict.
    private static func exitContext(_ verdict: Verdict, _ evidence: Evidence) -> JSONValue {
        var members = [JSONValue.Member("summary", .string(verdict.summary))]
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONValue.Member(name, value)) }
        }
        add("reason", .string(verdict.kind.name))
        switch evidence.ending {
        case .exited(let code): add("code", .integer(Int64(code)))
        case .signaled(let signal, let coreDumped):
            add("signal", .string(SignalName.of(signal)))
            add("signal_number", .integer(Int64(signal)))
            add("core_dumped", .bool(coreDumped))
        case .notStarted(let errno, let reason):
            add("errno", .integer(Int64(errno)))
            add("start_error", .string(reason))
        case .unknown: break
        }
        add("seconds", evidence.runTime.map { .number(Double($0 / 1_000_000) / 1000) })
        add("startup_crash", verdict.isStartupCrash ? true : nil)
        if evidence.oomKillRose {
            add("cgroup_oom_kill", true)
            add("memory_limit_bytes", evidence.memoryLimit.map { .integer($0) })
            add("memory_usage_bytes", evidence.memoryUsage.map { .integer($0) })
        }
        if verdict.kind == .processorTimeLimit {
            add("cpu_limit_seconds", evidence.processorTimeLimit.map { .integer($0) })
        }
        if verdict.kind == .fileSizeLimit {
            add("file_size_limit_bytes", evidence.fileSizeLimit.map { .integer($0) })
        }
        if let error = verdict.loaderError {
            add("loader_error", .string(error.message))
            add("needed_by", error.neededBy.map { .string($0) })
        }
        if !evidence.childDeaths.isEmpty {
            add("child_deaths", .array(evidence.childDeaths.suffix(20).map { .string($0.text) }))
        }
        if evidence.timeoutStage > 0 { add("timeout", evidence.timeoutStage > 1 ? "SIGTERM, SIGKILL" : "SIGTERM") }
        if !evidence.signals.isEmpty { add("signals", .array(evidence.signals.suffix(20).map(signalContext))) }
        return .object(members)
    }

    private static func signalContext(_ received: Evidence.ReceivedSignal) -> JSONValue {
        .string(
            "\(SignalName.of(received.number)) \(received.senderText), "
                + "\(received.beforeEnd / 1_000_000) ms before the end")
    }
}
