// What of a run goes to Sentry at its end.

import CrashReporting
import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol
import SupervisorLink

extension RunReport {
    /// Puts everything that a finished run has to say into the sink, most valuable first.
    func sendReports(_ judged: JudgedRun, _ spans: ProcessTree.Spans) {
        let outcome = RunOutcome(
            isFailure: judged.verdict.isFailure, sessionStatus: judged.verdict.sessionStatus,
            spanStatus: judged.verdict.spanStatus)
        markCause(judged)
        let event = judged.verdict.isFailure ? makeEvent(judged) : nil
        let item = event.flatMap { isSampled ? admitted($0) : nil }
        // What the user refuses is no error of the session's either; what is not sampled is (protocol reference 9.3).
        let isRefused = event != nil && item == nil && isSampled
        let errors =
            crashes.sentEvents + exceptions.sentEvents + plannedCaptures
            + (judged.verdict.isFailure && !isRefused ? 1 : 0)
        let update = session?.ending(isRefused ? .success : outcome, at: facts.ended, errors: errors)
        if let event, let item {
            send(item, event.id, judged, alongside: update)
        } else {
            if event != nil, !isRefused { discards.add(.sampleRate, .error) }
            if let update { sink.accept(setting.envelope([update.item])) }
        }
        captureRemaining()
        if let checkIns {
            sink.accept(setting.envelope([checkIns.closing(outcome, duration: facts.duration).item]))
        }
        sendTransaction(judged, outcome, spans)
        sendClientReport()
    }

    /// The session's last update travels with the event: a crash and its session are counted together.
    private func send(_ item: EnvelopeItem, _ id: EventID, _ judged: JudgedRun, alongside update: Session?) {
        let session = update.map { [$0.item] } ?? []
        let attachments = FailureAttachments(
            patterns: setting.plan.attachments, directory: setting.workingDirectory,
            limit: setting.plan.maxAttachmentBytes)
        facts.notes += attachments.problems
        sink.accept(
            setting.envelope([item] + attachments.items + stacksAttachment(judged) + session, eventID: id))
        if sink.accepted[ItemKind.event.rawValue] != nil { sentEvent = id }
    }

    /// The event as it is to be sent, without secrets; `nil` when the user's rules or command refuse it.
    func admitted(_ event: Event) -> EnvelopeItem? {
        hooks.ignores(event) ? nil : hooks.passed(sink.scrubbed(event.item), id: event.id)
    }

    /// One draw for each run, from its seed: a report that is finished by another process draws the same.
    var isSampled: Bool { setting.identity.draw("sample") < setting.plan.sampleRate }

    private func makeEvent(_ judged: JudgedRun) -> Event {
        var event = FailureEvent.make(
            judged.verdict, judged.evidence, id: setting.identity.eventID, timestamp: facts.ended)
        complete(&event, spanStatus: judged.verdict.spanStatus)
        describeCrash(judged, in: &event)
        describeException(judged, in: &event)
        if !setting.plan.fingerprint.isEmpty { event.fingerprint = setting.plan.fingerprint }
        describeTracing(judged, in: &event)
        countStartupCrash(judged, in: &event)
        return event
    }

    /// What every event of the run says, beside what it is about.
    func complete(_ event: inout Event, spanStatus: SpanStatus?) {
        event.breadcrumbs = breadcrumbs(besides: event.id)
        event.contexts.merge(sharedContexts) { own, _ in own }
        event.contexts["trace"] =
            TraceReference(
                traceID: setting.trace.traceID, spanID: setting.trace.spanID, parentSpanID: setting.trace.parentSpanID,
                operation: "process.run", status: spanStatus, origin: "auto.process.run"
            ).context
        event.tags.merge(sharedTags) { own, _ in own }
        if facts.supervisorWasKilled { event.tags["supervisor"] = "killed" }
        setting.decorate(&event)
    }

    /// The last lines of output, and the exceptions that were printed, in the order of time.
    private func breadcrumbs(besides id: EventID) -> [Breadcrumb] {
        let limit = setting.plan.maxBreadcrumbs
        let lines = output.breadcrumbs(limit: limit)
        let exceptions = exceptionBreadcrumbs(besides: id)
        guard !exceptions.isEmpty else { return lines }
        return Array((lines + exceptions).sorted { $0.timestamp.nanoseconds < $1.timestamp.nanoseconds }.suffix(limit))
    }

    private func sendTransaction(_ judged: JudgedRun, _ outcome: RunOutcome, _ spans: ProcessTree.Spans) {
        guard setting.trace.sendsTransaction else {
            if setting.plan.tracesSampleRate != nil {
                discards.add(.sampleRate, .transaction)
                discards.add(.sampleRate, .span, spans.spans.count + 1)
            }
            return
        }
        var transaction = RunTransaction.make(
            identity: setting.identity, trace: setting.trace, name: setting.name, end: facts.ended, outcome: outcome,
            usage: facts.usage, tree: spans, data: runData)
        transaction.contexts.merge(sharedContexts) { own, _ in own }
        transaction.tags.merge(sharedTags.merging(judged.verdict.tags) { own, _ in own }) { own, _ in own }
        setting.decorate(&transaction)
        let profile = attachProfile(to: &transaction)
        let item = sink.scrubbed(transaction.item)
        guard let passed = hooks.passed(transaction: item, id: transaction.id, children: spans.spans.count) else {
            if !profile.isEmpty { discards.add(.beforeSend, .profile) }
            return
        }
        sink.accept(setting.envelope([passed] + profile, eventID: transaction.id))
    }

    private func sendClientReport() {
        discards.merge(output.takeDiscards())
        discards.merge(hooks.takeDiscards())
        guard setting.plan.clientReports, let report = discards.takeReport(at: facts.ended) else { return }
        sink.accept(setting.envelope([report.item]))
    }

    /// What the run's own span says of the process.
    private var runData: [String: JSONValue] {
        var data: [String: JSONValue] = ["process.command_args": .array(setting.command.map { .string($0) })]
        if facts.job != 0 { data["process.pid"] = .integer(Int64(facts.job)) }
        if let program = setting.command.first { data["process.executable.name"] = .string(program) }
        return data
    }

    private var sharedTags: [String: String] {
        var tags = host.tags
        tags["run.id"] = setting.identity.name
        if let monitor = setting.plan.monitor { tags["monitor.slug"] = monitor.slug }
        return tags
    }

    private var sharedContexts: [String: JSONValue] {
        var contexts = host.contexts
        contexts["process"] = processContext
        contexts["app"] = [
            "app_name": .string(setting.name), "app_start_time": .string(setting.identity.started.rfc3339),
        ]
        if let monitor = setting.plan.monitor { contexts["monitor"] = ["slug": .string(monitor.slug)] }
        if let usage = facts.usageContext { contexts["usage"] = usage }
        return contexts
    }

    private var processContext: JSONValue {
        var members: [JSONValue.Member] = [
            .init("command", .string(setting.command.map(shellQuoted).joined(separator: " "))),
            .init("directory", .string(setting.scrubber.scrub(setting.workingDirectory, counts: false))),
            .init("parent_pid", .integer(Int64(facts.start.supervisor))),
            .init("terminal", .bool(facts.start.terminal)),
        ]
        if facts.job != 0 { members.insert(.init("pid", .integer(Int64(facts.job))), at: 0) }
        return .object(members)
    }
}
