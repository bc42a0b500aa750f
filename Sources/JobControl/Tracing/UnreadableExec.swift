// Programs that may be executed but not read, as sudo is on some systems.

import LinuxSystem

/// The kernel shows nothing of such a process but its registers, not even which file it executes. But a process may open
/// itself: its first system call is let through, and by the same instruction it is made to do another.
struct UnreadableExec {
    private let tracee: Tracee
    private var process: Int32 { tracee.thread }

    init(_ process: Int32) { tracee = Tracee(process) }

    /// As ``PrivilegedExec/restore(_:)``. About 10 stops, some 250 µs.
    func restore() -> PrivilegedExec.Outcome {
        guard PrivilegedExec.finishExec(of: tracee) else { return .running }
        do throws(SystemError) {
            let entry = try tracee.registers(.general, capacity: 1024)
            guard RegisterLayout.isNative(entry) else {
                return .withheld("it is a 32-bit program that may not be read")
            }
            // In and out of its first system call.
            guard stopAtSystemCall(), stopAtSystemCall() else { return settle() }
            let returned = try tracee.registers(.general, capacity: 1024)
            guard try setDumpable(true, at: returned) else { return try goOn(returned) }
            if let file = try? ExecutedFile(at: PrivilegedExec.executable(of: process)),
                PrivilegedExec.isWithheld(file, from: process)
            {
                // The loader must not begin a second time.
                let outcome = PrivilegedExec.executeAgain(
                    tracee, file, at: entry, by: RegisterLayout.finalExecutionStub)
                if outcome == .letGo { return outcome }
            }
            _ = try setDumpable(false, at: returned)
            return try goOn(returned)
        } catch { return .withheld(error.description) }
    }

    /// It goes on behind its first system call as if nothing had been.
    private func goOn(_ registers: [UInt8]) throws(SystemError) -> PrivilegedExec.Outcome {
        try tracee.setRegisters(.general, registers)
        return .notNeeded
    }

    /// - Returns: whether the process did as it was made to.
    private func setDumpable(_ isDumpable: Bool, at returned: [UInt8]) throws(SystemError) -> Bool {
        var registers = returned
        RegisterLayout.prepare(
            &registers, toCallAgain: RegisterLayout.processControlCallNumber,
            arguments: [Self.setDumpableOption, isDumpable ? 1 : 0])
        try tracee.setRegisters(.general, registers)
        guard stopAtSystemCall(), stopAtSystemCall() else { return false }
        return RegisterLayout.systemCallResult(of: try tracee.registers(.general, capacity: 1024)) == 0
    }

    /// PR_SET_DUMPABLE. Source: linux/prctl.h.
    private static let setDumpableOption: UInt64 = 4

    /// On to the next entry of, or return from, a system call. Signals on the way are delivered.
    private func stopAtSystemCall() -> Bool {
        do throws(SystemError) {
            try tracee.proceedToSystemCall()
            while let stop = tracee.waitForStop(atMost: 100_000_000) {
                switch stop {
                case .signal(.trap): return true
                case .signal(let signal): try tracee.proceedToSystemCall(delivering: signal.number)
                default: try tracee.proceedToSystemCall()
                }
            }
            return false
        } catch { return false }
    }

    /// After a stop that did not come: from now on nothing stops at system calls.
    private func settle() -> PrivilegedExec.Outcome {
        do throws(SystemError) {
            try tracee.interrupt()
            return tracee.waitForStop(atMost: 100_000_000) == nil
                ? .running : .withheld("it may not be read, and did no system call")
        } catch { return .running }
    }
}
