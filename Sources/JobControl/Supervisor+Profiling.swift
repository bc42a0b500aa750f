// Samples of the job's stacks. Here they are only made to be taken: by the kernel, whose events are opened before the job
// executes anything, or by the tracer. Who reads them is the reporter's business, and its profiler's.

import LinuxSystem
import SupervisorLink

/// What takes samples of the job.
struct JobSampling {
    var state: SamplingState
    /// Where they are read from; kept for a reporter that is started anew. Sampling ends when they are closed.
    var descriptors: [FileDescriptor] = []

    func close() { for descriptor in descriptors { descriptor.close() } }
}

extension Supervisor {
    /// Whether the tracer is to take the samples: known before the job is started, because the tracer has to be there then.
    func decideSampling() {
        guard let plan = plan.profiling, self.plan.reporter != nil else { return }
        switch plan.source {
        case .ptrace: samplesByTracer = true
        case .perf: break
        case .automatic:
            do throws(PerfTaskError) {
                _ = try PerfSampling.probe()
            } catch {
                perfRefusal = error.description
                samplesByTracer = self.plan.tracing.mode != .off || plan.mayTrace
            }
        }
    }

    /// What is to be done while the job waits at its gate; `nil` where it need not wait.
    func gateVisitor() -> ((Int32) -> Void)? {
        guard plan.profiling != nil, plan.reporter != nil, !samplesByTracer, perfRefusal == nil else { return nil }
        return { [unowned self] in sampleByKernel($0) }
    }

    private func sampleByKernel(_ process: Int32) {
        guard let plan = plan.profiling else { return }
        let options = PerfSamplingOptions(frequency: plan.frequency, startsAtExec: true)
        sampling?.close()
        sampling = nil
        do throws(PerfTaskError) {
            let perf = try PerfSampling(process, options)
            let state = SamplingState(
                source: .perf, stackBytes: UInt32(options.stackBytes), descriptors: UInt32(perf.descriptors.count))
            sampling = JobSampling(state: state, descriptors: perf.descriptors)
        } catch {
            perfRefusal = error.description
        }
    }

    /// To be called once the job was started.
    func completeSampling() {
        guard let plan = plan.profiling, self.plan.reporter != nil else { return }
        if execFailure != nil { return endSampling() }
        if sampling != nil { return }
        if samplesByTracer || plan.source == .automatic { sampleByTracer() }
        if sampling == nil { sampling = JobSampling(state: SamplingState(source: nil, detail: reasonForNoSamples)) }
    }

    private func sampleByTracer() {
        guard let plan = plan.profiling, let tracer, tracer.refusal == nil else { return }
        do throws(SystemError) {
            let ring = try SampleRing(capacity: SampleRing.usualCapacity * (plan.frequency > 250 ? 4 : 1))
            let descriptors = [ring.file, ring.wakeUp.descriptor]
            let samplingPlan = SamplingPlan(frequency: plan.frequency, ring: ring, budget: plan.budget)
            do throws(SystemError) {
                try startSampling(samplingPlan, by: tracer)
            } catch {
                ring.close()
                throw error
            }
            var state = SamplingState(source: .ring, stackBytes: UInt32(samplingPlan.stackBytes), descriptors: 2)
            if let perfRefusal {
                state.detail = "samples were taken by ptrace, as perf is not permitted (\(perfRefusal))"
            }
            sampling = JobSampling(state: state, descriptors: descriptors)
        } catch {
            ringFailure = error
        }
    }

    private var reasonForNoSamples: String {
        var clauses: [String] = []
        if let perfRefusal { clauses.append("perf is not permitted (\(perfRefusal))") }
        if let ringFailure {
            clauses.append("there is no memory for samples: \(ringFailure)")
        } else if let refusal = tracer?.refusal {
            clauses.append("ptrace is not permitted (\(refusal))")
        } else if tracer == nil, plan.profiling?.source != .perf {
            clauses.append("the job is not traced (--trace off)")
        }
        return clauses.joined(separator: ", and ")
    }

    /// Tells a reporter where samples are read from. It gets copies: the next one is told the same.
    func tellSampling() {
        guard let sampling, let reporter else { return }
        reporter.send(.sampling(sampling.state))
        var rest = sampling.descriptors[...]
        while !rest.isEmpty {
            let batch = rest.prefix(mostDescriptorsInPacket)
            rest = rest.dropFirst(batch.count)
            var copies: [FileDescriptor] = []
            for descriptor in batch {
                // A reporter that gets fewer than it was told of knows that they could not be had.
                if let copy = try? descriptor.duplicate() { copies.append(copy) }
            }
            reporter.send(.samplingDescriptors(count: UInt32(batch.count)), with: copies)
        }
    }

    /// Nobody reads them any more.
    func endSampling() {
        stopSampling()
        sampling?.close()
        sampling = nil
    }
}
