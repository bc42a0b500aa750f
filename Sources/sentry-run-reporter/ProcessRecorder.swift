// The programs that the job executes, from the kernel's own records to the tree of spans.

import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol
import SupervisorLink
import Synchronization

/// Follows the job's processes, if the run's transaction is to be sent and the kernel permits it.
///
/// Attaching may take many milliseconds, so it happens on a thread of its own: a job that ends meanwhile is reported
/// without waiting for it.
final class ProcessRecorder: Sendable {
    /// Readable once, when attaching has succeeded or failed.
    let wakeUp: WakeUp
    private let job: Int32
    private let shared = Mutex(Shared())

    private struct Shared: ~Copyable {
        var reader: PerfTaskReader?
        var problem: String?
    }

    init(job: Int32) throws(SystemError) {
        self.job = job
        wakeUp = try WakeUp()
        try startThread(stackBytes: 256 << 10) { [self] in attach() }
    }

    private func attach() {
        do throws(PerfTaskError) {
            var reader: PerfTaskReader? = try PerfTaskReader(attachingTo: job)
            shared.withLock { swap(&$0.reader, &reader) }
        } catch {
            shared.withLock { $0.problem = String(describing: error) }
        }
        wakeUp.signal()
    }

    /// To be watched once attached; empty before, and where it failed.
    var descriptors: [FileDescriptor] { shared.withLock { $0.reader?.descriptors ?? [] } }

    /// Why there are no records, if there are none.
    var problem: String? { shared.withLock { $0.problem } }

    /// What was recorded since the last call.
    func take() -> [PerfTaskRecord] { shared.withLock { $0.reader?.read() ?? [] } }
}

/// Records → tree: times become wall times, programs get the words they were started with where these can still be read.
struct ProcessTimeline {
    private var tree: ProcessTree
    private let start: RunStart
    private(set) var lostRecords: UInt64 = 0

    init(identity: RunIdentity, job: Int32, span: SpanID, start: RunStart) {
        tree = ProcessTree(identity: identity, root: job, rootSpan: span)
        self.start = start
    }

    mutating func take(_ records: [PerfTaskRecord]) {
        for (index, record) in records.enumerated() {
            let time = wall(record.time)
            switch record {
            case .fork(let parent, let pid, _): tree.apply(.fork(parent: parent, child: pid, time: time))
            case .exit(let pid, _): tree.apply(.exit(pid: pid, time: time))
            case .lost(let count, _): lostRecords += count
            case .executable: break
            case .exec(let pid, let name, _):
                let path = executable(of: pid, in: records[(index + 1)...])
                tree.apply(.exec(pid: pid, name: name, path: path, arguments: words(of: pid, named: name), time: time))
            }
        }
    }

    mutating func finish(at end: Timestamp) -> ProcessTree.Spans { tree.finish(at: end) }

    private func executable(of pid: Int32, in later: ArraySlice<PerfTaskRecord>) -> String? {
        for case .executable(let owner, let path, _) in later.prefix(64) where owner == pid { return path }
        return nil
    }

    /// The process may have ended or executed something else since: only the kernel's name for it tells.
    private func words(of pid: Int32, named name: String) -> [String]? {
        guard let words = commandLine(of: pid), let now = try? readSmallFile("/proc/\(pid)/comm", limit: 64),
            String(decoding: now.dropLast(), as: UTF8.self) == name
        else { return nil }
        return Scrubber.scrub(arguments: words)
    }

    private func wall(_ time: MonotonicTime) -> Timestamp {
        Timestamp(nanoseconds: start.startedWall + time.nanoseconds - start.startedMonotonic)
    }
}
