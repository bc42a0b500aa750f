// Set-id programs and programs with file capabilities keep their privileges.
//
// The kernel ignores both, silently, where the tracer of the process may not trace the privileged one. So such a program is
// made to execute itself once more, by its own hand and untraced: the tracer may change its registers.

import LinuxSystem

enum PrivilegedExec {
    enum Outcome: Equatable {
        /// There was nothing to give back. It stands still as before.
        case notNeeded
        /// It goes on untraced, with its privileges.
        case letGo
        /// It lacks its privileges, and stands still; a clause says why nothing could be done.
        case withheld(String)
        /// It does not stand still, but is traced as before: it has ended, or takes long to stop.
        case running
    }

    /// To be called on the tracer's thread for a process that stands at its PTRACE_EVENT_EXEC.
    ///
    /// What it waits for is the return of an execve(2) that has succeeded, about 30 µs.
    static func restore(_ process: Int32) -> Outcome {
        let file: ExecutedFile
        do throws(SystemError) { file = try ExecutedFile(at: executable(of: process)) } catch {
            // Otherwise it is gone, or there is no /proc.
            return error.isNotPermitted ? UnreadableExec(process).restore() : .notNeeded
        }
        guard isWithheld(file, from: process) else { return .notNeeded }
        let tracee = Tracee(process)
        guard finishExec(of: tracee) else { return .running }
        do throws(SystemError) {
            return executeAgain(tracee, file, at: try tracee.registers(.general, capacity: 1024))
        } catch { return .withheld(error.description) }
    }

    static func executable(of process: Int32) -> String { processFile(process, "exe") }

    static func isWithheld(_ file: ExecutedFile, from process: Int32) -> Bool {
        guard file.grantsPrivileges, let status = try? readSmallFile(processFile(process, "status")),
            let rights = ProcessRights(status: status)
        else { return false }
        return file.isWithheld(from: rights)
    }

    /// Lets execve(2) return: it would overwrite our registers.
    ///
    /// By an interrupt: if the stop comes late, it is one that needs nothing but to be ended.
    static func finishExec(of tracee: Tracee) -> Bool {
        do throws(SystemError) {
            try tracee.interrupt()
            try tracee.proceed()
            while let stop = tracee.waitForStop(atMost: 100_000_000) {
                switch stop {
                // Job control may stop it at the same place.
                case .event, .group: return true
                case .signal(let signal): try tracee.proceed(delivering: signal.number)
                default: try tracee.proceed()
                }
            }
            return false
        } catch { return false }
    }

    /// Lets a program that stands still execute itself again.
    ///
    /// - Parameters:
    ///   - entry: the registers with which the program began.
    ///   - stub: what it does where that fails.
    static func executeAgain(
        _ tracee: Tracee, _ file: ExecutedFile, at entry: [UInt8], by stub: [UInt8] = RegisterLayout.executionStub
    ) -> Outcome {
        do throws(SystemError) {
            guard let stackPointer = RegisterLayout.stackPointer(of: entry), RegisterLayout.isNative(entry) else {
                return .withheld("it is a 32-bit program")
            }
            let image = NewImage(process: tracee.thread)
            guard let start = try image.start(at: stackPointer) else {
                return .withheld("its stack is not as execve leaves it")
            }
            guard let room = try image.unusedCode(holding: 64) else { return .withheld("its vdso has no room") }
            try tracee.write(stub, at: room)
            var registers = entry
            RegisterLayout.prepare(
                &registers, toExecute: try path(to: file, start, image, tracee, room: room + 32),
                arguments: start.arguments, environment: start.environment, by: room)
            try tracee.setRegisters(.general, registers)
            try tracee.detach()
            return .letGo
        } catch { return .withheld(error.description) }
    }

    private static func path(
        to file: ExecutedFile, _ start: NewImage.Start, _ image: NewImage, _ tracee: Tracee, room: UInt64
    ) throws(SystemError) -> UInt64 {
        if let path = try image.path(leadingTo: file, start) { return path }
        // Always leads to the file, but names the process "exe".
        try tracee.write(Array("/proc/self/exe\0".utf8), at: room)
        return room
    }
}

extension Tracee {
    /// Writes whole words; the last one is filled up with zeros.
    func write(_ bytes: [UInt8], at address: UInt64) throws(SystemError) {
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[offset...].prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try write(word, at: address + UInt64(offset))
        }
    }
}
