// Which of the job's streams a line came from.

/// A captured stream. When stdout and stderr are one open file, everything arrives as ``standardOutput``.
package enum CapturedStream: UInt8, Sendable, CaseIterable {
    case standardOutput
    case standardError

    /// As a log's `sentry.origin`.
    var origin: StaticString {
        switch self {
        case .standardOutput: "auto.log.stdout"
        case .standardError: "auto.log.stderr"
        }
    }

    /// The same of an exception.
    var exceptionOrigin: StaticString {
        switch self {
        case .standardOutput: "auto.log.stdout_traceback"
        case .standardError: "auto.log.stderr_traceback"
        }
    }

    /// As breadcrumb category.
    package var name: String { literal.description }

    var literal: StaticString {
        switch self {
        case .standardOutput: "stdout"
        case .standardError: "stderr"
        }
    }
}
