// The file that an image was mapped from: found, and known to be the one.

import LinuxSystem

/// The files of a process's mappings, each opened once. A file that took the place of the one that was mapped is never
/// used: its code would be taken for the other's.
struct ImageFiles {
    let rootDirectory: FileDescriptor?
    let executable: FileDescriptor?
    let memory: MemoryView
    /// `nil` where there is none that could be used.
    private var opened: [MemoryMapping.FileKey: FileDescriptor?] = [:]
    private(set) var notes: [String] = []

    init(rootDirectory: FileDescriptor?, executable: FileDescriptor?, memory: MemoryView) {
        self.rootDirectory = rootDirectory
        self.executable = executable
        self.memory = memory
    }

    /// - Parameter first: a mapping of the same file that begins at its offset 0, where there is one.
    mutating func file(of mapping: MemoryMapping, first: MemoryMapping?) -> FileDescriptor? {
        guard let key = mapping.file else { return nil }
        if let known = opened[key] { return known }
        let file = find(mapping, key, first)
        opened[key] = .some(file)
        return file
    }

    func close() {
        for case let file? in opened.values { file.close() }
    }

    private mutating func find(
        _ mapping: MemoryMapping, _ key: MemoryMapping.FileKey, _ first: MemoryMapping?
    ) -> FileDescriptor? {
        if let executable, isSame(executable, key, first), let copy = try? executable.duplicate() { return copy }
        if mapping.isDeleted { return nil }
        guard let file = open(mapping.path) else {
            notes.append("\(mapping.path) could not be opened")
            return nil
        }
        if isSame(file, key, first) { return file }
        file.close()
        notes.append("\(mapping.path) is another file than the one that was mapped")
        return nil
    }

    private func open(_ path: String) -> FileDescriptor? {
        guard path.hasPrefix("/") else { return nil }
        return try? FileDescriptor.openRegularFile(path, below: rootDirectory)
    }

    /// The same file by device and inode. Some file systems (btrfs, overlayfs) show one device in maps and another in
    /// stat(2): then, and for a copy, the build-id decides, and where there is none the inode and the first page's bytes.
    private func isSame(_ file: FileDescriptor, _ key: MemoryMapping.FileKey, _ first: MemoryMapping?) -> Bool {
        guard let identity = try? file.identity(), identity.isRegular else { return false }
        let captured = first.map { memory.bytes(at: $0.range.lowerBound, count: capturedHead) }
        let inMemory = captured.flatMap { bytes in ELFLayout { slice(bytes, $0, $1) } }
        let onDisk = ELFLayout(readIn(file))
        if let inMemory, let onDisk, !inMemory.buildID.isEmpty { return inMemory.buildID == onDisk.buildID }
        let isSameInode = identity.inode == key.inode
        if isSameInode, identity.major == key.major, identity.minor == key.minor { return true }
        guard isSameInode, let captured, captured.count >= Int(pageSize) else { return false }
        return readIn(file)(0, Int(pageSize)).elementsEqual(captured.prefix(Int(pageSize)))
    }
}

/// As much of an image's beginning as may hold its headers and notes.
private let capturedHead = 65536

/// Reads pieces of a file; one that cannot be read is empty.
func readIn(_ file: FileDescriptor) -> ELFLayout.Read {
    { offset, count in
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = (try? file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))) ?? 0
        }
    }
}

private func slice(_ bytes: UnsafeRawBufferPointer, _ offset: UInt64, _ count: Int) -> [UInt8] {
    guard offset < UInt64(bytes.count) else { return [] }
    return Array(bytes[Int(offset)...].prefix(count))
}
