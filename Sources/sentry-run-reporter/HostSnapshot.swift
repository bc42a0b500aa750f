// The machine, the container and the scheduler of a run.

import HostContext
import LinuxSystem
import OutputCapture
import SentryProtocol

/// Knows the kernel's count of out-of-memory kills from ``watchMemory()`` on; the rest is read when a report needs it.
final class HostSnapshot {
    private lazy var cgroup = ControlGroup.find(HostRoot())
    private var outOfMemory: OutOfMemoryWatch?
    private let environment: [String: String]
    private let supervisor: Int32
    private let scrubber: Scrubber

    /// - Parameter supervisor: whose ancestors tell which scheduler it was.
    init(supervisor: Int32, environment: [String: String], scrubber: Scrubber) {
        self.scrubber = scrubber
        self.supervisor = supervisor
        self.environment = environment
    }

    /// From here on kills for lack of memory are noticed. To find the cgroup takes a tenth of a short run's report, so it is
    /// not for a job that has ended.
    func watchMemory() {
        if outOfMemory == nil { outOfMemory = OutOfMemoryWatch(cgroup: cgroup) }
    }

    private lazy var facts = HostFacts.current
    private lazy var schedulers = JobScheduler.detect(
        environment: environment, cgroup: cgroup, parent: supervisor, hostName: facts.hostName)

    /// Event contexts by name.
    private(set) lazy var contexts: [String: JSONValue] = {
        let all = HostContexts(facts: facts, environment: environment).all(schedulers: schedulers)
        return Dictionary(all.map { ($0.name, $0.value) }) { first, _ in first }
    }()

    var tags: [String: String] { schedulers.first.map { [JobScheduler.tag: $0.name] } ?? [:] }

    /// Whether the OOM killer struck in the job's own cgroup since ``watchMemory()``. A count for the whole host proves nothing
    /// about this job.
    func outOfMemoryKill() -> Bool { outOfMemory?.findings()?.scope == .cgroup }

    /// The most memory that the job's cgroup had in use, and its limit, in bytes.
    var memoryAtKill: (usage: Int64?, limit: Int64?) {
        (cgroup?.memoryPeak(HostRoot()), cgroup?.memoryLimit(HostRoot()))
    }

    /// A process's command line, secrets removed; `nil` when it is gone or there is none.
    func command(of pid: Int32) -> String? {
        guard pid > 0, let words = commandLine(of: pid) else { return nil }
        return scrubber.scrub(arguments: words).joined(separator: " ")
    }
}

/// The words of a living process. Source: proc(5), /proc/PID/cmdline.
func commandLine(of pid: Int32) -> [String]? {
    guard let bytes = try? readSmallFile("/proc/\(pid)/cmdline", limit: 4096), !bytes.isEmpty else { return nil }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
