// Starting a program as its tracer, and waiting as one.

import CLinux
import Glibc

/// A program that was started to be traced.
package struct TracedLaunch: Sendable {
    package var process: Int32
    /// The wait status of the stop it is in (``Tracee/Stop/executed``); `nil` where it is in none: it was killed on its way,
    /// or is not traced.
    package var stop: Int32?
    /// Why it is not traced.
    package var refusal: SystemError?
}

extension ProcessLaunch {
    /// As ``start()``, but its first thread is a tracee of the calling thread from before its exec.
    ///
    /// Where tracing is refused it is started all the same.
    ///
    /// - Parameter atGate: called with the process before it executes anything.
    ///
    /// Source: clone(2) with CLONE_VM alone; the new process waits at a pipe until PTRACE_SEIZE was done.
    package func startTraced(
        _ options: Tracee.Options, atGate: ((Int32) -> Void)? = nil
    ) throws(SystemError) -> TracedLaunch {
        var status: Int32 = 0
        var refusal: Int32 = 0
        let pid = withSpawnRequest { request in
            withVisitor(atGate) {
                clinux_spawn_traced(request, options.union(.exec).rawValue, $0, &status, &refusal)
            }
        }
        if pid < 0 { throw SystemError("exec", on: String(cString: program), code: -pid) }
        return TracedLaunch(
            process: pid, stop: status == 0 ? nil : status,
            refusal: refusal == 0 ? nil : SystemError("ptrace PTRACE_SEIZE", code: refusal))
    }
}

extension ProcessLaunch {
    /// As ``start()``, but the new process waits until `atGate` was called with it, before it executes anything.
    ///
    /// No other thread may exist, no descriptor above 2 may be among ``descriptors``, and ``closeFrom`` be set.
    package func startHeld(atGate: @escaping (Int32) -> Void) throws(SystemError) -> Int32 {
        let pid = withSpawnRequest { request in withVisitor(atGate) { clinux_spawn_held(request, $0) } }
        if pid < 0 { throw SystemError("exec", on: String(cString: program), code: -pid) }
        return pid
    }

    /// Runs `body` with the closure as C has it; with `nil` where there is none.
    private func withVisitor<Result>(
        _ visit: ((Int32) -> Void)?, _ body: (UnsafePointer<clinux_gate_visitor>?) -> Result
    ) -> Result {
        guard var visit else { return body(nil) }
        return withUnsafeMutablePointer(to: &visit) { visit in
            var visitor = clinux_gate_visitor(
                visit: { process, context in
                    context?.assumingMemoryBound(to: ((Int32) -> Void).self).pointee(process)
                }, context: visit)
            return body(&visitor)
        }
    }
}

extension ChildChange {
    /// Takes the next change of any child or tracee, threads included; `nil` when there is none. Not that a child was
    /// continued: ``takeChange(of:ofChild:)``.
    ///
    /// Source: wait4(2) with WNOHANG | WUNTRACED | __WALL.
    package static func takeTraced() throws(SystemError) -> ChildChange? {
        var change = clinux_child_change()
        guard try checked(clinux_take_traced_change(&change), "wait4") == 1 else { return nil }
        return ChildChange(change)
    }

    /// As ``takeTraced()``, but only of what the calling thread traces. Source: wait4(2) with __WNOTHREAD.
    package static func takeTracedByThisThread() throws(SystemError) -> ChildChange? {
        var change = clinux_child_change()
        guard try checked(clinux_take_own_traced_change(&change), "wait4") == 1 else { return nil }
        return ChildChange(change)
    }

    /// Takes the next change of one process or thread; `nil` when there is none, or it is none of ours.
    ///
    /// - Parameter ofChild: of a child, that it was stopped or continued is a change too.
    package static func takeChange(of process: Int32, ofChild: Bool = false) throws(SystemError) -> ChildChange? {
        var change = clinux_child_change()
        guard try checked(clinux_take_change_of(process, ofChild, &change), "wait4") == 1 else { return nil }
        return ChildChange(change)
    }
}

/// Waits until any child or tracee may have changed, at most so long. It takes the SIGCHLD: whoever calls this has to look
/// for changes afterwards.
///
/// Source: sigtimedwait(2).
package func awaitChildSignal(nanoseconds: Int64) -> Bool { clinux_await_child_signal(max(0, nanoseconds)) }

extension SystemError {
    /// ESRCH: gone, or not standing still.
    package var isNoProcess: Bool { code == ESRCH }
}
