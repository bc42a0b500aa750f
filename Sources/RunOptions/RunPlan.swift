// What one `sentry-run -- CMD` is to do, after flags, environment and files were merged and checked. Nobody reads a flag
// or an environment variable for an option once a plan exists.

import Patterns
import SentryProtocol

/// The settled meaning of a command line. Durations are nanoseconds.
package struct RunPlan: Sendable {
    // MARK: The job

    /// Index in argv of the job's program. The job's arguments are taken from argv itself: they need not be UTF-8.
    package var commandIndex = 0
    /// The job's words with invalid UTF-8 repaired, for reports only.
    package var command: [String] = []
    package var timeout: Int64?
    /// From the TERM of `timeout` to the KILL.
    package var killAfter: Int64 = 10_000_000_000
    package var killGroup = false
    package var subreaper = false
    package var terminal: TerminalMode = .automatic
    package var exitStyle: ExitStyle = .mirror
    /// How long the end may wait for delivery where our exit ends everything.
    package var flushTimeout: Int64 = 2_000_000_000

    package enum TerminalMode: String, Sendable, CaseIterable {
        /// A pty for the job when stdout or stderr is a terminal.
        case automatic = "auto"
        /// The terminal is inherited and nothing of it captured.
        case never
    }

    package enum ExitStyle: String, Sendable, CaseIterable {
        /// Die of the job's signal (128+n as PID 1).
        case mirror
        case shell = "128+n"
    }

    // MARK: Where reports go

    /// The text as given, checked by ``DSN``; `nil` keeps reports locally.
    package var dsn: DSN?
    package var spotlight: String?
    package var stateDirectory: String?
    package var quiet = false
    package var debug = false

    // MARK: What reports say

    package var environment = "production"
    package var release: String?
    package var dist: String?
    package var serverName: String?
    /// The transaction's and the run's name; `nil` is the program's base name (or the monitor's slug).
    package var name: String?
    package var tags: [(key: String, value: String)] = []
    package var user: [(key: String, value: String)] = []
    /// Custom contexts: name, then key and value.
    package var contexts: [(name: String, key: String, value: String)] = []
    package var fingerprint: [String] = []
    package var featureFlags: [(name: String, value: JSONValue)] = []
    /// Glob patterns of files to attach when the run fails.
    package var attachments: [String] = []
    package var maxAttachmentBytes = 20 << 20
    package var sendDefaultPII = false

    // MARK: What is reported

    /// Exit codes that are no failure. 0 always is one.
    package var okExitCodes: ExitCodes = [0]
    package var sampleRate = 1.0
    /// `nil`: traces are continued and handed on, but no transaction is sent.
    package var tracesSampleRate: Double?
    package var maxBreadcrumbs = 100
    package var logs: LogMode = .all
    /// Whether exceptions are looked for in the output.
    package var exceptions = true
    /// Exceptions that the job went on after become events, too, at most so many of a run.
    package var captureErrors = false
    package var maxCapturedErrors = 10
    package var sessions = true
    package var clientReports = true
    package var monitor: MonitorPlan?

    package enum LogMode: String, Sendable, CaseIterable {
        case all
        /// warn and above
        case warn
        case off
    }

    /// Lines a second that become logs; `nil` for all.
    package var maxLogRate: Int? = 1000

    // MARK: What is removed, and hooks

    /// What matches is removed, besides secrets.
    package var scrubbed: [LinePattern] = []
    /// Keys whose values stay, and values that stay.
    package var allowedKeys: [String] = []
    package var allowedValues: [LinePattern] = []
    /// Of events, by type, value or title.
    package var ignoredErrors: [LinePattern] = []
    package var ignoredLines: [LinePattern] = []
    /// Command lines for a shell.
    package var beforeSend: String?
    package var beforeSendLog: String?
    package var beforeSendTransaction: String?
    package var hookTimeout: Int64 = 5_000_000_000
    package var hookFailure = HookFailure.drop

    package enum HookFailure: String, Sendable, CaseIterable {
        case drop
        case keep
    }

    // MARK: Crashes

    package var tracing: TraceMode = .automatic
    /// The share of the run's time that the job may stand still for being traced, beyond a grace of 50 ms; 0...1.
    package var traceBudget = 0.01
    /// How long the job may neither write nor use a processor before its stacks are reported.
    package var hangTimeout: Int64?
    /// A death before this is one at startup.
    package var startupWindow: Int64 = 2_000_000_000
    /// Directories in which files of symbols are looked for, before the system's own.
    package var symbolPaths: [String] = []
    /// How long a report may wait for the names of its frames.
    package var symbolicationTimeout: Int64 = 3_000_000_000
    /// Prefixes of paths, or of function names, whose frames are (or are not) the application's own.
    package var inAppInclude: [String] = []
    package var inAppExclude: [String] = []

    package enum TraceMode: String, Sendable, CaseIterable {
        /// Every process of the job, as long as that costs less than the budget.
        case automatic = "auto"
        /// Every process of the job, whatever it costs.
        case tree
        /// The job's own process and its threads.
        case main
        case off
    }

    // MARK: Profiles

    /// `nil`: nothing is sampled.
    package var profile: ProfilePlan?

    /// Values that could not be used and were left out, each a sentence naming the value's source and what is allowed.
    package var problems: [String] = []

    package init() {}
}

/// A monitor (cron) that the run checks in to. Protocol reference 4.
package struct MonitorPlan: Sendable, Equatable {
    /// Normalised, never empty.
    package var slug: String
    /// `nil` sends no configuration: the monitor must exist.
    package var schedule: MonitorSchedule?
    /// Minutes.
    package var checkInMargin: Int?
    /// Minutes.
    package var maxRuntime: Int?
    package var timezone: String?
    package var failureIssueThreshold: Int?
    package var recoveryThreshold: Int?
    package var owner: String?

    package init(slug: String, schedule: MonitorSchedule? = nil) {
        self.slug = slug
        self.schedule = schedule
    }
}
