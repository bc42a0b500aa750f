// What is to be supervised, and how: all that this room is told.

import LinuxSystem

/// The program to run and what it finds.
package struct JobDescription {
    /// The job's argv, program first, as raw bytes.
    package var arguments: RawWords
    package var environment: RawWords
    package var streams: StreamPlan
    package var signals: CallerSignals
    /// The pty that the job gets; `nil` where it inherits whatever terminal there is.
    package var terminal: TerminalPlan?
    /// The job leads a process group of its own, and signals go to the whole group.
    package var ownGroup = false

    package init(arguments: RawWords, environment: RawWords, streams: StreamPlan, signals: CallerSignals) {
        self.arguments = arguments
        self.environment = environment
        self.streams = streams
        self.signals = signals
    }

    /// The program's word, invalid UTF-8 repaired.
    package var programName: String { arguments[0].map { text(cString: $0) } ?? "" }
}

/// The run's identity, passed on to the reporter without looking into it.
package struct LinkIdentity: Sendable {
    /// 16 random bytes.
    package var seed: [UInt8]
    /// 16 and 8 bytes.
    package var traceID: [UInt8]
    package var spanID: [UInt8]
    /// 0..<1 000 000.
    package var sampleRandMillionths: UInt32

    package init(seed: [UInt8], traceID: [UInt8], spanID: [UInt8], sampleRandMillionths: UInt32) {
        self.seed = seed
        self.traceID = traceID
        self.spanID = spanID
        self.sampleRandMillionths = sampleRandMillionths
    }
}

/// One run. Durations are nanoseconds.
package struct SupervisionPlan {
    package var job: JobDescription
    package var identity: LinkIdentity
    /// This process's own argv and environment, which the reporter parses again.
    package var ownArguments: RawWords
    package var ownEnvironment: RawWords
    /// `nil`: nothing is reported, and we are a plain init.
    package var reporter: ReporterProgram?
    package var timeout: Int64?
    package var killAfter: Int64 = 10_000_000_000
    package var subreaper = false
    /// How long the end waits for delivery; `nil` where it need not.
    package var deliveryWait: Int64?
    package var quiet = false
    package var tracing = TracePlan.off
    /// `nil`: the job is not sampled.
    package var profiling: ProfilingPlan?
    /// How long the reporter may look for the names of frames.
    package var symbolicationTime: Int64 = 0

    package init(
        job: JobDescription, identity: LinkIdentity, ownArguments: RawWords, ownEnvironment: RawWords,
        reporter: ReporterProgram?
    ) {
        self.job = job
        self.identity = identity
        self.ownArguments = ownArguments
        self.ownEnvironment = ownEnvironment
        self.reporter = reporter
    }
}
