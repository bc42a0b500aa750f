// One stop after another: what it means, and on with the thread.

import LinuxSystem

extension Tracer {
    func handle(_ stop: Tracee.Stop, of thread: Int32) {
        if let sampled = threads[thread]?.sampling, sampled.askedAt != nil {
            return handle(stop, of: thread, askedFor: sampled)
        }
        act(on: stop, of: thread)
    }

    func act(on stop: Tracee.Stop, of thread: Int32) {
        switch stop {
        case .signal(let signal): deliver(signal, to: thread)
        case .group(let signal): groupStop(thread, by: signal)
        case .cloned: newTask(of: thread, mayBeThread: true)
        case .forked, .vforked: newTask(of: thread, mayBeThread: false)
        case .executed: executed(thread)
        // After an interrupt, at the end of a group-stop, as a new tracee.
        case .event, .exiting: resume(thread)
        }
    }

    // MARK: Signals

    /// A signal that is passed on at its own stop keeps its siginfo, the value that was queued with it included.
    private func deliver(_ signal: Signal, to thread: Int32) {
        guard plan.capturesDeaths, FatalSignal.canBe(signal), let process = processes[threads[thread]?.process ?? 0],
            !process.isDying, let sets = SignalSets.ofThread(thread), FatalSignal.isFatal(signal, to: sets)
        else { return resume(thread, delivering: signal.number) }
        captureDeath(of: process, by: signal, on: thread)
    }

    // MARK: Job control

    private func groupStop(_ thread: Int32, by signal: Signal) {
        guard let process = processes[threads[thread]?.process ?? 0] else { return resume(thread) }
        let isNews = !process.isGroupStopped
        process.isGroupStopped = true
        if process.isLeaving { leave(thread, delivering: 0) } else { listen(thread) }
        if isNews { note(.stopped(process: process.id, by: signal)) }
    }

    func listen(_ thread: Int32) {
        threads[thread]?.isListening = true
        attempt { () throws(SystemError) in try Tracee(thread).listen() }
    }

    // MARK: New threads and processes

    private func newTask(of creator: Int32, mayBeThread: Bool) {
        guard let process = processes[threads[creator]?.process ?? 0] else { return resume(creator) }
        var created: UInt64 = 0
        attempt { () throws(SystemError) in created = try Tracee(creator).eventMessage() }
        let new = Int32(truncatingIfNeeded: created)
        let isThread = mayBeThread && new > 0 && fileExists("/proc/\(process.id)/task/\(new)")
        let time = heard
        resume(creator)
        guard new > 0, threads[new] == nil else { return }
        if isThread {
            add(thread: new, to: process)
        } else {
            add(process: new, of: process.id)
        }
        // The kernel may have stopped it before its creator told of it.
        if let status = unannounced.removeValue(forKey: new), let stop = Tracee.Stop(rawStatus: status) {
            handle(stop, of: new)
        }
        if !isThread, followsNewProcesses { note(.forked(process: new, parent: process.id, at: time)) }
    }

    private func add(thread: Int32, to process: TracedProcess) {
        process.threads.insert(thread)
        threads[thread] = TracedThread(process: process.id, options: options)
    }

    private func add(process: Int32, of parent: Int32) {
        let new = TracedProcess(id: process, parent: parent)
        register(new)
        if !followsNewProcesses { new.isLeaving = true } else { sampler?.tellFork(of: new, begin(new)) }
    }

    /// Its creator was killed before it could tell, or will tell in a moment: the new thread need not wait for that.
    func adoptUnannounced(_ thread: Int32, _ status: Int32) {
        guard threads[thread] == nil, let stop = Tracee.Stop(rawStatus: status) else { return }
        if let origin = ThreadOrigin.of(thread: thread) {
            if origin.process != thread, let process = processes[origin.process] {
                add(thread: thread, to: process)
            } else {
                add(process: thread, of: origin.parent)
                if followsNewProcesses { note(.forked(process: thread, parent: origin.parent, at: heard)) }
            }
        } else {
            // Without /proc, or gone.
            add(process: thread, of: 0)
        }
        handle(stop, of: thread)
    }

    // MARK: On with it

    /// Lets a thread go on, or go for good.
    func resume(_ thread: Int32, delivering signal: Int32 = 0) {
        guard let traced = threads[thread], let process = processes[traced.process] else {
            return attempt { () throws(SystemError) in try Tracee(thread).proceed(delivering: signal) }
        }
        keepToBudget(at: process)
        if traced.isListening {
            threads[thread]?.isListening = false
            process.isGroupStopped = false
        }
        if process.isLeaving {
            leave(thread, delivering: signal)
        } else {
            if traced.options != options { change(options, of: thread) }
            attempt { () throws(SystemError) in try Tracee(thread).proceed(delivering: signal) }
        }
        charge(process)
    }

    private func change(_ options: Tracee.Options, of thread: Int32) {
        attempt { () throws(SystemError) in try Tracee(thread).setOptions(options) }
        threads[thread]?.options = options
    }

    /// A request to a thread that may be gone, whose end is told by wait(2).
    func attempt(_ request: () throws(SystemError) -> Void) {
        do throws(SystemError) { try request() } catch {
            // ESRCH: killed in the middle of its stop.
        }
    }
}

extension SignalSets {
    /// By a thread: the leader may have ended before it, and then has none. `nil` where it is gone or /proc is missing.
    static func ofThread(_ thread: Int32) -> SignalSets? {
        do throws(SystemError) {
            return SignalSets(status: String(decoding: try readSmallFile(processFile(thread, "status")), as: UTF8.self))
        } catch { return nil }
    }
}
