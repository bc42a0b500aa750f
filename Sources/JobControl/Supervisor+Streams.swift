// The captured streams: their pumps, readers that go away, and what outlives the job.

import LinuxSystem
import SupervisorLink

/// A captured stream and what is known of its end.
struct CapturedStream {
    let pump: OutputPump
    /// The job's pipe is still open here.
    var isSourceOpen = true
    /// Its final state was dealt with.
    var isHandled = false
}

extension Supervisor {
    /// Their pumps are made, but do not run yet: the reporter is told of them, and would share the processors with them.
    func openStreams() {
        guard let job else { return }
        if let output = job.output { openStream(.output, from: output, to: .standardOutput) }
        if let error = job.error { openStream(.error, from: error, to: .standardError) }
        if let terminal = job.terminal, let outlet = session?.plan.outlet {
            openStream(outlet == .standardOutput ? .output : .error, from: terminal, to: outlet)
        }
    }

    private func openStream(_ stream: JobStream, from source: FileDescriptor, to destination: FileDescriptor) {
        do throws(SystemError) {
            if copies == nil, plan.reporter != nil { copies = try CopyChannel(runSeed: plan.identity.seed) }
            let pump = try OutputPump(
                stream: stream, source: source, destination: destination, copy: copies, changed: pumpsChanged)
            streams.append(CapturedStream(pump: pump))
        } catch { giveUpCapture(from: source, to: destination, because: error) }
    }

    func startPumps() {
        if streams.isEmpty { return }
        shareOneHeap()
        for index in streams.indices.reversed() {
            let pump = streams[index].pump
            do throws(SystemError) { try pump.start() } catch {
                streams.remove(at: index)
                // It has its own copy of the job's pipe: with that open the job would get no SIGPIPE.
                reporter?.send(.closeStream(pump.stream))
                giveUpCapture(from: pump.source, to: pump.destination, because: error)
            }
        }
    }

    /// No descriptors or no threads left. The bytes still go their way, on this thread after everything started.
    private func giveUpCapture(
        from source: FileDescriptor, to destination: FileDescriptor, because error: SystemError
    ) {
        uncaptured.add(from: source, to: destination)
        if !plan.quiet { say("output is not captured: \(error)") }
    }

    // MARK: While the job runs

    func takeStreamChanges() {
        _ = pumpsChanged.take()
        for index in streams.indices where !streams[index].isHandled {
            let state = streams[index].pump.state
            if state == .running { continue }
            streams[index].isHandled = true
            streamEnded(index, state)
        }
    }

    private func streamEnded(_ index: Int, _ state: OutputPump.State) {
        let stream = streams[index].pump.stream
        switch state {
        case .running, .heldOpen: break
        case .ended where streams[index].pump.source == job?.terminal:
            // What was typed and not read is in it still.
            break
        case .ended:
            closeSource(index)
            guard jobEnd == nil else { return }
            giveUpOutput(stream)
            // Nobody is waiting for it, so there is no hurry.
            reporter?.send(.closeStream(stream))
        case .failed(let code):
            // A job with its own descriptor would be told by its next write. Through a pipe it can be told one thing:
            // that nobody reads any more.
            if !SystemError("write", code: code).isBrokenPipe {
                say("writing the job's \(stream.label): \(errorText(code))")
            }
            closeSource(index)
            giveUpOutput(stream)
            closeInReporter(stream)
        }
    }

    private func closeSource(_ index: Int) {
        streams[index].isSourceOpen = false
        let source = streams[index].pump.source
        guard source == job?.terminal else { return source.close() }
        // The session has the number still. Closing the pty hangs up on the job, as closing the user's terminal does.
        attempt("closing the pty") { () throws(SystemError) in try source.replaceByNull() }
    }

    /// The job has closed its stdout (or nobody reads it): whoever reads behind us is to see that now. Our stderr stays
    /// open, for what we have to say.
    private func giveUpOutput(_ stream: JobStream) {
        guard stream == .output, plan.job.streams.output == .pipe, plan.job.streams.error != .withOutput else { return }
        attempt("giving stdout up") { () throws(SystemError) in try FileDescriptor.standardOutput.replaceByNull() }
    }

    /// As long as the reporter holds its copy of the job's pipe open, the job gets no SIGPIPE.
    private func closeInReporter(_ stream: JobStream) {
        guard let reporter else { return }
        reporter.send(.closeStream(stream))
        closing.append(stream)
        // One that is still starting is not hung.
        closeDeadline = .now.advanced(by: isReporterReady ? 250_000_000 : 1_000_000_000)
    }

    /// What the job wrote before it stopped is seen before we stop too.
    func passOnBeforeStop() {
        for stream in streams { stream.pump.catchUp(milliseconds: 250) }
    }

    // MARK: When it has ended

    /// Ends the copies, and leaves pipes that others hold open to a relay: they must not get SIGPIPE because of us, and
    /// whoever reads behind us must not see an end that is none.
    func finishStreams() {
        takeStreamChanges()
        copyBytesLost = UInt64(copies?.finish() ?? 0)
        var relay = Relay()
        for stream in streams {
            let pump = stream.pump
            if pump.state == .heldOpen { relay.add(from: pump.source, to: pump.destination) }
        }
        guard !relay.isEmpty, ProcessIdentity.process != 1 else { return }
        attempt("leaving output to a relay") { () throws(SystemError) in try relay.detach() }
    }
}

extension JobStream {
    fileprivate var label: String {
        switch self {
        case .output: "stdout"
        case .error: "stderr"
        }
    }
}
