// Learns the exit status of a process that is not our child, by being its tracer.

import CLinux
import Glibc

/// ptrace(2) binds all requests to the thread that attached: everything here must run on one thread.
package enum ExitStatusTrace {
    /// Seizes the process, lets it run on with every signal and job-control stop as if it weren't traced, and returns
    /// its wait status when it has ended. Blocks the calling thread until then.
    ///
    /// The process survives our death (no PTRACE_O_EXITKILL).
    ///
    /// - Throws: EPERM where tracing is not permitted, ESRCH where it is gone or already traced.
    package static func awaitExit(of pid: Int32) throws(SystemError) -> Int32 {
        try checked(clinux_trace_seize(pid, 0), "ptrace PTRACE_SEIZE", on: "pid \(pid)")
        while true {
            var status: Int32 = 0
            try checked(clinux_trace_wait(pid, &status), "waitpid", on: "pid \(pid)")
            guard status & 0xFF == 0x7F else { return status }
            resume(pid, status)
        }
    }

    /// The tracee may be killed at any moment, so ESRCH is no error: the next wait tells how it ended.
    private static func resume(_ pid: Int32, _ status: Int32) {
        let signal = status >> 8 & 0xFF
        guard clinux_is_event_stop(status) else {
            _ = clinux_trace_continue(pid, signal)
            return
        }
        // A group-stop carries a stopping signal; SIGTRAP means that the stop has ended.
        if signal == SIGTRAP { _ = clinux_trace_continue(pid, 0) } else { _ = clinux_trace_listen(pid) }
    }
}
