// A printed exception as an event, or as what the run's event is about (protocol reference 3.3, 3.4).

import SentryProtocol

package enum ExceptionEvent {
    /// What was printed, as the wire has it.
    package struct Content: Sendable {
        package var platform: String
        /// The oldest cause first.
        package var chain: [SentryException]
        /// Beside the one that raised; empty where no others were printed.
        package var threads: [ThreadRecord]

        package init(platform: String, chain: [SentryException], threads: [ThreadRecord]) {
            self.platform = platform
            self.chain = chain
            self.threads = threads
        }
    }

    /// For exceptions that were read from output.
    package static func mechanism(handled: Bool, description: String? = nil) -> Mechanism {
        Mechanism(type: "auto.log.stderr_traceback", handled: handled, description: description)
    }

    /// The event of an exception that the run outlived.
    package static func make(_ content: Content, job: String, id: EventID, timestamp: Timestamp) -> Event {
        var event = Event(id: id, timestamp: timestamp, level: .error)
        event.logger = "sentry-run"
        event.transaction = job
        become(content, &event)
        return event
    }

    /// Makes the run's event tell of the exception that it failed of.
    ///
    /// Where a signal ended the job the event has its stack already: then the exception is the last of the chain and its
    /// frames say what language they are of. A native runtime's words are part of the crash's explanation, so there the
    /// stack that was read from the process says it all, and better.
    package static func attach(_ content: Content, to event: inout Event) {
        let hasStack = event.exceptions.first?.stackTrace?.frames.isEmpty == false
        guard event.exceptions.first?.mechanism?.signal != nil else { return become(content, &event) }
        if content.platform == "native", hasStack { return }
        var chain = content.chain
        for index in chain.indices {
            chain[index].threadID = nil
            for frame in chain[index].stackTrace?.frames.indices ?? 0..<0 {
                chain[index].stackTrace?.frames[frame].platform = content.platform
            }
        }
        event.exceptions += chain
        cap(&event)
    }

    private static func become(_ content: Content, _ event: inout Event) {
        event.platform = content.platform
        event.exceptions = content.chain
        event.threads = content.threads
        event.fingerprint = ExceptionGrouping.fingerprint(content.chain)
        cap(&event)
    }

    private static func cap(_ event: inout Event) {
        let notes = EventSize.fit(&event)
        guard !notes.isEmpty else { return }
        event.contexts["exception"] = ["left_out": .array(notes.map { .string($0) })]
    }
}

extension InAppRules {
    /// What people wrote of a frame; `nil` where they wrote nothing that fits.
    package func override(_ frame: Frame) -> Bool? {
        let names = [frame.package, frame.absolutePath, frame.filename, frame.module, frame.function].compactMap { $0 }
        if names.contains(where: { name in include.contains { name.hasPrefix($0) } }) { return true }
        if names.contains(where: { name in exclude.contains { name.hasPrefix($0) } }) { return false }
        return nil
    }
}
