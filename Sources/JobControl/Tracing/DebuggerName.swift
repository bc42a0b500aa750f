// Programs that trace their own children, or themselves: they must find them untraced.

/// Known by the base name of their executable.
enum DebuggerName {
    // This and all below is of bytes, and a switch: at the exec of every program, before it may go on.
    private static func isKnown(_ name: Substring.UTF8View) -> Bool {
        switch String(decoding: name, as: UTF8.self) {
        case "gdb", "gdb-multiarch", "gdbserver", "strace", "ltrace", "rr", "lldb", "lldb-server", "lldb-mi", "perf",
            "valgrind", "vgdb", "bpftrace", "uftrace", "dlv", "proot", "fakechroot-ptrace", "catchsegv", "criu":
            true
        // A supervisor inside the job follows its own.
        case "sentry-run": true
        default: false
        }
    }

    /// Whether it is a crash handler that attaches to the processes which started it.
    static func attachesToOthers(_ path: String) -> Bool { ends(path.utf8[...], with: "crashpad_handler") }

    /// - Parameter path: the target of `/proc/PID/exe`. A version may follow the name, as in `lldb-16` and `perf_6.1`.
    static func isOne(_ path: String) -> Bool {
        let name = baseName(path)
        if isKnown(name) { return true }
        guard let cut = name.lastIndex(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else {
            return false
        }
        let version = name[name.index(after: cut)...]
        let isVersion = !version.isEmpty && version.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }
        return isVersion && isKnown(name[..<cut])
    }

    /// What follows the last slash, without the mark of a file that was removed.
    static func baseName(_ path: String) -> Substring.UTF8View {
        let removed: StaticString = " (deleted)"
        let whole = path.utf8[...]
        let kept = ends(whole, with: removed) ? whole.dropLast(removed.utf8CodeUnitCount) : whole
        return kept.lastIndex(of: UInt8(ascii: "/")).map { kept[kept.index(after: $0)...] } ?? kept
    }

    private static func ends(_ path: Substring.UTF8View, with text: StaticString) -> Bool {
        text.withUTF8Buffer { path.suffix($0.count).elementsEqual($0) }
    }
}
