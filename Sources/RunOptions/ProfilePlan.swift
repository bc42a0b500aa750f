// How a run, or a process that runs already, is to be profiled.

/// The settled meaning of the options about profiling.
package struct ProfilePlan: Sendable, Equatable {
    /// Samples a second and thread, 1...1000.
    package var frequency = 101
    package var source = Source.automatic
    package var mode = Mode.cpu
    /// The share of one processor that sampling may take; 0...1.
    package var budget = 0.02
    /// Of the runs whose transaction is sent, the share whose profile is sent with it; 0...1.
    package var sampleRate = 1.0
    /// The file to be written; `nil` is none (of `sentry-run profile`: one in the working directory).
    package var output: String?
    /// `nil`: by the file's name.
    package var format: Format?
    /// Nothing is sent or kept; what was found is printed (`sentry-run profile -- CMD`).
    package var isLocal = false

    package enum Source: String, Sendable, CaseIterable {
        /// perf where the kernel permits it, otherwise ptrace.
        case automatic = "auto"
        case perf
        case ptrace
    }

    package enum Mode: String, Sendable, CaseIterable {
        /// Threads that run.
        case cpu
        /// All threads, also those that wait.
        case wall
    }

    package enum Format: String, Sendable, CaseIterable {
        case html
        case svg
        case speedscope
        case pprof
        case collapsed
        case firefox
        case perf
    }

    package init() {}
}

/// What `sentry-run profile` is asked for where it starts no job.
package enum ProfileRequest: Sendable, Equatable {
    /// Of a process that runs, and what it starts. Nanoseconds; `nil` is until it ends, or ^C.
    case attach(process: Int32, duration: Int64?)
    /// Of two files, what changed from the first to the second.
    case difference(String, String)
    /// A file in another format.
    case convert(String)
}
