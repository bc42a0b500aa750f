// What the kernel looks at in a file when it decides about the privileges of who executes it.

import CLinux
import Glibc

/// A program file's owner, mode and capabilities.
package struct ExecutedFile: Sendable, Equatable {
    package let device: UInt64
    package let inode: UInt64
    package let owner: UInt32
    package let group: UInt32
    /// S_ISUID; S_ISGID where the group may execute (else it means something else).
    package let setsUser: Bool
    package let setsGroup: Bool
    /// On a file system mounted with nosuid.
    package let isOnNosuidMount: Bool
    package let capabilities: FileCapabilities?

    /// - Throws: as stat(2).
    ///
    /// Source: inode(7), capabilities(7), statvfs(3).
    package init(at path: String) throws(SystemError) {
        var status = stat()
        try checkedErrno("stat", on: path) { stat(path, &status) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        owner = status.st_uid
        group = status.st_gid
        setsUser = status.st_mode & S_ISUID != 0
        setsGroup = status.st_mode & S_ISGID != 0 && status.st_mode & S_IXGRP != 0
        capabilities = FileCapabilities(of: path)
        guard setsUser || setsGroup || capabilities != nil else {
            isOnNosuidMount = false
            return
        }
        var system = statvfs()
        // ST_NOSUID is 2 on Linux; the header shows it only with _GNU_SOURCE.
        isOnNosuidMount = statvfs(path, &system) == 0 && system.f_flag & 2 != 0
    }

    package func isSameFile(as other: ExecutedFile) -> Bool { device == other.device && inode == other.inode }
}

/// A file as it is: one whose mode, owner, attributes or bytes were changed since is another.
package struct FileVersion: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let changedSeconds: Int
    private let changedNanoseconds: Int

    /// `nil` where there is none, or we may not look. Source: stat(2), the time of the last status change.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        changedSeconds = status.st_ctim.tv_sec
        changedNanoseconds = status.st_ctim.tv_nsec
    }
}

/// The attribute `security.capability`: a bit for each capability.
///
/// Source: linux/capability.h, `struct vfs_cap_data`.
package struct FileCapabilities: Sendable, Equatable {
    package let permitted: UInt64
    package let inheritable: UInt64

    fileprivate init?(of path: String) {
        var value = [UInt8](repeating: 0, count: 24)
        let count = clinux_file_attribute(path, "security.capability", &value, value.count)
        guard count > 0 else { return nil }
        self.init(Array(value[..<count]))
    }

    /// - Returns: `nil` for a revision that isn't known.
    package init?(_ value: [UInt8]) {
        guard value.count >= 12 else { return nil }
        func word(_ index: Int) -> UInt64 {
            value.withUnsafeBytes {
                UInt64(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            }
        }
        switch word(0) >> 24 {
        case 1:
            permitted = word(1)
            inheritable = word(2)
        case 2, 3:
            guard value.count >= 20 else { return nil }
            permitted = word(1) | word(3) << 32
            inheritable = word(2) | word(4) << 32
        default: return nil
        }
    }
}

extension Tracee {
    /// Writes 8 bytes, also where the process itself may only read. Source: ptrace(2), PTRACE_POKEDATA.
    package func write(_ word: UInt64, at address: UInt64) throws(SystemError) {
        try checked(clinux_trace_poke(thread, address, word), "ptrace PTRACE_POKEDATA", on: "\(thread)")
    }

    /// Waits until it stands still, and takes that stop; its end is left for others to take.
    ///
    /// - Parameter nanoseconds: at most so long.
    /// - Returns: `nil` where it has ended, or time was up.
    package func waitForStop(atMost nanoseconds: Int64) -> Stop? {
        let start = MonotonicTime.now
        while true {
            let change = clinux_trace_peek(thread)
            if change == 1 {
                var status: Int32 = 0
                return clinux_trace_wait(thread, &status) == thread ? Stop(rawStatus: status) : nil
            }
            if change != 0 { return nil }
            let waited = MonotonicTime.now.since(start)
            if waited > nanoseconds { return nil }
            // It usually takes 30 µs.
            if waited < 1_000_000 { sched_yield() } else { usleep(100) }
        }
    }
}
