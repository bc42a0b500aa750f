// How large a snapshot may become where we run.

import LinuxSystem

/// A snapshot lies in memory, and counts against the memory that the job may use: it must not bring the OOM killer.
struct SnapshotBudget: Equatable {
    /// Bytes.
    var total: Int
    /// A sentence for the snapshot where it is less than usual.
    var note: String?

    static let usual = 32 << 20
    /// Registers, names and the innermost frames: that much is always tried.
    static let least = 512 << 10

    /// What is right here and now.
    static func present() -> SnapshotBudget {
        decide(freeMemory: freeGroupMemory(), fileLimit: FileDescriptor.sizeLimit)
    }

    /// - Parameters:
    ///   - freeMemory: bytes which the control group may still use, `nil` where it has no limit.
    ///   - fileLimit: RLIMIT_FSIZE, `nil` where there is none; the kernel holds it against files in memory too.
    static func decide(freeMemory: UInt64?, fileLimit: UInt64?) -> SnapshotBudget {
        var budget = SnapshotBudget(total: usual)
        if let freeMemory, freeMemory / 4 < UInt64(usual) {
            budget.total = max(least, Int(freeMemory / 4))
            budget.note = "little memory was left: at most \(budget.total / 1024) KiB were taken"
        }
        // The margin is for records beside memory, and the note at the end.
        let margin: UInt64 = 64 << 10
        if let fileLimit, fileLimit < UInt64(budget.total) + margin {
            budget.total = Int(fileLimit > margin ? fileLimit - margin : 0)
            budget.note = "the file size limit (ulimit -f) left \(budget.total / 1024) KiB for memory"
        }
        return budget
    }

    /// What our own control group may still use: the limit of the group itself only, not of those above it.
    ///
    /// Source: cgroup-v2 `memory.max`, `memory.current`; v1 `memory.limit_in_bytes`, `memory.usage_in_bytes`.
    private static func freeGroupMemory() -> UInt64? {
        guard let groups = try? readSmallFile("/proc/self/cgroup") else { return nil }
        for line in String(decoding: groups, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            if fields[1] == "memory" {
                return free("/sys/fs/cgroup/memory", fields[2], "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            if fields[0] == "0", let free = free("/sys/fs/cgroup", fields[2], "memory.max", "memory.current") {
                return free
            }
        }
        return nil
    }

    private static func free(_ mount: String, _ group: Substring, _ limit: String, _ used: String) -> UInt64? {
        // In a container the group's own directory is the mount's root, whatever the group is called outside.
        for directory in [mount + group, mount] {
            guard let limit = number(directory + "/" + limit), let used = number(directory + "/" + used) else {
                continue
            }
            return limit > used ? limit - used : 0
        }
        return nil
    }

    /// `nil` also for `max`.
    private static func number(_ path: String) -> UInt64? {
        guard let bytes = try? readSmallFile(path, limit: 64) else { return nil }
        return UInt64(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
