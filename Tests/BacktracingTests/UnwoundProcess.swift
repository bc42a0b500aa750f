// A traced process that stands still where it broke, as an unwinder sees it.

import Backtracing
import Glibc
import LinuxSystem

/// A run of a program up to its fatal signal. Everything is copied and the process killed before anything is unwound.
///
/// ptrace(2) binds its requests to a thread: the initialiser does them all.
struct UnwoundProcess {
    let maps: String
    let auxiliaryVector: [UInt8]
    let memory: [(address: UInt64, bytes: [UInt8])]
    /// Of the thread that got the signal first.
    let registers: [[UInt8]]
    let signal: Int32
    let executable: FileDescriptor

    /// - Parameter handled: signals that the program handles itself; they are let through.
    init(_ arguments: [String], handled: [Int32] = [], removing path: String? = nil) throws {
        let pipe = try Pipe()
        let process = fork(arguments, standardInput: pipe.readEnd.raw)
        pipe.readEnd.close()
        defer { kill(process, SIGKILL); _ = reap(process) }
        let tracee = Tracee(process)
        try waitForExec(process)
        try tracee.seize([])
        if let path { unlink(path) }
        try pipe.writeEnd.writeAll([1])
        pipe.writeEnd.close()
        signal = try waitForSignal(tracee, handled)
        maps = String(decoding: try readSmallFile("/proc/\(process)/maps", limit: 1 << 24), as: UTF8.self)
        auxiliaryVector = try readSmallFile("/proc/\(process)/auxv")
        executable = try FileDescriptor.open("/proc/\(process)/exe", O_RDONLY)
        var registers = [try tracee.registers(.general)]
        for thread in try otherThreads(of: process) { registers.append(try stoppedRegisters(thread)) }
        self.registers = registers
        memory = copyMemory(of: process, maps, stackPointers: registers.compactMap(RegisterLayout.stackPointer))
    }

    func images() -> ImageMap {
        ImageMap(
            maps: maps, auxiliaryVector: auxiliaryVector, memory: MemoryView(memory), executable: executable)
    }

    func backtrace(limit: Int = 512, thread: Int = 0) throws -> Backtrace {
        guard let unwinder = Unwinder(images: images()) else { throw SystemError("unwinder", code: ENOMEM) }
        return unwinder.unwind(registers: registers[thread], limit: limit)
    }

    /// The functions of the program, innermost first; what is elsewhere has its file's name in brackets.
    func names(_ backtrace: Backtrace, of program: UnwindProgram) -> [String] {
        let images = images()
        return backtrace.frames.map { frame in
            guard let image = images.image(at: frame.lookup) else { return "[nowhere]" }
            let file = image.path.split(separator: "/").last.map(String.init) ?? image.path
            guard image.path == program.path else { return "[\(file)]" }
            return program.name(frame.lookup &- image.bias) ?? "[program]"
        }
    }
}

private func fork(_ arguments: [String], standardInput: Int32) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // The thread that runs a test may have signals blocked, which would stay so over the exec.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    _ = posix_spawn(&process, arguments[0], &actions, &attributes, &words, environ)
    return process
}

/// posix_spawn(3) returns after the exec.
private func waitForExec(_ process: Int32) throws {
    guard process > 0 else { throw SystemError("posix_spawn", code: ENOENT) }
}

private func reap(_ process: Int32) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, Int32(bitPattern: 0x4000_0000)) == process {
        if status & 0x7F != 0x7F { break }
    }
    return status
}

private func waitForSignal(_ tracee: Tracee, _ handled: [Int32]) throws -> Int32 {
    while true {
        var status: Int32 = 0
        guard waitpid(tracee.thread, &status, Int32(bitPattern: 0x4000_0000)) == tracee.thread else {
            throw SystemError("waitpid", code: errno)
        }
        guard case .signal(let signal)? = Tracee.Stop(rawStatus: status) else {
            if status & 0x7F != 0x7F { throw SystemError("it ended", code: ECHILD) }
            try tracee.proceed()
            continue
        }
        if !handled.contains(signal.number) { return signal.number }
        try tracee.proceed(delivering: signal.number)
    }
}

private func otherThreads(of process: Int32) throws -> [Int32] {
    let directory = try Directory.open("/proc/\(process)/task")
    defer { directory.close() }
    return try directory.names().compactMap { Int32($0) }.filter { $0 != process }.sorted()
}

private func stoppedRegisters(_ thread: Int32) throws -> [UInt8] {
    let tracee = Tracee(thread)
    try tracee.seize([])
    try tracee.interrupt()
    var status: Int32 = 0
    guard waitpid(thread, &status, Int32(bitPattern: 0x4000_0000)) == thread else {
        throw SystemError("waitpid", code: errno)
    }
    // It goes back to where it is blocked. One that stayed ours would have to be waited for before its process can be.
    defer { try? tracee.detach() }
    return try tracee.registers(.general)
}

/// Stacks from the stack pointer on, the vdso, and the first page of every image.
private func copyMemory(
    of process: Int32, _ maps: String, stackPointers: [UInt64]
) -> [(address: UInt64, bytes: [UInt8])] {
    var memory: [(address: UInt64, bytes: [UInt8])] = []
    for mapping in MemoryMapping.parse(maps) where mapping.isReadable && mapping.path != "[vvar]" {
        let isFile = mapping.file != nil
        let isDeletedCode = mapping.isDeleted && !mapping.isWritable
        var start = mapping.range.lowerBound
        var end = mapping.range.upperBound
        if !isFile, mapping.isWritable {
            let inside = stackPointers.filter { $0 >= start &- 65536 && $0 < end }
            guard let lowest = inside.min() ?? (mapping.path == "[stack]" ? start : nil) else { continue }
            start = max(start, lowest & ~7 &- 128)
            end = min(end, start + (64 << 20))
        } else if isFile, !isDeletedCode {
            guard mapping.fileOffset == 0 else { continue }
            end = min(end, start + 4096)
        }
        var bytes = [UInt8](repeating: 0, count: Int(end - start))
        let count = bytes.withUnsafeMutableBytes { try? readMemory(of: process, at: start, into: $0) }
        if let count { memory.append((start, Array(bytes[..<count]))) }
    }
    return memory
}
