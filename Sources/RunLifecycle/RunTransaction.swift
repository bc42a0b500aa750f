// A run as a transaction: the waterfall of its programs, and what it used.

import SentryProtocol

/// What a run used, from wait4(2)'s rusage. Includes the descendants that were waited for.
package struct ResourceUsage: Sendable, Equatable {
    /// Microseconds.
    package var userMicroseconds: Int64
    package var systemMicroseconds: Int64
    package var maxResidentKiB: Int64
    package var majorFaults: Int64
    /// Blocks of 512 bytes.
    package var blocksIn: Int64
    package var blocksOut: Int64
    package var voluntarySwitches: Int64
    package var involuntarySwitches: Int64

    package init(
        userMicroseconds: Int64 = 0, systemMicroseconds: Int64 = 0, maxResidentKiB: Int64 = 0, majorFaults: Int64 = 0,
        blocksIn: Int64 = 0, blocksOut: Int64 = 0, voluntarySwitches: Int64 = 0, involuntarySwitches: Int64 = 0
    ) {
        self.userMicroseconds = userMicroseconds
        self.systemMicroseconds = systemMicroseconds
        self.maxResidentKiB = maxResidentKiB
        self.majorFaults = majorFaults
        self.blocksIn = blocksIn
        self.blocksOut = blocksOut
        self.voluntarySwitches = voluntarySwitches
        self.involuntarySwitches = involuntarySwitches
    }

    /// Not the elapsed time: that is the transaction's own.
    package var measurements: [Measurement] {
        [
            Measurement("process.cpu_user", Double(userMicroseconds) / 1e6, unit: "second"),
            Measurement("process.cpu_system", Double(systemMicroseconds) / 1e6, unit: "second"),
            Measurement("process.max_rss", Double(maxResidentKiB * 1024), unit: "byte"),
            Measurement("process.major_faults", Double(majorFaults), unit: "none"),
            Measurement("process.disk_read", Double(blocksIn * 512), unit: "byte"),
            Measurement("process.disk_write", Double(blocksOut * 512), unit: "byte"),
            Measurement("process.voluntary_switches", Double(voluntarySwitches), unit: "none"),
            Measurement("process.involuntary_switches", Double(involuntarySwitches), unit: "none"),
        ]
    }
}

package enum RunTransaction {
    /// The transaction of a run that is over. Whether to send it, ``TraceContext/sendsTransaction`` says.
    ///
    /// - Parameters:
    ///   - end: Of the job; an earlier one than the start (the clock was set back) becomes the start.
    ///   - tree: The job's programs, closed by ``ProcessTree/finish(at:)``.
    ///   - data: Further data of the run's own span.
    package static func make(
        identity: RunIdentity, trace: TraceContext, name: String, end: Timestamp, outcome: RunOutcome,
        usage: ResourceUsage?, tree: ProcessTree.Spans = .none, data: [String: JSONValue] = [:]
    ) -> Transaction {
        var data = data
        if tree.leftOut > 0 { data["process.spans_left_out"] = .integer(Int64(tree.leftOut)) }
        var transaction = Transaction(
            id: identity.transactionID, name: name, start: identity.started, end: end,
            trace: TraceReference(
                traceID: trace.traceID, spanID: trace.spanID, parentSpanID: trace.parentSpanID,
                operation: "process.run", status: outcome.spanStatus, origin: "auto.process.run", data: data))
        transaction.spans = tree.spans
        transaction.measurements = usage?.measurements ?? []
        return transaction
    }
}
