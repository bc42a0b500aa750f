// The user's commands at their places: events and transactions wait for their command, logs pass by theirs while the run
// goes on.

import LinuxSystem
import OutputCapture
import Patterns
import RunOptions
import SentryProtocol

/// Decides what is sent of events, transactions and logs. Counts what is not.
final class RunHooks {
    private let failure: RunPlan.HookFailure
    private let events: HookCommand?
    private let transactions: HookCommand?
    private let ignored: [PatternMatcher]
    private(set) var discards = DiscardCounts()
    /// When nobody waits for a report any more; `nil` while the job runs.
    private var limit: MonotonicTime?
    /// Sentences for people, each once.
    private(set) var troubles: [String] = []

    init(_ plan: RunPlan, run: String) {
        func command(_ line: String?, _ option: String) -> HookCommand? {
            line.map {
                HookCommand($0, option: option, timeout: plan.hookTimeout, keepsErrors: plan.debug, run: run)
            }
        }
        failure = plan.hookFailure
        events = command(plan.beforeSend, "--before-send")
        transactions = command(plan.beforeSendTransaction, "--before-send-transaction")
        ignored = plan.ignoredErrors.map(PatternMatcher.init)
    }

    /// The run has ended: our supervisor waits for its report for 5 s, and ends us after that. All commands together have less.
    func runHasEnded() -> MonotonicTime {
        let now = MonotonicTime.now.nanoseconds
        limit = MonotonicTime(nanoseconds: now + Self.timeForAll)
        return MonotonicTime(nanoseconds: now + Self.timeForLogs)
    }

    private static let timeForAll: Int64 = 4_000_000_000
    /// Logs that wait for their command must leave time for what is worth more.
    private static let timeForLogs: Int64 = 1_500_000_000

    /// Whether the user said that such an event is not to be sent: by its title, or by its type or value.
    func ignores(_ event: Event) -> Bool {
        guard !ignored.isEmpty else { return false }
        var texts = [event.message, event.messageTemplate].compactMap { $0 }
        for exception in event.exceptions {
            let parts = [exception.type, exception.value].compactMap { $0 }
            texts += parts + [parts.joined(separator: ": ")]
        }
        guard ignored.contains(where: { pattern in texts.contains { pattern.matches($0) } }) else { return false }
        discards.add(.ignored, .error)
        return true
    }

    /// The event as its command leaves it; `nil` when it is not to be sent.
    ///
    /// - Parameter item: without secrets.
    func passed(_ item: EnvelopeItem, id: EventID) -> EnvelopeItem? {
        passed(item, id: id, by: events) { discards.add(.beforeSend, .error) }
    }

    /// The transaction as its command leaves it; `nil` when it is not to be sent.
    func passed(transaction item: EnvelopeItem, id: EventID, children: Int) -> EnvelopeItem? {
        passed(item, id: id, by: transactions) { discards.add(.beforeSend, item: item, children: children) }
    }

    private func passed(
        _ item: EnvelopeItem, id: EventID, by command: HookCommand?, dropped: () -> Void
    ) -> EnvelopeItem? {
        guard let command else { return item }
        var item = item
        switch Self.document(command.run(item.payload, until: limit), id: id) {
        case .printed(let bytes) where bytes.isEmpty:
            dropped()
            return nil
        case .printed(let bytes):
            item.payload = bytes
            return item
        case .failed(let reason):
            note(command, reason)
            if failure == .keep { return item }
            dropped()
            return nil
        }
    }

    /// The answer as a document that still is the one asked about: `event_id` is its name on the envelope.
    private static func document(_ answer: HookAnswer, id: EventID) -> HookAnswer {
        guard case .printed(let bytes) = answer, bytes.contains(where: { $0 > 0x20 }) else {
            return answer == .printed([]) ? answer : answer.emptied
        }
        guard let members = (try? JSONValue(parsing: bytes))?.members else {
            return .failed("it did not print one JSON object")
        }
        let others = members.filter { $0.name != "event_id" }
        return .printed(JSONValue.object([.init("event_id", .string(id.description))] + others).jsonBytes)
    }

    /// What a command could not do; said once for each of its ways to fail.
    func note(_ command: HookCommand, _ reason: String) {
        let fate = failure == .keep ? "sent as it was" : "dropped"
        let sentence = "\(command.option): \(reason); what it was given was \(fate)"
        if !troubles.contains(sentence), troubles.count < 10 { troubles.append(sentence) }
    }

    func add(_ reason: DiscardReason, logs: Int, bytes: Int) {
        discards.add(reason, .logItem, logs)
        discards.add(reason, .logByte, bytes)
    }

    func takeDiscards() -> DiscardCounts {
        defer { discards = DiscardCounts() }
        return discards
    }
}

extension HookAnswer {
    /// Blanks alone are nothing.
    fileprivate var emptied: HookAnswer {
        if case .printed = self { return .printed([]) }
        return self
    }
}
