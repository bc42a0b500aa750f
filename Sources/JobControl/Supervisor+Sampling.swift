// Sampling by the tracer, in the supervisor's loop.

import LinuxSystem

extension Supervisor {
    /// From now on the tracer takes stacks of the job's threads. To be called on the thread that traces.
    func startSampling(_ sampling: SamplingPlan, by tracer: Tracer) throws(SystemError) {
        let timer = try Timer()
        let sampler = StackSampler(sampling)
        do throws(SystemError) {
            try poll.add(timer.descriptor, .readable, token: Token.sampling.rawValue)
            try timer.arm(after: sampler.nextTick(after: .now))
        } catch {
            timer.descriptor.close()
            throw error
        }
        if plan.tracing.mode == .main { sampler.tell("only the job's own process was sampled, as only that is traced") }
        tracer.sampler = sampler
        samplingTimer = timer
    }

    func sampleJob() {
        // An expiration that was already taken: the timer was set anew since.
        guard let samplingTimer, samplingTimer.takeExpirations() > 0, let wait = tracer?.sample() else { return }
        attempt("sampling") { () throws(SystemError) in try samplingTimer.arm(after: wait) }
        if tracer?.kept.isEmpty == false { hasMoreChanges = true }
    }

    /// The ring has all then.
    func stopSampling() {
        guard let timer = samplingTimer else { return }
        samplingTimer = nil
        poll.remove(timer.descriptor)
        timer.descriptor.close()
        tracer?.sampler?.plan.ring.wakeUp.signal()
        tracer?.sampler = nil
    }
}
