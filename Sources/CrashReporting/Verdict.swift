// What a run's end means, as a pure function of the evidence.

import SentryProtocol

/// How a run ended and what each report says about it.
package struct Verdict: Sendable, Equatable {
    package let kind: Kind
    /// One sentence for people, without a full stop. What is inferred says from what.
    package let summary: String
    /// The job died of a signal within the startup window, or could not be loaded or started at all.
    package let isStartupCrash: Bool
    /// Why it could not be loaded or started, where that has a name.
    package let loaderError: LoaderError?
    /// The exception that the run failed of, as an index into ``Evidence/exceptions``.
    package let exception: Int?
    /// For the event, check-in, session and transaction.
    package let tags: [String: String]

    package enum Kind: Sendable, Equatable {
        case success
        case failedExit(code: Int32)
        /// Its own fault: a signal such as SIGSEGV.
        case crashed(signal: Int32)
        /// A signal from elsewhere.
        case killed(signal: Int32)
        case outOfMemory
        /// RLIMIT_CPU: by SIGXCPU, or by SIGKILL at the hard limit.
        case processorTimeLimit
        /// RLIMIT_FSIZE
        case fileSizeLimit
        case timedOut
        case couldNotStart
        /// Ended on request (TERM, INT, HUP), by the signal or by an exit code that is no success.
        case stopped(signal: Int32)
        /// Nobody saw how it ended.
        case supervisionLost

        /// For tags and fingerprints.
        package var name: String {
            switch self {
            case .success: "success"
            case .failedExit: "failed_exit"
            case .crashed: "crashed"
            case .killed: "killed"
            case .outOfMemory: "out_of_memory"
            case .processorTimeLimit: "cpu_limit"
            case .fileSizeLimit: "file_size_limit"
            case .timedOut: "timed_out"
            case .couldNotStart: "could_not_start"
            case .stopped: "stopped"
            case .supervisionLost: "supervision_lost"
            }
        }
    }

    /// Judges.
    package init(_ evidence: Evidence) {
        let kind = Kind(evidence)
        self.kind = kind
        let loaderError = evidence.loaderError
        self.loaderError = loaderError
        exception = evidence.cause(of: kind)
        summary = VerdictSummary(evidence: evidence, kind: kind).text
        isStartupCrash =
            (kind.isDeath || (kind.isFailedExit && loaderError != nil))
            && (evidence.runTime.map { $0 <= evidence.startupWindow } ?? (kind == .couldNotStart))
        var tags = ["exit.reason": kind.name]
        switch evidence.ending {
        case .exited(let code): tags["exit.code"] = String(code)
        case .signaled(let signal, _): tags["exit.signal"] = SignalName.of(signal)
        case .notStarted, .unknown: break
        }
        if isStartupCrash { tags["startup_crash"] = "true" }
        if evidence.hang != nil { tags["hang"] = "true" }
        if let child = evidence.tellingChild {
            tags["crash.process"] = child.name
            tags["crash.signal"] = SignalName.of(child.signal)
        }
        self.tags = tags
    }

    /// No signal death is a success, and neither is an end that nobody saw.
    package var isFailure: Bool { kind != .success }

    /// Nothing that could not be loaded or started ever worked: that is fatal, as a crash is.
    package var level: EventLevel {
        switch kind {
        case .success: .info
        case .failedExit: isStartupCrash ? .fatal : .error
        case .timedOut, .supervisionLost, .processorTimeLimit, .fileSizeLimit: .error
        case .crashed, .outOfMemory, .couldNotStart: .fatal
        case .killed(Signal.kill): .fatal
        case .killed(Signal.pipe): .warning
        case .killed: .error
        case .stopped(Signal.interrupt): .info
        case .stopped: .warning
        }
    }

    package var checkInStatus: CheckIn.Status { isFailure ? .error : .ok }

    package var sessionStatus: Session.Status {
        switch kind {
        case .failedExit: isStartupCrash ? .crashed : .exited
        case .success, .stopped: .exited
        case .crashed, .couldNotStart: .crashed
        case .killed, .outOfMemory, .processorTimeLimit, .fileSizeLimit, .timedOut, .supervisionLost: .abnormal
        }
    }

    package var spanStatus: SpanStatus {
        switch kind {
        case .success: .ok
        case .failedExit: .internalError
        case .crashed, .killed: .aborted
        case .outOfMemory, .processorTimeLimit, .fileSizeLimit: .resourceExhausted
        case .timedOut: .deadlineExceeded
        case .couldNotStart: .failedPrecondition
        case .stopped: .cancelled
        case .supervisionLost: .unknown
        }
    }
}

// MARK: - The rules

extension Verdict.Kind {
    /// A signal is taken for the reason of a later exit code for this long, in nanoseconds: a HUP of an hour ago was a
    /// reload.
    fileprivate static let stopWindow: Int64 = 30_000_000_000

    fileprivate init(_ evidence: Evidence) {
        switch evidence.ending {
        case .notStarted: self = .couldNotStart
        case .unknown: self = .supervisionLost
        case _ where evidence.timeoutStage > 0: self = .timedOut
        case .signaled(let signal, _): self = Self.ofSignal(signal, evidence)
        case .exited(let code): self = Self.ofExit(code, evidence)
        }
    }

    private static func ofSignal(_ signal: Int32, _ evidence: Evidence) -> Self {
        if signal == Signal.kill, evidence.oomKillRose { return .outOfMemory }
        if Signal.isRequestToStop(signal) { return .stopped(signal: signal) }
        if evidence.isSent(signal) { return .killed(signal: signal) }
        if signal == Signal.kill || signal == Signal.processorTime, evidence.usedUpProcessorTime {
            return .processorTimeLimit
        }
        // The kernel's own: a program that raises them has a sender.
        if evidence.crash?.signal == signal, let info = evidence.crash?.signalInfo, info.sender == nil {
            if signal == Signal.processorTime { return .processorTimeLimit }
            if signal == Signal.fileSize { return .fileSizeLimit }
        }
        return Signal.isFault(signal) ? .crashed(signal: signal) : .killed(signal: signal)
    }

    private static func ofExit(_ code: Int32, _ evidence: Evidence) -> Self {
        if evidence.okExitCodes.contains(code) { return .success }
        // A shell outlives its command that was killed, and tells by its code.
        if evidence.oomKillRose, code == 128 + Signal.kill { return .outOfMemory }
        // Asked to end, it did so in its own way.
        let request = evidence.signals.last { Signal.isRequestToStop($0.number) && $0.beforeEnd <= stopWindow }
        if let request { return .stopped(signal: request.number) }
        return .failedExit(code: code)
    }

    /// A sudden end that the job did not choose.
    fileprivate var isDeath: Bool {
        switch self {
        case .crashed, .killed, .outOfMemory, .couldNotStart: true
        case .success, .failedExit, .processorTimeLimit, .fileSizeLimit, .timedOut, .stopped, .supervisionLost: false
        }
    }

    fileprivate var isFailedExit: Bool {
        guard case .failedExit = self else { return false }
        return true
    }
}

extension Evidence {
    /// Another process sent the signal that ended the job: seen at its delivery, or as we passed it on.
    var isSentBySomebody: Bool {
        guard case .signaled(let signal, _) = ending else { return false }
        return isSent(signal)
    }

    fileprivate func isSent(_ signal: Int32) -> Bool {
        if crash?.signal == signal, let crash { return crash.isSentByAnother }
        return signals.contains { $0.number == signal && $0.beforeEnd <= Verdict.Kind.stopWindow }
    }

    /// The limit is checked by the tick, so a little less may be accounted for.
    fileprivate var usedUpProcessorTime: Bool {
        guard let limit = processorTimeLimit, let used = processorTime else { return false }
        return used >= limit * 1_000_000_000 - 20_000_000
    }

    /// The child that tells why the job failed: of a shell's 128+n, the last that died of n.
    var tellingChild: ChildDeath? {
        guard case .exited(let code) = ending, !okExitCodes.contains(code) else { return nil }
        return childDeaths.last { $0.signal == code - 128 } ?? childDeaths.last { Signal.isFault($0.signal) }
    }

    /// Loaders end a program with 127, musl's with 127 too; what could not be executed says so itself.
    var loaderError: LoaderError? {
        switch ending {
        case .exited(code: 127) where !okExitCodes.contains(127): LoaderError(in: lastErrorLines)
        case .exited(code: 1) where !okExitCodes.contains(1):
            // ld.so ends with 1 where a version is missing.
            LoaderError(in: lastErrorLines).flatMap { $0.kind == .missingLibraryVersion ? $0 : nil }
        case .notStarted(let errno, let reason): LoaderError(errno: errno, reason: reason)
        default: nil
        }
    }
}
