// What the reporter and the profiler say to each other: one message a packet, laid out as those of the supervisor.
//
// The order: `start`, the descriptors in as many `descriptors` packets as they need, `jobStarted` (before or after those),
// and at the end `finish`. The profiler answers with chunks or a profile, then with `done`, and exits. The end of the
// socket is the end of the profiler: its reporter is gone, and another one starts another profiler.

import LinuxSystem

/// What the profiler finds open when the reporter has started it. 0 is /dev/null, 1 and 2 are too unless `--debug`.
package enum ProfilerDescriptors {
    /// The SOCK_SEQPACKET socket of ``ProfilerMessage`` and ``ProfilerAnswer``.
    package static let link = FileDescriptor(3)
    /// The first number that is none of these.
    package static let end: Int32 = 4
}

/// The largest packet between reporter and profiler, in bytes.
package let maximumProfilerPacket = 65536

/// Descriptors beside one packet, at most.
package let mostDescriptorsInPacket = 60

/// Where samples come from. What the descriptors are follows from it.
package enum SampleSource: UInt8, Sendable, CaseIterable {
    /// One perf event for each processor, by processor number, not yet mapped.
    case perf = 1
    /// A `SampleRing`, and the eventfd that says it has something.
    case ring = 2
}

/// What is to be sampled, and what becomes of it.
package struct ProfilerParameters: Sendable, Equatable {
    package var source: SampleSource
    /// Threads that wait are sampled too (`--profile-mode wall`).
    package var includesBlocked = false
    /// Samples a second and thread.
    package var frequency: UInt32
    /// Bytes of each stack that are copied.
    package var stackBytes: UInt32 = 0
    /// Share of one processor that sampling may take, in millionths: 20 000 is 2 %.
    package var budgetMillionths: UInt32
    /// How many descriptors follow.
    package var descriptors: UInt32
    /// When the run began: CLOCK_REALTIME and CLOCK_MONOTONIC in nanoseconds.
    package var startedWall: Int64
    package var startedMonotonic: Int64
    /// JSON for Sentry is wanted: a `profile` of a run that ends within ``transactionLimit``, chunks otherwise.
    package var isSent = false
    /// Milliseconds.
    package var transactionLimit: UInt32 = 30_000
    /// The longest chunk, in milliseconds.
    package var chunkLimit: UInt32 = 60_000
    /// How long names may take at the end, in milliseconds.
    package var symbolicationTime: UInt32 = 3_000
    /// The process of the job is known by ``ProfilerMessage/jobStarted(pid:)``; of a profiler that was started anew, samples
    /// before this one's start were lost.
    package var restarts: UInt8 = 0
    /// The file to be written, empty for none.
    package var output = ""
    /// Its format; empty: by the file's name.
    package var format = ""
    /// For people.
    package var title = ""
    /// The job's words without secrets.
    package var command: [String] = []
    /// As given to `--symbol-path`, `--in-app-include` and `--in-app-exclude`.
    package var symbolPaths: [String] = []
    package var inAppInclude: [String] = []
    package var inAppExclude: [String] = []

    package init(
        source: SampleSource, frequency: UInt32, budgetMillionths: UInt32, descriptors: UInt32, startedWall: Int64,
        startedMonotonic: Int64
    ) {
        self.source = source
        self.frequency = frequency
        self.budgetMillionths = budgetMillionths
        self.descriptors = descriptors
        self.startedWall = startedWall
        self.startedMonotonic = startedMonotonic
    }
}

/// One packet from the reporter.
package enum ProfilerMessage: Sendable, Equatable {
    case start(ProfilerParameters)
    /// Beside the packet are this many of the descriptors, in their order.
    case descriptors(count: UInt32)
    /// The job's process has executed its program.
    case jobStarted(pid: Int32)
    /// The job has ended, or nobody wants more of it: take what is left, and answer within this time.
    case finish(milliseconds: UInt32)
}

/// A part of a profile in Sentry's form. Beside the packet is a memory file with its JSON.
package struct ProfilePiece: Sendable, Equatable {
    /// CLOCK_REALTIME of the first sample and of the end, in nanoseconds.
    package var startedWall: Int64
    package var endedWall: Int64
    package var samples: UInt64
    /// The thread with which the run's transaction is linked: the job's main thread, or else one that has samples.
    package var thread: Int32
    package var threadName: String

    package init(startedWall: Int64, endedWall: Int64, samples: UInt64, thread: Int32, threadName: String) {
        self.startedWall = startedWall
        self.endedWall = endedWall
        self.samples = samples
        self.thread = thread
        self.threadName = threadName
    }
}

/// What became of the samples, at the end.
package struct ProfileOutcome: Sendable, Equatable {
    /// How they were taken: `perf`, `ptrace`, `proc`; several are joined by `+`.
    package var source: String
    package var taken: UInt64 = 0
    package var lost: UInt64 = 0
    package var throttled: UInt64 = 0
    package var late: UInt64 = 0
    package var truncated: UInt64 = 0
    /// Samples a second and thread at the end: lower than asked for where the budget was used up.
    package var frequency: UInt32
    package var processes: UInt32 = 0
    package var threads: UInt32 = 0
    /// Why the file could not be written; empty where it was, or where none was wanted.
    package var outputFailure = ""
    /// For people: the functions that took most, several lines.
    package var summary = ""
    /// Sentences without a full stop: what was not seen, and why.
    package var notes: [String] = []

    package init(source: String, frequency: UInt32) {
        self.source = source
        self.frequency = frequency
    }
}

/// One packet from the profiler.
package enum ProfilerAnswer: Sendable, Equatable {
    /// A chunk (protocol reference 8.3): beside the packet, the JSON of its member `profile`.
    case chunk(ProfilePiece)
    /// The profile of a short run (8.2): beside the packet, the JSON of its member `profile`, whose samples count from
    /// ``ProfilerParameters/startedWall``.
    case profile(ProfilePiece)
    /// The file was written, and nothing follows.
    case done(ProfileOutcome)
    /// There is no profile, and nothing follows: a clause for people.
    case failed(reason: String)
}
