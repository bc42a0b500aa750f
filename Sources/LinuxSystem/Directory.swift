// A directory held open: everything in it is reached relative to its descriptor, so nobody can swap it from under us.

import CLinux
import Glibc

/// An open directory. It does not close itself. Names are single components; `..` and `/` are the caller's mistake.
package struct Directory: Sendable {
    package let descriptor: FileDescriptor
    /// As it was opened, for messages.
    package let path: String

    package init(descriptor: FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a directory; a symbolic link as the last component is refused (ELOOP or ENOTDIR).
    ///
    /// Source: open(2) O_DIRECTORY | O_NOFOLLOW.
    package static func open(_ path: String) throws(SystemError) -> Directory {
        let descriptor = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        return Directory(descriptor: descriptor, path: path)
    }

    /// Makes the directory `path` unless it is there; its parent must be.
    ///
    /// Source: mkdir(2).
    package static func make(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        do {
            try checkedErrno("mkdir", on: path) { mkdir(path, mode) }
        } catch {
            // An existing directory on a read-only file system answers EROFS, one in a closed parent EACCES.
            var raw = stat()
            guard stat(path, &raw) == 0, raw.st_mode & S_IFMT == S_IFDIR else { throw error }
        }
    }

    /// Opens the directory `name` in this one; never follows a symbolic link.
    package func subdirectory(_ name: String) throws(SystemError) -> Directory {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        let child = try FileDescriptor.open(name, flags, in: descriptor)
        return Directory(descriptor: child, path: path + "/" + name)
    }

    /// Makes the directory `name`.
    ///
    /// - Returns: `false` when something of that name was there before (it need not be a directory).
    /// Source: mkdirat(2).
    @discardableResult
    package func makeDirectory(_ name: String, mode: mode_t = 0o700) throws(SystemError) -> Bool {
        do {
            try checkedErrno("mkdirat", on: path + "/" + name) { mkdirat(descriptor.raw, name, mode) }
            return true
        } catch {
            guard error.code == EEXIST else { throw error }
            return false
        }
    }

    /// The names in it, in no order, without `.` and `..`. A name that is not UTF-8 comes out repaired, so it cannot be
    /// opened again by it.
    ///
    /// Source: readdir(3), on a descriptor of its own: the read position belongs to the open file description.
    package func names() throws(SystemError) -> [String] {
        let own = try FileDescriptor.open(".", O_RDONLY | O_DIRECTORY, in: descriptor)
        guard let stream = fdopendir(own.raw) else {
            let code = errno
            own.close()
            throw SystemError("fdopendir", on: path, code: code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file.
    ///
    /// - Returns: `false` when there was none.
    /// Source: unlinkat(2).
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool { try unlink(name, flags: 0) }

    /// Removes an empty directory; `false` when there was none.
    @discardableResult
    package func removeDirectory(_ name: String) throws(SystemError) -> Bool {
        try unlink(name, flags: Int32(AT_REMOVEDIR))
    }

    /// Removes the directory `name` and the files in it; directories inside it are an error (ours have none).
    package func removeWithFiles(_ name: String) throws(SystemError) {
        let child = try subdirectory(name)
        defer { child.close() }
        for file in try child.names() { try child.remove(file) }
        try removeDirectory(name)
    }

    private func unlink(_ name: String, flags: Int32) throws(SystemError) -> Bool {
        do {
            try checkedErrno("unlinkat", on: path + "/" + name) { unlinkat(descriptor.raw, name, flags) }
            return true
        } catch {
            guard error.code == ENOENT else { throw error }
            return false
        }
    }

    /// Moves a file, replacing what was there. Source: renameat(2).
    package func rename(_ name: String, to newName: String, in other: Directory) throws(SystemError) {
        try checkedErrno("renameat", on: path + "/" + name) {
            renameat(descriptor.raw, name, other.descriptor.raw, newName)
        }
    }

    /// Makes the directory's own entries durable. Source: fsync(2).
    package func synchronize() throws(SystemError) { try descriptor.synchronize(path) }

    package func close() { descriptor.close() }
}

/// What fstat(2) says about a file.
package struct FileStatus: Sendable, Equatable {
    package let owner: UInt32
    /// Permission bits only, 0…0o7777.
    package let mode: UInt32
    package let isRegular: Bool
    package let isDirectory: Bool
    package let isSymbolicLink: Bool
    /// Bytes.
    package let size: Int64
    /// Wall clock, nanoseconds.
    package let modified: Int64

    fileprivate init(_ raw: stat) {
        owner = raw.st_uid
        mode = UInt32(raw.st_mode) & 0o7777
        isRegular = raw.st_mode & S_IFMT == S_IFREG
        isDirectory = raw.st_mode & S_IFMT == S_IFDIR
        isSymbolicLink = raw.st_mode & S_IFMT == S_IFLNK
        size = Int64(raw.st_size)
        modified = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
    }
}

extension FileDescriptor {
    /// Source: fstat(2).
    package func status(_ subject: String = "") throws(SystemError) -> FileStatus {
        var raw = stat()
        try checkedErrno("fstat", on: subject) { fstat(self.raw, &raw) }
        return FileStatus(raw)
    }

    /// Waits until the file's bytes are on the device. Source: fsync(2).
    package func synchronize(_ subject: String = "") throws(SystemError) {
        try checkedErrno("fsync", on: subject) { fsync(raw) }
    }

    /// Sets the permission bits. Source: fchmod(2).
    package func setMode(_ mode: mode_t, _ subject: String = "") throws(SystemError) {
        try checkedErrno("fchmod", on: subject) { fchmod(raw, mode) }
    }
}

extension Directory {
    /// The status of `name`, of a symbolic link itself; `nil` when there is none. Source: fstatat(2).
    package func status(_ name: String) throws(SystemError) -> FileStatus? {
        var raw = stat()
        do {
            try checkedErrno("fstatat", on: path + "/" + name) {
                fstatat(descriptor.raw, name, &raw, AT_SYMLINK_NOFOLLOW)
            }
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        return FileStatus(raw)
    }

    /// Reads a regular file that this user owns.
    ///
    /// - Returns: `nil` when there is none.
    /// - Throws: ELOOP for a symbolic link, EPERM for somebody else's file, EINVAL for anything that is not a regular
    ///   file, EFBIG beyond `limit` bytes.
    package func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let file: FileDescriptor
        do {
            // O_NONBLOCK: a FIFO somebody planted must not hold us.
            file = try FileDescriptor.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, in: descriptor)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        defer { file.close() }
        let subject = path + "/" + name
        let status = try file.status(subject)
        guard status.isRegular else { throw SystemError("read", on: subject, code: EINVAL) }
        guard status.owner == effectiveUser() else { throw SystemError("read", on: subject, code: EPERM) }
        guard status.size <= Int64(limit) else { throw SystemError("read", on: subject, code: EFBIG) }
        return try file.readAll(limit: limit)
    }
}

/// Source: geteuid(2).
package func effectiveUser() -> UInt32 { geteuid() }

extension SystemError {
    /// ENOSPC or EDQUOT: the disk, or the user's share of it, is full.
    package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
    /// EWOULDBLOCK, ELOOP and friends by meaning, for rooms that do not see the C library.
    package var isMissing: Bool { code == ENOENT }
    package var isNotADirectoryOrLink: Bool { code == ENOTDIR || code == ELOOP }
    /// EACCES, EPERM or EROFS: asking again will not help.
    package var isRefused: Bool { code == EACCES || code == EPERM || code == EROFS }
}
