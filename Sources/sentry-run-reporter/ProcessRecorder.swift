// The programs that the job executes, from the kernel's own records to the tree of spans.

import LinuxSystem
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
