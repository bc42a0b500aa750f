// How a job is to be traced.

package struct TracePlan: Sendable, Equatable {
    package enum Mode: Sendable {
        /// Every process of the job, as long as that costs less than the budget.
        case automatic
        /// Every process of the job, whatever it costs.
        case tree
        /// The job's own process and its threads.
        case main
        case off
    }

    package var mode: Mode
    /// The share of the run's time that the job may stand still for us, beyond a grace; 0...1.
    package var budget: Double
    /// Nanoseconds without output and without use of a processor after which stacks are taken; `nil` for never.
    package var hangTimeout: Int64?
    /// The reporter is told of each process: it makes a tree of them.
    package var tellsProcesses: Bool
    /// Processes that die are read.
    var capturesDeaths = true

    package init(mode: Mode, budget: Double = 0.01, hangTimeout: Int64? = nil, tellsProcesses: Bool = false) {
        self.mode = mode
        self.budget = budget
        self.hangTimeout = hangTimeout
        self.tellsProcesses = tellsProcesses
    }

    package static let off = TracePlan(mode: .off)
}
