// A process between execve(2) and its first instruction.

import LinuxSystem

/// What execve(2) has put into a process, before the program's first instruction. Addresses are the process's.
struct NewImage {
    let process: Int32
    private var memory: ProcessMemory { ProcessMemory(of: process, file: nil) }

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
        let map = MemoryMap(try readSmallFile(processFile(process, "maps")))
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
        let seen = path.hasPrefix("/") ? processFile(process, "root") + path : "/proc/\(process)/cwd/" + path
        guard let found = try? ExecutedFile(at: seen) else { return false }
        return found.isSameFile(as: file)
    }

    /// AT_EXECFN. Source: getauxval(3).
    private func executedPath() throws(SystemError) -> UInt64? {
        let vector = try readSmallFile(processFile(process, "auxv"))
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
