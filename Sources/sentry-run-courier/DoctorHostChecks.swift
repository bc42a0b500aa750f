// What the kernel and the container let us see of a job.

import LinuxSystem
import RunOptions

func hostChecks(_ plan: RunPlan) -> [DoctorCheck] {
    [traceCheck(), perfCheck(), profileCheck(plan, programs: installedPrograms()), cgroupCheck(), terminalCheck()]
}

private func traceCheck() -> DoctorCheck {
    let scope = SystemProbe.firstLine("/proc/sys/kernel/yama/ptrace_scope")
    let yama = scope.map { "yama ptrace_scope \($0)" } ?? "no yama"
    do throws(SystemError) {
        try SystemProbe.trace()
        return DoctorCheck("ptrace", .ok, "permitted, \(yama)")
    } catch {
        return DoctorCheck(
            "ptrace", .limited, "\(error), \(yama)",
            try: "crashes come without stacks; a container needs --cap-add SYS_PTRACE, a host ptrace_scope 0 or 1")
    }
}

private func perfCheck() -> DoctorCheck {
    let level = SystemProbe.firstLine("/proc/sys/kernel/perf_event_paranoid").map { "perf_event_paranoid \($0)" }
    let paranoid = level ?? "perf_event_paranoid unreadable"
    do throws(SystemError) {
        try SystemProbe.perfEvents()
        return DoctorCheck("perf", .ok, "permitted, \(paranoid)")
    } catch {
        return DoctorCheck(
            "perf", .limited, "\(error), \(paranoid)",
            try: "no spans of the job's programs by perf; kernel.perf_event_paranoid=2 permits them")
    }
}

/// The files that tell an out-of-memory kill from another.
private func cgroupCheck() -> DoctorCheck {
    let own = SystemProbe.text("/proc/self/cgroup") ?? ""
    for line in own.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        if fields[1].isEmpty,
            let found = readable(["/sys/fs/cgroup\(fields[2])/memory.events", "/sys/fs/cgroup/memory.events"])
        {
            return DoctorCheck("cgroup", .ok, "v2, \(found)")
        }
        if fields[1].split(separator: ",").contains("memory"),
            let found = readable([
                "/sys/fs/cgroup/memory\(fields[2])/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control",
            ])
        {
            return DoctorCheck("cgroup", .ok, "v1, \(found)")
        }
    }
    return DoctorCheck(
        "cgroup", .limited, "no memory files readable",
        try: "out-of-memory kills are told from other kills by them; mount /sys/fs/cgroup, read-only is enough")
}

private func readable(_ paths: [String]) -> String? { paths.first { SystemProbe.firstLine($0) != nil } }

private func terminalCheck() -> DoctorCheck {
    let streams = [("stdin", FileDescriptor.standardInput), ("stdout", .standardOutput), ("stderr", .standardError)]
    let terminals = streams.filter(\.1.isTerminal).map(\.0)
    return DoctorCheck(
        "terminal", .ok, terminals.isEmpty ? "none: output is captured by pipes" : terminals.joined(separator: ", "))
}
