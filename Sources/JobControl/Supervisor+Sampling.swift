// Sampling by the tracer, in the supervisor's loop.

import LinuxSystem

extension Supervisor {
    /// From now on the tracer takes stacks of the job's threads. To be called on the thread that traces; where there is no
    /// tracer, or no timer, there are no samples, and the ring says so.
    func startSampling(_ sampling: SamplingPlan) {
        let sampler = StackSampler(sampling)
        guard let tracer, tracer.refusal == nil else {
            return sampler.tell("the job could not be traced: \(tracer?.refusal?.description ?? "tracing is off")")
        }
        if plan.tracing.mode == .main { sampler.tell("only the job's own process was sampled, as only that is traced") }
        attempt("sampling") { () throws(SystemError) in
            let timer = try Timer()
            try poll.add(timer.descriptor, .readable, token: Token.sampling.rawValue)
            try timer.arm(after: sampler.nextTick(after: .now))
            tracer.sampler = sampler
            samplingTimer = timer
        }
    }

    func sampleJob() {
        // An expiration that was already taken: the timer was set anew since.
        guard let samplingTimer, samplingTimer.takeExpirations() > 0, let wait = tracer?.sample() else { return }
        attempt("sampling") { () throws(SystemError) in try samplingTimer.arm(after: wait) }
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
