// Whether the OOM killer struck while the job ran: the difference between an operator's kill -9 and the kernel's.

import LinuxSystem

/// Reads the kill counter at the start of a run; asked at its end whether it rose.
package struct OutOfMemoryWatch: Sendable {
    /// What the counter covers.
    package enum Scope: String, Sendable {
        /// The job's own cgroup: a rise together with the job's SIGKILL is strong evidence.
        case cgroup
        /// The whole host (`oom_kill` of /proc/vmstat): somebody's process was killed.
        case host
    }

    package struct Finding: Sendable, Equatable {
        package let scope: Scope
        /// Processes killed since the start.
        package let kills: Int64
    }

    private let root: HostRoot
    private let cgroup: ControlGroup?
    private let cgroupKills: Int64?
    private let hostKills: Int64?

    /// Call it before the job starts. Where neither counter is readable, nothing will ever be found.
    ///
    /// - Parameter cgroup: the job's (``ControlGroup/find(_:process:)``).
    package init(_ root: HostRoot = HostRoot(), cgroup: ControlGroup?) {
        self.root = root
        self.cgroup = cgroup
        cgroupKills = cgroup?.outOfMemoryKills(root)
        hostKills = root.counter("oom_kill", in: "/proc/vmstat")
    }

    /// Whether anything can be found at all.
    package var isPossible: Bool { cgroupKills != nil || hostKills != nil }

    /// Kills since the start; `nil` for none. The host's counter is asked only where the cgroup has none.
    package func findings() -> Finding? {
        if let cgroupKills, let now = cgroup?.outOfMemoryKills(root) {
            return now > cgroupKills ? Finding(scope: .cgroup, kills: now - cgroupKills) : nil
        }
        guard let hostKills, let now = root.counter("oom_kill", in: "/proc/vmstat"), now > hostKills else { return nil }
        return Finding(scope: .host, kills: now - hostKills)
    }
}
