// Stacks of threads that run, taken by stopping each for a moment.

import LinuxSystem

extension Tracer {
    /// One tick: every thread that runs is asked to stop. Returns when the next one is, in nanoseconds from now.
    func sample() -> Int64? {
        guard let sampler else { return nil }
        _ = chargeNobody()
        let now = MonotonicTime.now
        sampler.beginTick(at: now)
        for process in processes.values where !process.isLeaving && !process.isDying {
            let sampled = process.sampling ?? begin(process)
            if sampled.hasOtherMembers { sampled.setMembers(members(of: process, sampler)) }
            sampled.tick(at: now, by: sampler)
        }
        if sampler.expectsPromptStops, !sampler.asked.isEmpty { takePromptStops(sampler) }
        let wait = sampler.nextTick(after: .now)
        sampler.spend(chargeNobody())
        return wait
    }

    /// A thread that runs on another processor stops within a few microseconds: sooner than this thread could go to sleep and
    /// be woken. Where processors are few, it has to, for the others to stop at all.
    private func takePromptStops(_ sampler: StackSampler) {
        heard = .now
        let deadline = heard.advanced(by: StopPromptness.patience)
        var waiting = Array(sampler.asked.prefix(StopPromptness.mostThreads))
        let count = waiting.count
        repeat { waiting.removeAll(where: takePromptStop) } while !waiting.isEmpty && .now < deadline
        sampler.promptness.record(came: count - waiting.count, of: count)
    }

    private func takePromptStop(of thread: Int32) -> Bool {
        do throws(SystemError) {
            guard let change = try ChildChange.takeChange(of: thread) else { return false }
            // Ends, and what is not ours to deal with, wait for whoever takes all changes.
            if Tracee.Stop(rawStatus: change.rawStatus) == nil || !take(change) { kept.append(change) }
        } catch {
            // It is gone.
        }
        return true
    }

    /// A process that is not traced from its first moment on is told of when it is first sampled.
    func begin(_ process: TracedProcess) -> SampledProcess {
        let sampled = SampledProcess(process.id)
        process.sampling = sampled
        return sampled
    }

    private func members(of process: TracedProcess, _ sampler: StackSampler) -> [SampledThread] {
        process.threads.compactMap { id in
            guard let thread = threads[id] else { return nil }
            if let known = thread.sampling { return known }
            let new = SampledThread(id, of: process.id, isNew: thread.isNew, files: sampler.files)
            threads[id]?.sampling = new
            return new
        }
    }

    /// A thread that was asked to stop has, for that or for another reason: either way it stands where it was running.
    func handle(_ stop: Tracee.Stop, of thread: Int32, askedFor sampled: SampledThread) {
        // The kernel takes every stop for an answer.
        sampled.askedAt = nil
        guard let sampler, let process = processes[threads[thread]?.process ?? 0], stop.isAmongItsCode else {
            return act(on: stop, of: thread)
        }
        sampler.capture(sampled, files: process.files, isOurs: stop == .event)
        if stop == .event, !process.isLeaving, threads[thread]?.isListening == false,
            threads[thread]?.options == options
        {
            attempt { () throws(SystemError) in try Tracee(thread).proceed() }
        } else {
            act(on: stop, of: thread)
        }
        sampler.deliver(sampled, of: process)
        sampler.spend(chargeNobody())
    }
}

extension Tracee.Stop {
    /// Whether its registers are those of the program that it was asked about, which goes on.
    fileprivate var isAmongItsCode: Bool {
        switch self {
        case .executed, .exiting, .group: false
        default: true
        }
    }
}
