// What this host permits, found out by trying.

import CLinux
import Glibc

package enum SystemProbe {
    /// Seizes a child of our own as a tracer would. Source: ptrace(2) PTRACE_SEIZE.
    package static func trace() throws(SystemError) { try checked(clinux_probe_trace(), "ptrace") }

    /// Opens a profiling event on ourselves. Source: perf_event_open(2).
    package static func perfEvents() throws(SystemError) { try checked(clinux_probe_perf(), "perf_event_open") }

    /// The first line of a small file such as those of /proc and /sys; `nil` when it cannot be read.
    package static func firstLine(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return nil }
        defer { file.close() }
        guard let bytes = try? file.readAll(limit: 4096) else { return nil }
        return bytes.split(separator: 0x0A, maxSplits: 1).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// All of a small file; `nil` when it cannot be read.
    package static func text(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return nil }
        defer { file.close() }
        return (try? file.readAll(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    }
}
