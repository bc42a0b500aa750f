// What is wanted of the sampler.

import LinuxSystem
import SupervisorLink

/// How the threads of a job are to be sampled by stopping them.
package struct SamplingPlan {
    /// Samples a second of each thread that runs, 1…1000.
    package var frequency: Int
    /// Where they go. Whoever made it closes it.
    package var ring: SampleRing
    /// The share of one processor that sampling may take; above it there are fewer samples.
    package var budget: Double
    /// Bytes of each stack, up to ``mostStackBytes``.
    package var stackBytes: Int

    package static let mostStackBytes = 64 << 10

    package init(frequency: Int, ring: SampleRing, budget: Double = 0.02, stackBytes: Int = mostStackBytes) {
        self.frequency = min(max(frequency, 1), 1000)
        self.ring = ring
        self.budget = budget
        self.stackBytes = min(max(stackBytes, 4096), Self.mostStackBytes) & ~7
    }

    /// Nanoseconds.
    var interval: Int64 { 1_000_000_000 / Int64(frequency) }
}
