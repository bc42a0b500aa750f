// What the supervisor tells the reporter: one message a packet, fixed little-endian fields, the version first.

/// What identifies a run and when it began. Sent first, and again to a reporter that was started anew.
package struct RunStart: Sendable, Equatable {
    /// 16 random bytes; check-in, session and event ids are derived from them, so a reporter that was started anew
    /// (or another process that finishes the run's report) uses the same ones.
    package var runSeed: [UInt8]
    /// The trace that the run is part of, 16 bytes.
    package var traceID: [UInt8]
    /// The run's own span, 8 bytes: the parent of everything in the job.
    package var spanID: [UInt8]
    /// `sample_rand` of the trace in millionths, 0..<1 000 000.
    package var sampleRandMillionths: UInt32
    /// The supervisor's pid.
    package var supervisor: Int32
    /// CLOCK_REALTIME and CLOCK_MONOTONIC in nanoseconds, read together just before the job was started.
    package var startedWall: Int64
    package var startedMonotonic: Int64
    /// How often the reporter was started for this run before, 0 for the first.
    package var reporterRestarts: UInt8
    package var capturesOutput: Bool
    package var capturesError: Bool
    /// stdout and stderr are one open file and arrive together, in their order, as ``JobStream/output``.
    package var mergedStreams: Bool
    /// The job runs behind a pty.
    package var terminal: Bool

    package init(
        runSeed: [UInt8], traceID: [UInt8], spanID: [UInt8], sampleRandMillionths: UInt32, supervisor: Int32,
        startedWall: Int64, startedMonotonic: Int64, reporterRestarts: UInt8 = 0, capturesOutput: Bool = false,
        capturesError: Bool = false, mergedStreams: Bool = false, terminal: Bool = false
    ) {
        self.runSeed = runSeed
        self.traceID = traceID
        self.spanID = spanID
        self.sampleRandMillionths = sampleRandMillionths
        self.supervisor = supervisor
        self.startedWall = startedWall
        self.startedMonotonic = startedMonotonic
        self.reporterRestarts = reporterRestarts
        self.capturesOutput = capturesOutput
        self.capturesError = capturesError
        self.mergedStreams = mergedStreams
        self.terminal = terminal
    }
}

/// How the job ended, from wait4(2).
package struct JobExit: Sendable, Equatable {
    /// The raw wait status.
    package var waitStatus: Int32
    package var endedWall: Int64
    package var endedMonotonic: Int64
    /// From rusage; microseconds, KiB and counts. Includes the job's waited-for descendants.
    package var userMicroseconds: Int64
    package var systemMicroseconds: Int64
    package var maxResidentKiB: Int64
    package var minorFaults: Int64
    package var majorFaults: Int64
    package var blocksIn: Int64
    package var blocksOut: Int64
    package var voluntarySwitches: Int64
    package var involuntarySwitches: Int64
    /// Bytes passed through, and bytes of the copy that the reporter could not take.
    package var outputBytes: UInt64
    package var errorBytes: UInt64
    package var lostBytes: UInt64
    /// ``Termination`` stage: 0 no timeout of ours, 1 TERM was sent, 2 KILL was sent.
    package var timeoutStage: UInt8

    package init(
        waitStatus: Int32, endedWall: Int64, endedMonotonic: Int64, userMicroseconds: Int64 = 0,
        systemMicroseconds: Int64 = 0, maxResidentKiB: Int64 = 0, minorFaults: Int64 = 0, majorFaults: Int64 = 0,
        blocksIn: Int64 = 0, blocksOut: Int64 = 0, voluntarySwitches: Int64 = 0, involuntarySwitches: Int64 = 0,
        outputBytes: UInt64 = 0, errorBytes: UInt64 = 0, lostBytes: UInt64 = 0, timeoutStage: UInt8 = 0
    ) {
        self.waitStatus = waitStatus
        self.endedWall = endedWall
        self.endedMonotonic = endedMonotonic
        self.userMicroseconds = userMicroseconds
        self.systemMicroseconds = systemMicroseconds
        self.maxResidentKiB = maxResidentKiB
        self.minorFaults = minorFaults
        self.majorFaults = majorFaults
        self.blocksIn = blocksIn
        self.blocksOut = blocksOut
        self.voluntarySwitches = voluntarySwitches
        self.involuntarySwitches = involuntarySwitches
        self.outputBytes = outputBytes
        self.errorBytes = errorBytes
        self.lostBytes = lostBytes
        self.timeoutStage = timeoutStage
    }
}

/// What goes with a snapshot.
package struct SnapshotNotice: Sendable, Equatable {
    package var reason: SnapshotReason
    package var process: Int32
    package var thread: Int32
    /// The signal that ends the process, 0 where there is none.
    package var signal: Int32
    /// How long the process stood still for it, in nanoseconds.
    package var stoppedNanoseconds: Int64
    /// What is beside the packet after the snapshot itself: bit 0 the root directory, bit 1 the executable.
    package var descriptors: UInt8

    package static let rootDirectory: UInt8 = 1
    package static let executable: UInt8 = 2

    package init(
        reason: SnapshotReason, process: Int32, thread: Int32, signal: Int32, stoppedNanoseconds: Int64,
        descriptors: UInt8
    ) {
        self.reason = reason
        self.process = process
        self.thread = thread
        self.signal = signal
        self.stoppedNanoseconds = stoppedNanoseconds
        self.descriptors = descriptors
    }
}

/// Whether and how the job is traced.
package struct TracingState: Sendable, Equatable {
    package enum Mode: UInt8, Sendable, CaseIterable {
        /// `--trace off`.
        case off = 0
        /// Every process of the job.
        case tree = 1
        /// The job's own process and its threads.
        case main = 2
        /// Not permitted: ``TracingState/detail`` says what refused it.
        case refused = 3
        /// Its budget was used up: new processes are followed no more, or none is any more.
        case reduced = 4
        case letGo = 5
    }

    package var mode: Mode
    /// How long the job stood still for us so far, summed over its threads, in nanoseconds.
    package var stoppedNanoseconds: Int64
    /// Processes that were let go, and processes that were not followed from their start.
    package var processesLetGo: UInt32
    /// A clause for people; may be empty.
    package var detail: String

    package init(mode: Mode, stoppedNanoseconds: Int64 = 0, processesLetGo: UInt32 = 0, detail: String = "") {
        self.mode = mode
        self.stoppedNanoseconds = stoppedNanoseconds
        self.processesLetGo = processesLetGo
        self.detail = detail
    }
}

/// Whether and how the job's stacks are sampled.
package struct SamplingState: Sendable, Equatable {
    /// `nil`: they are not, and ``detail`` says why.
    package var source: SampleSource?
    /// Bytes of each stack that are copied.
    package var stackBytes: UInt32
    /// How many descriptors follow (``LinkMessage/samplingDescriptors(count:)``); what they are, ``SampleSource`` says.
    package var descriptors: UInt32
    /// Clauses for people, such as why it is not perf; may be empty.
    package var detail: String

    package init(source: SampleSource?, stackBytes: UInt32 = 0, descriptors: UInt32 = 0, detail: String = "") {
        self.source = source
        self.stackBytes = stackBytes
        self.descriptors = descriptors
        self.detail = detail
    }
}

/// One packet from the supervisor.
package enum LinkMessage: Sendable, Equatable {
    case runStart(RunStart)
    /// The job's process exists and has executed the program.
    case jobStarted(pid: Int32)
    /// The program could not be executed. `reason` is a sentence for people (missing interpreter, …), UTF-8.
    case execFailed(errno: Int32, reason: String)
    /// The supervisor got a signal and passed it to the job. `sender` is si_pid, 0 where the kernel sent it.
    case signalForwarded(signal: Int32, sender: Int32, senderUser: UInt32)
    /// The job was already sent this signal by the sender itself (it went to the whole group).
    case signalSeen(signal: Int32, sender: Int32, senderUser: UInt32)
    /// `--timeout` passed: 1 TERM was sent, 2 KILL was sent.
    case timeout(stage: UInt8)
    case jobStopped(signal: Int32)
    case jobContinued
    case jobExited(JobExit)
    /// The reader of our stdout or stderr is gone: close the copy of the job's pipe, so that the job gets its SIGPIPE.
    /// Answered by ``ReporterMessage/closedStream(_:)``.
    case closeStream(JobStream)
    /// A process was read while it stood still. Beside the packet go the snapshot (``ProcessSnapshot``), the root
    /// directory of the process, and its executable; the latter two may be missing (``SnapshotNotice/descriptors``).
    case snapshot(SnapshotNotice)
    /// A process of the job, while its processes are traced. Times are CLOCK_MONOTONIC in nanoseconds.
    case processForked(pid: Int32, parent: Int32, time: Int64)
    /// It executes another program, which the kernel calls `name`; `/proc/PID/` tells more as long as it lives.
    case processExecuted(pid: Int32, name: String, time: Int64)
    /// The raw wait status where we learned it, -1 where not.
    case processEnded(pid: Int32, waitStatus: Int32, time: Int64)
    /// How the job is traced, whenever that changes.
    case tracing(TracingState)
    /// How the job is sampled, where it is to be profiled.
    case sampling(SamplingState)
    /// Beside the packet are this many of the descriptors, in their order.
    case samplingDescriptors(count: UInt32)
    /// Take the signals that are pending because they were sent to the whole process group. Answered by
    /// ``ReporterMessage/drained``.
    case drainSignals
}

/// One packet from the reporter.
package enum ReporterMessage: Sendable, Equatable {
    /// The link is being read.
    case ready
    case closedStream(JobStream)
    /// Nobody reads samples any more: none are to be taken.
    case samplingAbandoned
    /// The signals that were pending in the reporter are taken: what is pending from now on is new.
    case drained
    /// Everything about the run is in the spool. `notice` is the line for the user's stderr (may be empty, no newline);
    /// `pending` says that envelopes wait for delivery, `urgent` that it is worth waiting for: the job died as it started,
    /// so that the next one may die before it can tell.
    case settled(notice: String, pending: Bool, urgent: Bool)
    /// After ``settled(notice:pending:urgent:)``: the spool has nothing left of this run (for ``LinkMessage`` senders that
    /// wait for delivery).
    case delivered
}
