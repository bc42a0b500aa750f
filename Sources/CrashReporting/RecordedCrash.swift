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
}
