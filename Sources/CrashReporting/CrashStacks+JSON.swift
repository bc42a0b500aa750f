// Stacks on their way from the backtracer to the reporter, and into a run's record.

import SentryProtocol

extension CrashStacks: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { stacks in
            stacks.field("threads", threads)
            stacks.field("images", images)
            stacks.field("notes", notes)
        }
    }

    /// Reads a backtracer's answer: exactly one JSON object. Threads and images that are none are left out.
    ///
    /// - Returns: `nil` for anything else, for the beginning of one (a backtracer that was ended) too.
    package init?(parsing bytes: some Collection<UInt8>) {
        guard let json = try? JSONValue(parsing: bytes) else { return nil }
        self.init(json)
    }

    /// Reads what ``write(to:)`` wrote; `nil` where there is no list of threads.
    package init?(_ json: JSONValue) {
        guard let threads = json["threads"]?.array else { return nil }
        self.init(
            threads: threads.compactMap(ThreadRecord.init),
            images: json["images"]?.array?.compactMap(DebugImage.init) ?? [],
            notes: json["notes"]?.array?.compactMap(\.string) ?? [])
    }

    /// The thread that the report is about.
    package var subject: ThreadRecord? { threads.first }
}
