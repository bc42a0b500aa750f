// The cgroup that the run lives in: its limits and how close to them it came. Versions 1, 2 and the hybrid of both.

import LinuxSystem
import SentryProtocol

/// Where a process's memory is accounted. Source: cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
package struct ControlGroup: Sendable, Equatable {
    package enum Version: Int, Sendable {
        case v1 = 1
        case v2 = 2
    }

    package let version: Version
    /// The path as /proc/PID/cgroup has it: what systemd and container runtimes name.
    package let path: String
    /// The unified hierarchy's path, where systemd puts units also in the hybrid layout; equals `path` on version 2.
    package let unitPath: String
    /// Directory of the memory controller's files, and its hierarchy's mount point.
    let directory: String
    let mountPoint: String

    /// The group of a process (ours unless said otherwise), `nil` where no cgroup can be seen.
    package static func find(_ root: HostRoot, process: String = "self") -> ControlGroup? {
        let entries = root.lines("/proc/\(process)/cgroup").compactMap(Membership.init)
        let unified = entries.first { $0.controllers.isEmpty }
        let named = entries.first { $0.controllers.contains("name=systemd") }
        let unit = unified.map { $0.path == "/" ? named?.path ?? "/" : $0.path } ?? named?.path
        let mounts = root.lines("/proc/self/mountinfo", with: " - cgroup").compactMap(CgroupMount.init)
        if let memory = entries.first(where: { $0.controllers.contains("memory") }),
            let mount = mounts.last(where: { $0.options.contains("memory") })
        {
            return ControlGroup(.v1, memory.path, unit ?? memory.path, mount, root)
        }
        guard let unified, let mount = mounts.last(where: { $0.type == "cgroup2" }) else { return nil }
        return ControlGroup(.v2, unified.path, unit ?? unified.path, mount, root)
    }

    private init(_ version: Version, _ path: String, _ unitPath: String, _ mount: CgroupMount, _ root: HostRoot) {
        self.version = version
        self.path = path
        self.unitPath = unitPath
        mountPoint = mount.point
        let inside = mount.point + mount.below(path)
        // Without a cgroup namespace, a container may see its own group as the mount's root.
        directory = root.isDirectory(inside) ? inside : mount.point
    }

    /// How often the OOM killer has killed a process of this group, whatever group's limit or lack was the cause.
    func outOfMemoryKills(_ root: HostRoot) -> Int64? {
        switch version {
        case .v2: root.counter("oom_kill", in: directory + "/memory.events")
        case .v1: root.counter("oom_kill", in: directory + "/memory.oom_control")
        }
    }

    /// The most memory that was in use, in bytes.
    package func memoryPeak(_ root: HostRoot) -> Int64? {
        root.number(directory + (version == .v2 ? "/memory.peak" : "/memory.max_usage_in_bytes"))
    }

    /// The custom context `cgroup`. Bytes and counts.
    func context(_ root: HostRoot) -> NamedContext? {
        let current = version == .v2 ? "/memory.current" : "/memory.usage_in_bytes"
        return NamedContext(
            "cgroup",
            [
                ("version", .integer(Int64(version.rawValue))), ("path", .text(path)),
                ("unit_path", unitPath == path ? nil : .text(unitPath)), ("memory_max", .count(memoryLimit(root))),
                ("memory_current", .count(root.number(directory + current))),
                ("memory_peak", .count(memoryPeak(root))), ("oom_kill", .count(outOfMemoryKills(root))),
                ("cpu_max", version == .v2 ? .text(root.text(directory + "/cpu.max", limit: 64)) : nil),
                ("pids_max", version == .v2 ? .count(root.number(directory + "/pids.max")) : nil),
            ])
    }

    /// The smallest limit of the group and those around it; `nil` for none.
    package func memoryLimit(_ root: HostRoot) -> Int64? {
        let file = version == .v2 ? "/memory.max" : "/memory.limit_in_bytes"
        var directory = Substring(directory)
        var limit: Int64?
        for _ in 0..<16 {
            // Version 1 writes "no limit" as the largest number of pages.
            if let found = root.number(directory + file), found < 1 << 62 { limit = min(limit ?? found, found) }
            guard directory.count > mountPoint.count, let slash = directory.lastIndex(of: "/") else { break }
            directory = directory[..<slash]
        }
        return limit
    }
}

/// A line of /proc/PID/cgroup: `4:memory:/user.slice`.
private struct Membership {
    let controllers: [Substring]
    let path: String

    init?(_ line: Substring) {
        let parts = line.parts(at: ":", most: 3, keepingEmpty: true)
        guard parts.count == 3 else { return nil }
        controllers = parts[1].parts(at: ",")
        path = String(parts[2])
    }
}

/// A cgroup line of /proc/self/mountinfo. Source: proc_pid_mountinfo(5).
private struct CgroupMount {
    let root: String
    let point: String
    let type: Substring
    let options: [Substring]

    init?(_ line: Substring) {
        let fields = line.parts(at: " ")
        // Six fields, some optional ones, a dash; and then the type, the source and the options.
        guard let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 1 < fields.count else { return nil }
        root = String(fields[3])
        point = String(fields[4])
        type = fields[dash + 1]
        options = fields[fields.count - 1].parts(at: ",")
    }

    /// A group's path seen from the mount's own root, empty for the root itself.
    func below(_ path: String) -> String {
        if path == "/" || path.hasPrefix("/..") { return "" }
        if root == "/" { return path }
        if path == root { return "" }
        return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count)) : path
    }
}
