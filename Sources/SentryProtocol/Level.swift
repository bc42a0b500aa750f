// How bad something is. Events and logs spell it differently.

/// The level of an event or breadcrumb. Anything else, `warn` included, becomes `error` on the server.
package enum EventLevel: String, Sendable, CaseIterable, Comparable {
    case debug
    case info
    case warning
    case error
    case fatal

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// The level of a structured log. The raw value is the wire's `severity_number`: the lowest of OpenTelemetry's range.
package enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
    case trace = 1
    case debug = 5
    case info = 9
    case warn = 13
    case error = 17
    case fatal = 21

    /// The name in a log entry.
    package var name: String { literal.description }

    package var literal: StaticString {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        case .fatal: "fatal"
        }
    }

    /// The level of a breadcrumb or event of the same weight.
    package var eventLevel: EventLevel {
        switch self {
        case .trace, .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        case .fatal: .fatal
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
