// The reporter's life: started, told, started anew, given up.

import LinuxSystem
import SupervisorLink

extension Supervisor {
    /// A run has one reporter and this many more.
    private static let mostRestarts: UInt8 = 3

    // MARK: Start

    func startReporter() {
        guard let program = plan.reporter else { return }
        do throws(SystemError) {
            let started = try ReporterProcess.start(
                program, arguments: plan.ownArguments, environment: plan.ownEnvironment,
                descriptors: reporterDescriptors(), first: [.runStart(runStart())] + whatHappened())
            reporterStarts += 1
            try poll.add(started.link.descriptor, .readable, token: Token.link.rawValue)
            reporter = started
            tellSampling()
        } catch {
            copies?.close()
            endSampling()
            if !plan.quiet { say("the run is not reported: \(error)") }
        }
    }

    private func reporterDescriptors() -> ReporterProcess.Descriptors {
        var descriptors = ReporterProcess.Descriptors()
        descriptors.copy = copies?.readEnd
        for stream in streams {
            let source = stream.isSourceOpen ? stream.pump.source : nil
            switch stream.pump.stream {
            case .output: descriptors.jobOutput = source
            case .error: descriptors.jobError = source
            }
        }
        return descriptors
    }

    private func runStart() -> RunStart {
        return RunStart(
            runSeed: plan.identity.seed, traceID: plan.identity.traceID, spanID: plan.identity.spanID,
            sampleRandMillionths: plan.identity.sampleRandMillionths, supervisor: ProcessIdentity.process,
            startedWall: startedWall, startedMonotonic: startedMonotonic.nanoseconds,
            reporterRestarts: reporterStarts, capturesOutput: captures(.output), capturesError: captures(.error),
            mergedStreams: mergesStreams, terminal: session != nil)
    }

    private func captures(_ wanted: JobStream) -> Bool {
        streams.contains { $0.pump.stream.rawValue == wanted.rawValue }
    }

    private var mergesStreams: Bool {
        let routes = plan.job.streams
        return routes.error == .withOutput || session != nil && routes.output == .terminal && routes.error == .terminal
    }

    /// The state of the run, for a reporter that begins now.
    private func whatHappened() -> [LinkMessage] {
        if let execFailure { return [.execFailed(errno: execFailure.errno, reason: execFailure.reason)] }
        guard let job else { return [] }
        let tracing: [LinkMessage] =
            plan.tracing.tellsProcesses
            ? [.tracing(tracingState), executed(job.process, at: startedMonotonic)]
            : [.tracing(tracingState)]
        return [.jobStarted(pid: job.process)] + tracing
    }

    // MARK: End

    /// It died: whether anything can still be reported is tried a bounded number of times.
    func reporterEnded() {
        guard let ended = reporter else { return }
        forget(ended)
        closing = []
        closeDeadline = nil
        if settled != nil || reporterStarts > Self.mostRestarts {
            copies?.close()
            endSampling()
            return
        }
        startReporter()
        if isEndTold { sendEnd() }
    }

    private func forget(_ ended: ReporterProcess) {
        if !ended.isClosed { poll.remove(ended.link.descriptor) }
        ended.close()
        reporter = nil
        isReporterReady = false
    }

    /// It was told to close a stream and did not: its end closes it.
    func abandonHungReporter() {
        closeDeadline = nil
        reporter?.kill()
    }

    // MARK: Messages

    func takeReporterMessages() {
        guard let reporter else { return }
        reporter.flush()
        watchForRoom(reporter)
        while true {
            switch reporter.receive() {
            case .nothing: return
            case .foreign: continue
            case .end:
                // Its process ends too, or hangs; either way there is nothing more to read.
                poll.remove(reporter.link.descriptor)
                return
            case .message(let message): take(message)
            }
        }
    }

    private func take(_ message: ReporterMessage) {
        switch message {
        case .ready: isReporterReady = true
        case .closedStream(let stream):
            closing.removeAll { $0 == stream }
            if closing.isEmpty { closeDeadline = nil }
        case .settled(let notice, let pending, let urgent): settled = (notice, pending, urgent)
        case .delivered: isDelivered = true
        case .samplingAbandoned: endSampling()
        case .drained: forwarder.witnessWasDrained(at: .now)
        }
    }

    /// Tells the job's end. After an exec failure there is none to tell.
    func sendEnd() {
        isEndTold = true
        guard let jobEnd, let reporter else { return }
        if tracer != nil { reporter.send(.tracing(tracingState)) }
        reporter.send(.jobExited(jobExit(jobEnd)))
        watchForRoom(reporter)
    }

    private func watchForRoom(_ reporter: ReporterProcess) {
        let interest: EventPoll.Interest = reporter.hasUnsent ? [.readable, .writable] : .readable
        attempt("watching the link") { () throws(SystemError) in
            try poll.modify(reporter.link.descriptor, interest, token: Token.link.rawValue)
        }
    }

    private func jobExit(_ end: JobEnd) -> JobExit {
        let usage = end.change.usage
        func bytes(_ stream: JobStream) -> UInt64 {
            streams.first { $0.pump.stream == stream }?.pump.passedBytes ?? 0
        }
        return JobExit(
            waitStatus: end.change.rawStatus, endedWall: end.wall, endedMonotonic: end.monotonic.nanoseconds,
            userMicroseconds: usage.userMicroseconds, systemMicroseconds: usage.systemMicroseconds,
            maxResidentKiB: usage.maxResidentKiB, minorFaults: usage.minorFaults, majorFaults: usage.majorFaults,
            blocksIn: usage.blocksIn, blocksOut: usage.blocksOut, voluntarySwitches: usage.voluntarySwitches,
            involuntarySwitches: usage.involuntarySwitches, outputBytes: bytes(.output), errorBytes: bytes(.error),
            lostBytes: streams.reduce(copyBytesLost) { $0 + $1.pump.lostBytes },
            timeoutStage: timeout.stage.rawValue)
    }
}
