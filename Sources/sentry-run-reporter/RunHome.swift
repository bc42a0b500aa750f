// The run's place in the state directory: its spool, its directory, its journal.

import HostContext
import LinuxSystem
import OutputCapture
import RunLifecycle
import RunOptions
import SentryProtocol
import Spool
import SupervisorLink

/// Why a run has no place on disk.
struct RunHomeError: Error, CustomStringConvertible {
    let description: String
}

/// What a run has on disk while it is reported.
struct RunHome {
    let state: StateDirectory
    let spool: Spool
    let store: RunStore
    let journal: RunJournal?
    /// What an earlier reporter of this run left.
    var recovered: [JournalRecord] { journal?.recovered ?? [] }
    /// Where records are kept for `logs`; `nil` where that is impossible.
    func makeLog() -> RunLog? { store.existingActiveDirectory(of: id).flatMap { try? RunLog(in: $0) } }
    /// Where logs are kept that wait for a hook; `nil` where that is impossible.
    func makeWaitingItems() -> WaitingItems? {
        store.existingActiveDirectory(of: id).flatMap { try? WaitingItems(in: $0, tmp: state.tmp) }
    }
    private let id: String
    /// Held for as long as this process reports on the run.
    private let lock: FileLock?

    /// Whether no other process reports on this run.
    var isOurs: Bool { lock != nil }

    /// In the run's directory; held by the living reporter.
    static let lockName = "lock"

    /// Opens (or makes) the run's place. A journal that cannot be written is no reason to do without the spool.
    static func open(plan: RunPlan, identity: RunIdentity, header: JournalHeader) -> Result<RunHome, RunHomeError> {
        do throws(SpoolError) {
            let state = try StateDirectory.open(stateDirectory(plan))
            return .success(RunHome(state, identity, header: header))
        } catch {
            return .failure(RunHomeError(description: error.description))
        }
    }

    private init(_ state: StateDirectory, _ identity: RunIdentity, header: JournalHeader) {
        self.state = state
        store = RunStore(state)
        id = identity.name
        var journal: RunJournal?
        var lock: FileLock?
        if let directory = try? store.activeDirectory(of: identity.name) {
            lock = try? FileLock.take(Self.lockName, in: directory)
            journal = try? RunJournal(in: directory)
            if journal?.recovered.isEmpty == true { try? journal?.append(.fact(header.json.jsonBytes)) }
        }
        // Without a journal nobody knows whether this run had a reporter before.
        spool = Spool(state, run: identity.spoolTag, resumes: journal?.recovered.isEmpty != true)
        self.journal = journal
        self.lock = lock
    }
}

extension RunIdentity {
    /// The run in the names of its spooled files.
    var spoolTag: String { hexEncode(Array(seed.prefix(8))) }
}

/// Where this user's state is.
func stateDirectory(_ plan: RunPlan) -> String {
    StateDirectory.resolve(
        option: plan.stateDirectory, environment: environmentValue, userIsRoot: effectiveUser() == 0,
        home: environmentValue("HOME"))
}

/// The journal's first fact: enough for another process, with other words and another environment, to finish the report.
struct JournalHeader {
    /// Our options as they were typed, then the job's words without their secrets: nobody reads those again.
    let words: [String]
    let start: RunStart
    /// When the supervisor's process began, to tell it from a later one with the same pid.
    let supervisorStart: Int64?
    var environment: [(name: String, value: String)]
    var directory: String

    init(words: [String], plan: RunPlan, start: RunStart) {
        let scrubber = Scrubber(plan.scrubRules)
        self.words =
            Self.withoutSecrets(words.prefix(max(0, plan.commandIndex - 1)), scrubber)
            + scrubber.scrub(arguments: plan.command, counts: false)
        self.start = start
        supervisorStart = processStart(start.supervisor)?.nanoseconds
        environment = Self.variables.compactMap { name in
            environmentValue(name).map { value in
                (name, Self.described.contains { name == $0.variable } ? scrubber.scrub(value, personal: false) : value)
            }
        }
        directory = currentDirectory()
    }

    /// The options whose values describe the run and may hold secrets; of the others the meaning must stay.
    private static let described = [
        (option: "--tag", variable: "SENTRY_RUN_TAG"), (option: "--user", variable: "SENTRY_RUN_USER"),
        (option: "--context", variable: "SENTRY_RUN_CONTEXT"), (option: "--flag", variable: "SENTRY_RUN_FLAG"),
        (option: "--header", variable: ""), (option: "--auth-token", variable: ""),
    ]

    private static func withoutSecrets(_ words: ArraySlice<String>, _ scrubber: Scrubber) -> [String] {
        var isValue = false
        return words.map { word in
            let isAttached = described.contains { word.hasPrefix($0.option + "=") }
            defer { isValue = described.contains { word == $0.option } }
            return isValue || isAttached ? scrubber.scrub(word, counts: false, personal: false) : word
        }
    }

    /// What the words, the trace and the release are read with; no other secret is anybody's business.
    private static let variables =
        optionVariables + ReleaseDetection.variables + [
            "SENTRY_MONITOR_SLUG", "SENTRY_TRACE", "SENTRY_BAGGAGE", "TRACEPARENT", "BAGGAGE",
        ]

    var json: JSONValue {
        [
            "words": .array(words.map { .string($0) }),
            "start": .string(hexEncode(LinkMessage.runStart(start).encoded())),
            "environment": .object(environment.map { .init($0.name, .string($0.value)) }),
            "directory": .string(directory),
            "supervisor_start": supervisorStart.map { .integer($0) } ?? .null,
        ]
    }

    /// Reads what ``json`` wrote; `nil` when it is something else or of another version.
    init?(_ json: JSONValue) {
        guard let words = json["words"]?.array?.compactMap(\.string), let text = json["start"]?.string,
            let packet = hexDecode(text), case .runStart(let start)? = try? LinkMessage(packet: packet)
        else { return nil }
        self.words = words
        self.start = start
        supervisorStart = json["supervisor_start"]?.integer
        environment = json["environment"]?.members?.map { ($0.name, $0.value.string ?? "") } ?? []
        directory = json["directory"]?.string ?? "/"
    }

    /// Whether the run's supervisor still lives.
    var supervisorIsAlive: Bool {
        processStart(start.supervisor).map { $0.nanoseconds == supervisorStart } ?? false
    }
}
