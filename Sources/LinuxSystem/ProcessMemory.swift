// Another process's memory and files, as a tracer gets at them.

import CLinux
import Glibc

/// The memory of a process that stands still.
package struct ProcessMemory: Sendable {
    package let process: Int32
    /// `/proc/PID/mem`, opened while it was permitted: it reads on when the process has become undumpable.
    private let file: FileDescriptor?

    package init(of process: Int32, file: FileDescriptor?) {
        self.process = process
        self.file = file
    }

    /// Reads up to the first byte that cannot be read.
    ///
    /// - Returns: how many bytes; 0 where not even the first one is there.
    /// - Throws: EPERM where the process is closed to us and its memory was not opened before; ESRCH.
    ///
    /// Source: process_vm_readv(2); proc(5), `/proc/PID/mem`.
    package func read(
        at address: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        do throws(SystemError) {
            return try readMemory(of: process, at: address, into: buffer)
        } catch {
            if error.code == EFAULT { return 0 }
            guard error.code == EPERM, let file else { throw error }
            return try readFile(file, at: address, into: buffer)
        }
    }

    private func readFile(
        _ file: FileDescriptor, at address: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        do throws(SystemError) {
            return try file.read(into: buffer, at: address)
        } catch {
            // EIO: nothing is mapped there.
            guard error.code == EIO else { throw error }
            return 0
        }
    }

    /// Exactly `count` bytes, `nil` where one of them cannot be read.
    package func bytes(at address: UInt64, count: Int) throws(SystemError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, SystemError> in
            do throws(SystemError) { return .success(try read(at: address, into: buffer)) } catch {
                return .failure(error)
            }
        }
        return try result.get() == count ? bytes : nil
    }
}

extension FileDescriptor {
    /// Reads from a place in the file; the position stays where it is. Source: pread(2).
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemError) -> Int {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return 0 }
        let count = clinux_read_at(raw, base, buffer.count, offset)
        if count < 0 { throw SystemError("pread", code: Int32(-count)) }
        return count
    }

    /// A directory's descriptor that serves only to find files from. Source: open(2) O_PATH.
    package static func directoryToSearch(_ path: String) throws(SystemError) -> FileDescriptor {
        try open(path, clinux_path_of_directory)
    }

    /// Cuts the file there; what is written next follows. Source: ftruncate(2), lseek(2).
    package func truncate(to size: Int) throws(SystemError) {
        try checked(clinux_truncate(raw, UInt64(size)), "ftruncate")
    }

    /// Source: lseek(2).
    package func seekToStart() throws(SystemError) {
        try checkedErrno("lseek") { lseek(raw, 0, SEEK_SET) }
    }

    /// The size in bytes that a file of ours may have, `nil` where there is no limit. Source: getrlimit(2) RLIMIT_FSIZE.
    package static var sizeLimit: UInt64? {
        let limit = clinux_file_size_limit()
        return limit == .max ? nil : limit
    }
}

/// Which file a name leads to, and whether its bytes are ours to read.
package struct FileOnDisk: Sendable, Equatable {
    /// Of its file system; reused once a file is gone.
    package let inode: UInt64
    package let isReadable: Bool

    /// - Parameter path: relative to `directory`.
    /// - Returns: `nil` where there is no regular file of this name, or we may not look.
    ///
    /// Source: fstatat(2), faccessat(2).
    package init?(_ path: String, in directory: FileDescriptor) {
        var status = stat()
        guard fstatat(directory.raw, path, &status, 0) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        inode = UInt64(status.st_ino)
        isReadable = faccessat(directory.raw, path, R_OK, 0) == 0
    }
}

extension FileDescriptor {
    /// Source: fstat(2).
    package var inode: UInt64? {
        var status = stat()
        return fstat(raw, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}

extension SystemError {
    /// EPERM or EACCES from a process that is closed to us; ESRCH is another matter.
    package var isNotPermitted: Bool { code == EPERM || code == EACCES }
}
