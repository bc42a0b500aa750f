// What the backtracer answers: the stacks of a process, as Sentry shows them.

import SentryProtocol

/// The threads and images of a process that was read. Goes from the backtracer to the reporter as JSON, whose members have
/// the names of Sentry's own.
package struct CrashStacks: Sendable, Equatable {
    /// The one that the report is about comes first, with its stack trace. Frames are oldest first.
    package var threads: [ThreadRecord] = []
    /// Ascending by address.
    package var images: [DebugImage] = []
    /// Sentences about what is missing, and why.
    package var notes: [String] = []

    package init(threads: [ThreadRecord] = [], images: [DebugImage] = [], notes: [String] = []) {
        self.threads = threads
        self.images = images
        self.notes = notes
    }
}
