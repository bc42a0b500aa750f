// Which of the job's streams a line came from.

/// A captured stream. When stdout and stderr are one open file, everything arrives as ``standardOutput``.
package enum CapturedStream: UInt8, Sendable, CaseIterable {
    case standardOutput
    case standardError

    /// As breadcrumb category and in a log's `sentry.origin`.
    package var name: String {
        switch self {
        case .standardOutput: "stdout"
        case .standardError: "stderr"
        }
    }
}
