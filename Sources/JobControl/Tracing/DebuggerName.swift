// Programs that trace their own children, or themselves: they must find them untraced.

/// Known by the base name of their executable.
enum DebuggerName {
    private static let names: Set<String> = [
        "gdb", "gdb-multiarch", "gdbserver", "strace", "ltrace", "rr", "lldb", "lldb-server", "lldb-mi", "perf",
        "valgrind", "vgdb", "bpftrace", "uftrace", "dlv", "proot", "fakechroot-ptrace", "catchsegv", "criu",
        // A supervisor inside the job follows its own.
        "sentry-run",
    ]

    /// Whether it is a crash handler that attaches to the processes which started it.
    static func attachesToOthers(_ path: String) -> Bool { path.hasSuffix("crashpad_handler") }

    /// - Parameter path: the target of `/proc/PID/exe`. A version may follow the name, as in `lldb-16` and `perf_6.1`.
    static func isOne(_ path: String) -> Bool {
        guard let base = path.split(separator: "/").last else { return false }
        let name = base.hasSuffix(" (deleted)") ? base.dropLast(10) : base
        if names.contains(String(name)) { return true }
        let stem = trimmingVersion(name)
        return stem.count < name.count && names.contains(String(stem))
    }

    private static func trimmingVersion(_ name: Substring) -> Substring {
        guard let cut = name.lastIndex(where: { $0 == "-" || $0 == "_" }) else { return name }
        let version = name[name.index(after: cut)...]
        let isVersion = !version.isEmpty && version.allSatisfy { $0.isNumber || $0 == "." }
        return isVersion ? name[..<cut] : name
    }
}
