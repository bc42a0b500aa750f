// What is learned of the job's processes, from whoever sees them, as one tree of spans.

import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol
import SupervisorLink

/// Records → tree: times become wall times, programs get the words they were started with where these can still be read.
///
/// The supervisor's tracer sees every process from the first; the kernel's records begin some milliseconds into the run, and
/// go on where the tracer lets go. So the tracer is believed as long as it follows every process, and the records from then
/// on.
struct ProcessTimeline {
    private var tree: ProcessTree
    private let start: RunStart
    private let scrubber: Scrubber
    private(set) var lostRecords: UInt64 = 0
    /// Whether the tracer follows every process; until when it did. CLOCK_MONOTONIC.
    private var isTraced = false
    private var tracedUntil = Int64.min

    init(identity: RunIdentity, job: Int32, span: SpanID, start: RunStart, scrubber: Scrubber) {
        self.scrubber = scrubber
        tree = ProcessTree(identity: identity, root: job, rootSpan: span)
        self.start = start
    }

    /// How the supervisor traces, from now on.
    mutating func take(_ state: TracingState, at now: MonotonicTime) {
        let wasTraced = isTraced
        isTraced = state.mode == .tree
        if wasTraced, !isTraced { tracedUntil = now.nanoseconds }
    }

    mutating func take(_ message: LinkMessage) {
        guard isTraced else { return }
        switch message {
        case .processForked(let pid, let parent, let time):
            tree.apply(.fork(parent: parent, child: pid, time: wall(time)))
        case .processExecuted(let pid, let name, let time): execute(pid, name, path: nil, time)
        case .processEnded(let pid, let status, let time):
            tree.apply(.exit(pid: pid, time: wall(time), status: status < 0 ? nil : status))
        default: break
        }
    }

    mutating func take(_ records: [PerfTaskRecord]) {
        for (index, record) in records.enumerated() {
            if case .lost(let count, _) = record { lostRecords += count }
            guard !isTraced, record.time.nanoseconds >= tracedUntil else { continue }
            switch record {
            case .fork(let parent, let pid, let time):
                tree.apply(.fork(parent: parent, child: pid, time: wall(time.nanoseconds)))
            case .exit(let pid, let time): tree.apply(.exit(pid: pid, time: wall(time.nanoseconds)))
            case .lost, .executable: break
            case .exec(let pid, let name, let time):
                execute(pid, name, path: executable(of: pid, in: records[(index + 1)...]), time.nanoseconds)
            }
        }
    }

    mutating func finish(at end: Timestamp) -> ProcessTree.Spans { tree.finish(at: end) }

    private mutating func execute(_ pid: Int32, _ name: String, path: String?, _ time: Int64) {
        tree.apply(.exec(pid: pid, name: name, path: path, arguments: words(of: pid, named: name), time: wall(time)))
    }

    private func executable(of pid: Int32, in later: ArraySlice<PerfTaskRecord>) -> String? {
        for case .executable(let owner, let path, _) in later.prefix(64) where owner == pid { return path }
        return nil
    }

    /// The process may have ended or executed something else since: only the kernel's name for it tells.
    private func words(of pid: Int32, named name: String) -> [String]? {
        guard let words = commandLine(of: pid), let now = try? readSmallFile("/proc/\(pid)/comm", limit: 64),
            String(decoding: now.dropLast(), as: UTF8.self) == name
        else { return nil }
        return scrubber.scrub(arguments: words)
    }

    private func wall(_ time: Int64) -> Timestamp {
        Timestamp(nanoseconds: start.startedWall + time - start.startedMonotonic)
    }
}
