// What is known of a run when it starts, and stays so: who it is, what it is called, where its reports go.

import HostContext
import LinuxSystem
import OutputCapture
import RunLifecycle
import RunOptions
import SentryProtocol
import SupervisorLink

/// The fixed facts of one run.
struct RunSetting {
    let plan: RunPlan
    let identity: RunIdentity
    let trace: TraceContext
    /// The job's name: what the run is called in Sentry.
    let name: String
    /// The job's words, secrets removed.
    let command: [String]
    let release: String?
    let serverName: String
    let workingDirectory: String
    /// Removes secrets from everything that is written, and counts them.
    let scrubber: Scrubber

    /// `nil` when the supervisor's ids are not valid.
    init?(start: RunStart, plan: RunPlan, environment: [String: String], workingDirectory: String) {
        self.plan = plan
        self.workingDirectory = workingDirectory
        identity = RunIdentity(seed: start.runSeed, startedWall: Timestamp(nanoseconds: start.startedWall))
        name = plan.runName
        release = plan.release ?? ReleaseDetection.detect(directory: workingDirectory, environment: environment)
        serverName = plan.serverName ?? hostName()
        scrubber = Scrubber(plan.scrubRules)
        command = scrubber.scrub(arguments: plan.command)
        guard let traceID = TraceID(bytes: start.traceID), let spanID = SpanID(bytes: start.spanID) else { return nil }
        trace = TraceContext.resume(
            environment: { environment[$0] }, settings: plan.traceSettings, traceID: traceID, spanID: spanID,
            sampleRandMillionths: start.sampleRandMillionths)
    }

    /// Attributes of every log line (protocol reference 5.3).
    var logAttributes: [(key: String, value: LogAttribute)] {
        var attributes: [(key: String, value: LogAttribute)] = [
            ("sentry.environment", .string(plan.environment)), ("sentry.sdk.name", .string(SDKInfo.current.name)),
            ("sentry.sdk.version", .string(SDKInfo.current.version)), ("server.address", .string(serverName)),
            ("run.id", .string(identity.name)), ("run.name", .string(name)),
        ]
        if let release { attributes.append(("sentry.release", .string(release))) }
        return attributes
    }

    /// An envelope of this run.
    ///
    /// - Parameter eventID: of the event or transaction in it.
    func envelope(_ items: [EnvelopeItem], eventID: EventID? = nil) -> Envelope {
        Envelope(eventID: eventID, dsn: plan.dsn?.text, trace: trace.samplingContext, items: items)
    }

    /// An event or transaction carries what the user said of the run.
    func decorate(_ event: inout Event) {
        event.transaction = name
        event.serverName = serverName
        event.release = release
        event.environment = plan.environment
        event.dist = plan.dist
        event.user = plan.user
        event.tags.merge(plan.tags.map { ($0.key, $0.value) }) { _, users in users }
        event.contexts.merge(customContexts) { _, users in users }
        if !plan.fingerprint.isEmpty { event.fingerprint = plan.fingerprint }
    }

    func decorate(_ transaction: inout Transaction) {
        transaction.serverName = serverName
        transaction.release = release
        transaction.environment = plan.environment
        transaction.dist = plan.dist
        transaction.user = plan.user
        transaction.tags.merge(plan.tags.map { ($0.key, $0.value) }) { _, users in users }
        transaction.contexts.merge(customContexts) { _, users in users }
    }

    private var customContexts: [String: JSONValue] {
        var contexts: [String: JSONValue] = [:]
        for (name, entries) in Dictionary(grouping: plan.contexts, by: \.name) {
            contexts[name] = .object(entries.map { .init($0.key, .string($0.value)) })
        }
        if !plan.featureFlags.isEmpty { contexts["flags"] = FeatureFlags(plan.featureFlags).context }
        return contexts
    }
}

extension RunPlan {
    /// What is removed from this run's reports.
    var scrubRules: ScrubRules {
        ScrubRules(
            removesPersonalData: !sendDefaultPII, patterns: scrubbed, allowedKeys: allowedKeys,
            allowedValues: allowedValues)
    }
}
