// A crash, a timeout or a hang as the event that opens an issue (protocol reference 3.3, 3.10).

import SentryProtocol

package enum CrashEvent {
    /// The event of a process that is not the job's own, or that lives on: a child's crash, a hang. The caller adds what it
    /// knows beside it: breadcrumbs, release, host, trace.
    ///
    /// - Parameters:
    ///   - job: the run's name.
    ///   - id: not the run's event's.
    package static func make(_ crash: RecordedCrash, job: String, rules: InAppRules, id: EventID) -> Event {
        let facts = crash.facts
        var event = Event(id: id, timestamp: facts.time, level: level(facts))
        event.logger = "sentry-run"
        event.transaction = job
        event.fingerprint = ["sentry-run", job, facts.reason.rawValue, facts.label, SignalName.of(facts.signal)]
        event.tags["exit.reason"] =
            facts.reason == .fatalSignal ? (facts.isOwnFault ? "crashed" : "killed") : facts.reason.rawValue
        event.exceptions = [SentryException(type: type(facts), value: nil)]
        attach(crash, to: &event, rules: rules)
        return event
    }

    /// Puts a crash into an event that exists: the one of a run whose own process crashed, or that ran too long
    /// (``FailureEvent``). The event's first exception becomes the crash's, with its stack.
    package static func attach(_ crash: RecordedCrash, to event: inout Event, rules: InAppRules) {
        let facts = crash.facts
        var stacks = crash.stacks
        if var trace = stacks.subject?.stackTrace {
            rules.mark(&trace)
            stacks.threads[0].stackTrace = trace
        }
        event.platform = "native"
        var exception = event.exceptions.first ?? SentryException(type: type(facts), value: nil)
        describe(&exception, facts)
        exception.threadID = stacks.subject?.id ?? Int(facts.thread)
        exception.stackTrace = trace(stacks.subject?.stackTrace, facts)
        event.exceptions = [exception] + event.exceptions.dropFirst()
        event.threads = threads(stacks, facts)
        event.debugImages = stacks.images
        let job = event.transaction ?? facts.label
        if let fingerprint = CrashGrouping.fingerprint(facts, stacks, job: job) { event.fingerprint = fingerprint }
        event.tags.merge(tags(facts)) { _, new in new }
        event.contexts["process"] = process(facts)
        let cut = EventSize.fit(&event)
        // Only of what is left: there may have been thousands of threads.
        for index in event.threads.indices {
            guard var trace = event.threads[index].stackTrace else { continue }
            rules.mark(&trace)
            event.threads[index].stackTrace = trace
        }
        event.contexts["crash"] = context(facts, notes: stacks.notes + cut)
    }

    private static func level(_ facts: ProcessCrash) -> EventLevel {
        switch facts.reason {
        case .fatalSignal: facts.isOwnFault ? .fatal : .error
        case .timeout, .timeoutKill: .error
        case .hang: .warning
        }
    }

    private static func type(_ facts: ProcessCrash) -> String {
        switch facts.reason {
        case .fatalSignal: SignalName.of(facts.signal)
        case .timeout, .timeoutKill: "ProcessTimeout"
        case .hang: "ProcessHang"
        }
    }

    // MARK: The exception

    /// Where the process is not at fault, the run's exception keeps its words: they name the limit, or who ended it.
    private static func describe(_ exception: inout SentryException, _ facts: ProcessCrash) {
        if facts.reason == .fatalSignal && facts.isOwnFault || exception.value == nil {
            exception.value = facts.explanation?.title ?? SignalName.meaning(facts.signal) ?? facts.label
        }
        var mechanism = exception.mechanism ?? Mechanism(type: "")
        switch facts.reason {
        case .fatalSignal:
            mechanism.type = facts.isOwnFault ? "signalhandler" : "auto.process.exit_signal"
            mechanism.handled = false
            mechanism.synthetic = true
            mechanism.signal = Mechanism.Signal(
                number: facts.signal, name: SignalName.of(facts.signal), code: facts.signalInfo?.code,
                codeName: facts.signalInfo?.codeName)
        case .timeout, .timeoutKill:
            mechanism.type = "auto.process.timeout"
            mechanism.handled = false
        case .hang:
            // The process lives on.
            mechanism.type = "auto.process.hang"
            mechanism.handled = true
        }
        mechanism.description = sentence(facts)
        exception.mechanism = mechanism
    }

    /// `importer (pid 812) crashed with SIGSEGV: it accessed …, …`
    static func sentence(_ facts: ProcessCrash) -> String {
        let name = "\(facts.label) (pid \(facts.process))"
        let cause = facts.explanation.map { ": \($0.sentence)" } ?? ""
        let sender = facts.isSentByAnother ? facts.senderCommand.map { ", by \($0)" } ?? "" : ""
        switch facts.reason {
        case .fatalSignal: return "\(name) \(facts.deathWord) \(SignalName.of(facts.signal))\(cause)\(sender)"
        case .timeout, .timeoutKill: return "\(name) ran longer than its time limit\(cause)"
        case .hang: return "\(name) hangs\(cause)"
        }
    }

    private static func trace(_ trace: StackTrace?, _ facts: ProcessCrash) -> StackTrace? {
        guard var trace, !trace.frames.isEmpty else { return nil }
        trace.instructionAddressAdjustment = "all_but_first"
        trace.snapshot = facts.reason == .fatalSignal ? nil : true
        return trace
    }

    // MARK: Threads

    /// The exception has the stack of the first one.
    private static func threads(_ stacks: CrashStacks, _ facts: ProcessCrash) -> [ThreadRecord] {
        stacks.threads.enumerated().map { index, thread in
            var thread = thread
            let isSubject = index == 0
            if isSubject, facts.reason == .fatalSignal { thread.crashed = true }
            if isSubject { thread.current = true }
            if thread.id == Int(facts.process) { thread.main = true }
            thread.stackTrace = isSubject ? nil : trace(thread.stackTrace, facts)
            return thread
        }
    }

    // MARK: Tags and contexts

    private static func tags(_ facts: ProcessCrash) -> [String: String] {
        var tags: [String: String] = ["crash.process": facts.label]
        if facts.signal != 0 { tags["exit.signal"] = SignalName.of(facts.signal) }
        if let kind = facts.explanation?.kind { tags["crash.kind"] = kind.rawValue }
        if !facts.isJob { tags["crash.child"] = "true" }
        return tags
    }

    private static func process(_ facts: ProcessCrash) -> JSONValue {
        var members: [JSONValue.Member] = [
            JSONValue.Member("pid", .integer(Int64(facts.process))), JSONValue.Member("name", .string(facts.name)),
        ]
        if !facts.executable.isEmpty { members.append(.init("executable", .string(facts.executable))) }
        if !facts.commandLine.isEmpty {
            members.append(.init("command_line", .string(capped(facts.commandLine.joined(separator: " "), 2048))))
        }
        if let parent = facts.parent { members.append(.init("parent_pid", .integer(Int64(parent)))) }
        return .object(members)
    }

    private static func context(_ facts: ProcessCrash, notes: [String]) -> JSONValue {
        var members = [JSONValue.Member("summary", .string(sentence(facts)))]
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONValue.Member(name, value)) }
        }
        add("reason", .string(facts.reason.rawValue))
        add("kind", facts.explanation.map { .string($0.kind.rawValue) })
        add("message", facts.explanation?.message.map { .string(capped($0, 1024)) })
        if facts.signal != 0 { add("signal", .string(SignalName.of(facts.signal))) }
        add("code", facts.signalInfo.map { .string($0.codeName ?? String($0.code)) })
        if facts.signalInfo?.isUnaddressed != true {
            add("address", facts.signalInfo?.address.map { .string(hexText($0)) })
        }
        if let sender = facts.signalInfo?.sender {
            add("sender_pid", .integer(Int64(sender.process)))
            add("sender_user", .integer(Int64(sender.user)))
            add("sender", facts.senderCommand.map { .string(capped($0, 1024)) })
        }
        add("thread", .integer(Int64(facts.thread)))
        add("stopped_ms", .number(Double(facts.stoppedNanoseconds / 10_000) / 100))
        if !notes.isEmpty { add("notes", .array(notes.prefix(20).map { .string(capped($0, 200)) })) }
        return .object(members)
    }
}

extension ProcessCrash {
    /// What goes before the signal's name.
    var deathWord: String { isOwnFault ? "crashed with" : "was killed by" }

    /// A fault's signal, and nobody else sent it.
    var isOwnFault: Bool { Signal.isFault(signal) && !isSentByAnother }
}
