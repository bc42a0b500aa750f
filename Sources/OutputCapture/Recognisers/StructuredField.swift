// What the keys of structured lines mean, by the libraries that write them.

/// The meaning of a structured line's key.
enum StructuredField: Sendable, BitwiseCopyable {
    case level
    /// Python's numbers, not bunyan's.
    case pythonLevel
    /// OpenTelemetry's numbers.
    case severityNumber
    case time
    case message
    /// A message only where nothing else is one, and something says that this is a log.
    case body
    /// Serilog's compact form: the message before its parameters came in.
    case template
    /// The logger's name where the line is bunyan's, pino's or Python's.
    case name
    /// The crate's module, in tracing's form.
    case target
    /// `main.go:12`, or log/slog's object.
    case caller
    /// An object or text that tells of an error.
    case exception
    /// What Docker keeps of a container's line, or ECS' object.
    case log
    /// OpenTelemetry's file format: the record is inside.
    case resourceLogs
    /// An object whose members are the line's own.
    case members
    /// .NET's: members, with the template among them.
    case state
    /// Says nothing about what happened.
    case noise
    /// An attribute that Sentry's conventions name, see ``conventionalName(_:)``. By number: entries are copied often.
    case named(Int)
    case other

    @inline(__always) init(_ key: UnsafeRawBufferPointer) {
        self = ShortText(key).flatMap { Self.table[$0.lowered] } ?? .other
    }

    private struct Entry: Sendable {
        let key: StaticString
        let field: StructuredField

        init(_ key: StaticString, _ field: StructuredField) {
            self.key = key
            self.field = field
        }
    }

    private static let table = ShortTextTable((meanings + conventions).map { (text: $0.key, value: $0.field) })

    private static let meanings: [Entry] = [
        // logrus, zap, zerolog, slog, pino, winston … · log15 · log4j, GCP · Python · ECS · Serilog · Monolog
        Entry("level", .level), Entry("lvl", .level), Entry("severity", .level), Entry("levelname", .level),
        Entry("log.level", .level), Entry("loglevel", .level), Entry("priority", .level), Entry("@l", .level),
        Entry("level_name", .level), Entry("severitytext", .level), Entry("severity_text", .level),
        Entry("levelno", .pythonLevel), Entry("level_number", .pythonLevel),
        Entry("severitynumber", .severityNumber), Entry("severity_number", .severityNumber),
        Entry("time", .time), Entry("timestamp", .time), Entry("@timestamp", .time), Entry("ts", .time),
        Entry("t", .time), Entry("@t", .time), Entry("datetime", .time), Entry("asctime", .time),
        Entry("timeunixnano", .time), Entry("timemillis", .time),
        Entry("message", .message), Entry("msg", .message), Entry("short_message", .message), Entry("event", .message),
        Entry("@m", .message), Entry("@message", .message), Entry("body", .body), Entry("@mt", .template),
        Entry("name", .name), Entry("target", .target), Entry("caller", .caller), Entry("source", .caller),
        Entry("err", .exception), Entry("error", .exception),
        Entry("log", .log), Entry("resourcelogs", .resourceLogs),
        Entry("fields", .members), Entry("@fields", .members), Entry("context", .members), Entry("extra", .members),
        Entry("attributes", .members),
        Entry("state", .state),
        Entry("@version", .noise), Entry("level_value", .noise), Entry("ecs.version", .noise), Entry("v", .noise),
        Entry("taskname", .noise),
    ]

    static func conventionalName(_ number: Int) -> StaticString { conventionNames[number].1 }

    private static let conventions: [Entry] = conventionNames.enumerated().map {
        Entry($0.element.0, .named($0.offset))
    }

    private static let conventionNames: [(StaticString, StaticString)] = [
        ("logger", "logger.name"), ("logger_name", "logger.name"), ("loggername", "logger.name"),
        ("log.logger", "logger.name"), ("category", "logger.name"), ("sourcecontext", "logger.name"),
        ("channel", "logger.name"), ("progname", "logger.name"),
        ("thread", "thread.name"), ("thread_name", "thread.name"), ("threadname", "thread.name"),
        ("process.thread.name", "thread.name"), ("_thread_name", "thread.name"),
        ("thread_id", "thread.id"), ("threadid", "thread.id"), ("tid", "thread.id"),
        ("process.thread.id", "thread.id"),
        ("pid", "process.pid"), ("_pid", "process.pid"), ("process.pid", "process.pid"),
        ("process_id", "process.pid"), ("processid", "process.pid"),
        ("lineno", "code.line.number"), ("line_number", "code.line.number"), ("_line", "code.line.number"),
        ("pathname", "code.file.path"), ("filename", "code.file.path"), ("_file", "code.file.path"),
        ("funcname", "code.function.name"), ("func", "code.function.name"), ("_function", "code.function.name"),
        ("stacktrace", "exception.stacktrace"), ("stack_trace", "exception.stacktrace"),
        ("stack", "exception.stacktrace"), ("exc_info", "exception.stacktrace"), ("@x", "exception.stacktrace"),
        ("error.stack_trace", "exception.stacktrace"), ("full_message", "full_message"),
        ("error.type", "exception.type"), ("error.message", "exception.message"),
    ]
}
