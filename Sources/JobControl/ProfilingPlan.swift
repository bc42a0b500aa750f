// How a job's stacks are to be sampled.

package struct ProfilingPlan: Sendable, Equatable {
    package enum Source: Sendable {
        /// By the kernel where it permits that, otherwise by the tracer.
        case automatic
        case perf
        case ptrace
    }

    package var source: Source
    /// Samples a second and thread.
    package var frequency: Int
    /// The share of one processor that sampling may take; 0...1.
    package var budget: Double
    /// The job may be traced for it, although tracing is off.
    package var mayTrace: Bool

    package init(source: Source, frequency: Int, budget: Double, mayTrace: Bool) {
        self.source = source
        self.frequency = frequency
        self.budget = budget
        self.mayTrace = mayTrace
    }
}
