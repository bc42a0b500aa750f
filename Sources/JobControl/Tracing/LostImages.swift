// Programs and libraries whose files cannot be opened any more once the process is gone.

import LinuxSystem

/// Their headers, symbols and unwind tables can only be had from the process's memory.
enum LostImages {
    /// At most so many bytes are taken of all of them.
    static let limit = 8 << 20

    /// The mappings to take: of each file, what is not writable; what holds headers and tables before what holds code.
    ///
    /// - Parameters:
    ///   - root: the process's root directory; `nil` where it cannot be reached: then no file can.
    ///   - keptInode: of a file that stays open whatever happens to its name, the executable.
    static func regions(of map: MemoryMap, root: FileDescriptor?, keptInode: UInt64?) -> [MemoryRegion] {
        let executable = Set(map.regions.lazy.filter { $0.isExecutable && $0.inode != 0 }.map(\.inode))
        var lost: [UInt64: Bool] = [:]
        var found: [MemoryRegion] = []
        for region in map.regions where executable.contains(region.inode) && region.inode != keptInode {
            let isLost = lost[region.inode] ?? isLost(region, map, root)
            lost[region.inode] = isLost
            if isLost, region.isReadable, !region.isWritable { found.append(region) }
        }
        return found.filter { !$0.isExecutable } + found.filter(\.isExecutable)
    }

    /// Whether its name leads to another file now, or to none that we may read.
    private static func isLost(_ region: MemoryRegion, _ map: MemoryMap, _ root: FileDescriptor?) -> Bool {
        let name = map.name(of: region)
        // A file that was deleted, a memfd, shared memory; a name that happens to end so costs a copy, no more.
        guard name.hasPrefix("/"), !name.hasSuffix(" (deleted)"), let root else { return true }
        guard let file = FileOnDisk(String(name.dropFirst()), in: root) else { return true }
        // Device numbers differ between maps and stat on file systems with many volumes: the inode has to do.
        return file.inode != region.inode || !file.isReadable
    }
}
