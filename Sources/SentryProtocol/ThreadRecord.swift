// A process's threads (protocol reference 3.5).

/// One thread of the process that an event is about.
package struct ThreadRecord: Sendable, Equatable, JSONWritable {
    /// Linux's thread id.
    package var id: Int
    package var name: String?
    package var crashed: Bool?
    /// In the foreground of the report.
    package var current: Bool?
    package var main: Bool?
    /// Free text, such as `S` or `did not stop within 100 ms`.
    package var state: String?
    /// Left out for the crashed thread: there the exception has it.
    package var stackTrace: StackTrace?

    package init(
        id: Int, name: String? = nil, crashed: Bool? = nil, current: Bool? = nil, main: Bool? = nil,
        state: String? = nil, stackTrace: StackTrace? = nil
    ) {
        self.id = id
        self.name = name
        self.crashed = crashed
        self.current = current
        self.main = main
        self.state = state
        self.stackTrace = stackTrace
    }

    package func write(to json: inout JSONWriter) {
        json.object { thread in
            thread.field("id", id)
            thread.field("name", name, limit: 1024)
            thread.field("crashed", crashed)
            thread.field("current", current)
            thread.field("main", main)
            thread.field("state", state, limit: 128)
            if let stackTrace, !stackTrace.frames.isEmpty { thread.field("stacktrace", stackTrace) }
        }
    }
}
