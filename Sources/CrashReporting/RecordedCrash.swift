// A crash as it is kept in a run's record and shown by `sentry-run show`.

import SentryProtocol

/// The facts and the stacks, together.
package struct RecordedCrash: Sendable, Equatable, JSONWritable {
    package var facts: ProcessCrash
    /// Empty where none could be taken: the notes say why.
    package var stacks: CrashStacks
    /// The id of the event that tells of it.
    package var eventID: String?

    package init(facts: ProcessCrash, stacks: CrashStacks, eventID: String? = nil) {
        self.facts = facts
        self.stacks = stacks
        self.eventID = eventID
    }

    package func write(to json: inout JSONWriter) {
        json.object { crash in
            crash.field("facts", facts)
            crash.field("stacks", stacks)
            crash.field("event_id", eventID)
        }
    }

    /// Reads what ``write(to:)`` wrote; `nil` where there are no facts.
    package init?(_ json: JSONValue) {
        guard let facts = json["facts"].flatMap(ProcessCrash.init) else { return nil }
        self.init(
            facts: facts, stacks: json["stacks"].flatMap(CrashStacks.init) ?? CrashStacks(),
            eventID: json["event_id"]?.string)
    }

    /// For the run's record: at most about `limit` bytes of JSON, where other threads lose first their source lines, then
    /// their middle, then themselves.
    package func bounded(to limit: Int = 4 << 20) -> RecordedCrash {
        var crash = self
        let steps: [(inout CrashStacks) -> Void] = [
            { $0.mapOthers(EventSize.withoutSource) },
            { $0.mapOthers { EventSize.capped($0, oldest: 16, newest: 48) } },
            { $0.keepThreads(1000) },
            { $0.mapOthers { EventSize.capped($0, oldest: 4, newest: 12) } },
            { $0.keepThreads(EventSize.maximumThreads) },
        ]
        for step in steps where crash.stacks.wireSize > limit { step(&crash.stacks) }
        return crash
    }
}

extension CrashStacks {
    fileprivate mutating func mapOthers(_ change: (StackTrace) -> StackTrace?) {
        for index in threads.indices.dropFirst() {
            threads[index].stackTrace = threads[index].stackTrace.flatMap(change)
        }
    }

    fileprivate mutating func keepThreads(_ limit: Int) {
        guard threads.count > limit else { return }
        notes.append("of \(threads.count) threads the first \(limit) are kept here")
        threads = Array(threads.prefix(limit))
    }
}
