// Regular files that somebody else named: below a root directory that need not be ours, and never one that holds us.

import CLinux
import Glibc

extension FileDescriptor {
    /// Opens a regular file for reading.
    ///
    /// - Parameters:
    ///   - path: Absolute. Symbolic links are followed, but stay below `root`.
    ///   - root: A directory that stands for `/`; `nil` for our own root.
    /// - Throws: EINVAL for anything that is not a regular file (a FIFO or a device would hold us).
    ///
    /// Source: openat2(2) RESOLVE_IN_ROOT.
    package static func openRegularFile(_ path: String, below root: FileDescriptor?) throws(SystemError)
        -> FileDescriptor
    {
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
        let file: FileDescriptor
        if let root {
            file = FileDescriptor(try checked(clinux_open_below(root.raw, path, flags), "openat2", on: path))
        } else {
            file = try open(path, flags)
        }
        do throws(SystemError) {
            guard try file.status(path).isRegular else { throw SystemError("open", on: path, code: EINVAL) }
        } catch {
            file.close()
            throw error
        }
        return file
    }

    /// Reads at most `buffer.count` bytes from `offset` on, wherever the read position is; 0 is the end of the file.
    ///
    /// Source: pread(2).
    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard let position = off_t(exactly: offset) else { throw SystemError("pread", code: EINVAL) }
        return try checkedErrno("pread") { pread(raw, buffer.baseAddress, buffer.count, position) }
    }
}
