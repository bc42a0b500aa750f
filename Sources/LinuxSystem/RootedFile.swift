// Files of another root directory, and which file one is.

import CLinux

extension FileDescriptor {
    /// Opens a file for reading as a process with the root directory `root` would: `..` and links stay inside it.
    ///
    /// It may be no regular file: look at ``identity()`` before reading. Never waits.
    ///
    /// Source: openat2(2) RESOLVE_IN_ROOT. Where that is missing (before Linux 5.6), links that are absolute lead into our own
    /// root directory: verify what was opened.
    package static func open(_ path: String, inRoot root: FileDescriptor) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checked(clinux_open_in_root(root.raw, path), "openat2", on: path))
    }

    /// Source: fstat(2).
    package func identity() throws(SystemError) -> FileIdentity {
        var raw = clinux_file_identity()
        try checked(clinux_file_identity(self.raw, &raw), "fstat")
        return FileIdentity(
            major: raw.major, minor: raw.minor, inode: raw.inode, size: raw.size, isRegular: raw.is_regular != 0)
    }

    /// Reads from `offset` on, without moving the file's position.
    ///
    /// - Returns: how many bytes there were; less than the buffer holds only at the end of the file.
    ///
    /// Source: pread(2). A file that shrinks meanwhile is a short read, where a mapping of it would be a SIGBUS.
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard let base = buffer.baseAddress, !buffer.isEmpty, offset >= 0 else { return 0 }
        let count = clinux_read_at(raw, base, buffer.count, offset)
        if count < 0 { throw SystemError("pread", code: Int32(-count)) }
        return count
    }
}

/// Which file a descriptor refers to.
package struct FileIdentity: Sendable, Equatable {
    /// The device, as `/proc/PID/maps` has it. On btrfs and overlayfs it differs from the one there.
    package let major: UInt32
    package let minor: UInt32
    package let inode: UInt64
    /// Bytes.
    package let size: Int64
    package let isRegular: Bool
}
