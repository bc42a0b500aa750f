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
        let path = "/proc/\(process)/exe"
        guard let file = try? ExecutedFile(at: path), file.grantsPrivileges,
            let status = try? readSmallFile("/proc/\(process)/status"), let rights = ProcessRights(status: status),
            file.isWithheld(from: rights)
        else { return .notNeeded }
        guard finishExec(of: Tracee(process)) else { return .running }
        do throws(SystemError) {
            if let trouble = try executeAgain(Tracee(process), file) { return .withheld(trouble) }
            return .letGo
        } catch { return .withheld(error.description) }
    }

    /// Lets execve(2) return: it would overwrite our registers.
    ///
    /// By an interrupt: if the stop comes late, it is one that needs nothing but to be ended.
    private static func finishExec(of tracee: Tracee) -> Bool {
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

    /// - Returns: `nil` where it was let go, else why nothing was done.
    private static func executeAgain(_ tracee: Tracee, _ file: ExecutedFile) throws(SystemError) -> String? {
        var registers = try tracee.registers(.general, capacity: 1024)
        guard RegisterLayout.isNative(registers), let stackPointer = RegisterLayout.stackPointer(of: registers) else {
            return "it is a 32-bit program"
        }
        let image = NewImage(process: tracee.thread)
        guard let start = try image.start(at: stackPointer) else { return "its stack is not as execve leaves it" }
        guard let room = try image.unusedCode(holding: 64) else { return "its vdso has no room" }
        let pathOffset = UInt64(32)
        try tracee.write(RegisterLayout.executionStub, at: room)
        var path = try image.path(leadingTo: file, start)
        if path == nil {
            // Always leads to the file, but names the process "exe".
            try tracee.write(Array("/proc/self/exe\0".utf8), at: room + pathOffset)
            path = room + pathOffset
        }
        guard let path else { return "it has no path" }
        RegisterLayout.prepare(
            &registers, toExecute: path, arguments: start.arguments, environment: start.environment, by: room)
        try tracee.setRegisters(.general, registers)
        try tracee.detach()
        return nil
    }
}

extension Tracee {
    /// Writes whole words; the last one is filled up with zeros.
    fileprivate func write(_ bytes: [UInt8], at address: UInt64) throws(SystemError) {
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[offset...].prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try write(word, at: address + UInt64(offset))
        }
    }
}

/// What execve(2) has put into a process, before the program's first instruction. Addresses are the process's.
private struct NewImage {
    let process: Int32
    var memory: ProcessMemory { ProcessMemory(of: process, file: nil) }

    struct Start {
        /// argv and envp, as execve(2) wants them.
        var arguments: UInt64
        var environment: UInt64
    }

    /// The stack holds the count of the arguments, then the arguments, 0, the environment, 0.
    ///
    /// Source: System V ABI, AMD64, 3.4.1; fs/binfmt_elf.c, create_elf_tables.
    func start(at stackPointer: UInt64) throws(SystemError) -> Start? {
        guard let count = try word(at: stackPointer), count < 1 << 24 else { return nil }
        let arguments = stackPointer + 8
        let end = arguments + count * 8
        guard try word(at: end) == 0 else { return nil }
        return Start(arguments: arguments, environment: end + 8)
    }

    /// Zeros at the end of the vdso's last page, aligned to 16.
    func unusedCode(holding count: Int) throws(SystemError) -> UInt64? {
        let map = MemoryMap(try readSmallFile("/proc/\(process)/maps"))
        guard let region = map.regions.last(where: { map.text[$0.name].elementsEqual("[vdso]".utf8) }) else {
            return nil
        }
        let tail = UInt64(count)
        guard region.isExecutable, region.end - region.start > tail,
            let bytes = try memory.bytes(at: region.end - tail, count: count), bytes.allSatisfy({ $0 == 0 })
        else { return nil }
        return region.end - tail
    }

    /// The address of a path that the process itself can find the file by: the one that it was executed by, or for a script
    /// the interpreter's, which is the first argument then. `nil` where neither leads there (any more): a descriptor that is
    /// closed now, a file that is gone.
    func path(leadingTo file: ExecutedFile, _ start: Start) throws(SystemError) -> UInt64? {
        for address in [try executedPath(), try word(at: start.arguments)] {
            if let address, let path = try text(at: address), leads(path, to: file) { return address }
        }
        return nil
    }

    private func leads(_ path: String, to file: ExecutedFile) -> Bool {
        guard path.contains("/") else {
            // A name without a slash is one in the working directory for execve(2): only as AT_EXECFN, and then rightly so.
            return leads("./" + path, to: file)
        }
        let seen = path.hasPrefix("/") ? "/proc/\(process)/root" + path : "/proc/\(process)/cwd/" + path
        guard let found = try? ExecutedFile(at: seen) else { return false }
        return found.isSameFile(as: file)
    }

    /// AT_EXECFN. Source: getauxval(3).
    private func executedPath() throws(SystemError) -> UInt64? {
        let vector = try readSmallFile("/proc/\(process)/auxv")
        for offset in stride(from: 0, through: vector.count - 16, by: 16) {
            if RegisterLayout.value(at: offset, of: vector) == 31 {
                return RegisterLayout.value(at: offset + 8, of: vector)
            }
        }
        return nil
    }

    private func word(at address: UInt64) throws(SystemError) -> UInt64? {
        try memory.bytes(at: address, count: 8).flatMap { RegisterLayout.value(at: 0, of: $0) }
    }

    /// A C string of at most PATH_MAX bytes.
    private func text(at address: UInt64) throws(SystemError) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, SystemError> in
            do throws(SystemError) { return .success(try memory.read(at: address, into: buffer)) } catch {
                return .failure(error)
            }
        }
        let text = bytes[..<(try result.get())]
        guard let end = text.firstIndex(of: 0) else { return nil }
        return String(validating: text[..<end], as: UTF8.self)
    }
}
