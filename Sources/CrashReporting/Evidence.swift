// Everything that is known about how a run ended.

/// What a verdict is made from. Nothing in here is inferred.
package struct Evidence: Sendable {
    /// The run's name, for sentences.
    package var jobName: String
    package var ending: Ending
    /// Exit codes that are no failure.
    package var okExitCodes: [Int32] = [0]
    /// Our own `--timeout`: 0 did not pass, 1 TERM was sent, 2 KILL was sent.
    package var timeoutStage: UInt8 = 0
    /// The limit of `--timeout`, in nanoseconds.
    package var timeout: Int64?
    /// Signals that were sent to us for the job, or to both, oldest first.
    package var signals: [ReceivedSignal] = []
    /// The cgroup's count of OOM kills is higher than at the start.
    package var oomKillRose = false
    /// The cgroup's limit and the most that was in use, in bytes; `nil` where they are not known (or there is no limit).
    package var memoryLimit: Int64?
    package var memoryUsage: Int64?
    /// RLIMIT_CPU and RLIMIT_FSIZE of the job, in seconds and bytes; `nil` for none. Of the former the hard one: there the
    /// kernel kills.
    package var processorTimeLimit: Int64?
    package var fileSizeLimit: Int64?
    /// What the job itself used of processors, in nanoseconds: without descendants where that is known.
    package var processorTime: Int64?
    /// The fatal signal of the job's own process, where it was seen.
    package var crash: ProcessCrash?
    /// Children that died of a signal, oldest first.
    package var childDeaths: [ChildDeath] = []
    /// How long the job had stood still when `--hang-timeout` passed, in nanoseconds; `nil` where it never did.
    package var hang: Int64?
    /// From the job's exec to its end, in nanoseconds; `nil` when it is not known.
    package var runTime: Int64?
    /// A death before this many nanoseconds is one at startup.
    package var startupWindow: Int64 = 2_000_000_000
    /// Exceptions that the output told of, in the order of their ends.
    package var exceptions: [ReportedException] = []
    /// The last lines of stderr, oldest first, with secrets already removed.
    package var lastErrorLines: [String] = []

    package init(jobName: String, ending: Ending) {
        self.jobName = jobName
        self.ending = ending
    }

    package enum Ending: Sendable, Equatable {
        case exited(code: Int32)
        case signaled(Int32, coreDumped: Bool)
        /// The program was never executed. `reason` is a clause for people.
        case notStarted(errno: Int32, reason: String)
        /// Nobody saw the end.
        case unknown

        /// From the raw status of wait4(2).
        package init(waitStatus: Int32) {
            let signal = waitStatus & 0x7F
            self =
                switch signal {
                case 0: .exited(code: waitStatus >> 8 & 0xFF)
                // Stopped: not an end.
                case 0x7F: .unknown
                default: .signaled(signal, coreDumped: waitStatus & 0x80 != 0)
                }
        }
    }

    /// A process of the job, not its own, that a signal ended.
    package struct ChildDeath: Sendable, Equatable {
        package var process: Int32
        package var name: String
        package var signal: Int32

        package init(process: Int32, name: String, signal: Int32) {
            self.process = process
            self.name = name
            self.signal = signal
        }

        package init(_ crash: ProcessCrash) {
            self.init(process: crash.process, name: crash.label, signal: crash.signal)
        }

        /// `importer (pid 812) crashed with SIGSEGV`
        var text: String {
            "\(name) (pid \(process)) \(Signal.isFault(signal) ? "crashed with" : "was killed by") \(SignalName.of(signal))"
        }
    }

    /// A signal and who sent it.
    package struct ReceivedSignal: Sendable, Equatable {
        package var number: Int32
        /// si_pid; 0 where the kernel sent it, the terminal's ^C for one.
        package var senderPID: Int32
        package var senderUser: UInt32
        /// The sender's command, where it could still be read.
        package var senderCommand: String?
        /// Nanoseconds from the signal to the job's end.
        package var beforeEnd: Int64

        package init(
            number: Int32, senderPID: Int32, senderUser: UInt32, senderCommand: String? = nil, beforeEnd: Int64 = 0
        ) {
            self.number = number
            self.senderPID = senderPID
            self.senderUser = senderUser
            self.senderCommand = senderCommand
            self.beforeEnd = beforeEnd
        }

        /// `by pid 812 (systemd), user 0`
        var senderText: String {
            guard senderPID != 0 else { return "by the terminal or the kernel" }
            return "by pid \(senderPID)\(senderCommand.map { " (\($0))" } ?? ""), user \(senderUser)"
        }
    }
}
