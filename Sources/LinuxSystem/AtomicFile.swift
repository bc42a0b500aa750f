// Whole files or none: written aside, then renamed into place.

import Glibc

/// Writes files that other processes see complete or not at all.
package enum AtomicFile {
    /// Writes `bytes` as `name` in `directory`, replacing what was there, by way of a file in `tmp` (same file system).
    ///
    /// - Parameters:
    ///   - name: one path component. While it is written, `tmp` holds `name` with the writer's pid behind it.
    ///   - sync: fsync of the file before and of the directory after the rename: it then survives a power loss.
    /// - Throws: the failing call; nothing is left in `tmp`, and `directory` is as it was (unless the last fsync failed).
    package static func write(
        _ bytes: [UInt8], _ name: String, in directory: Directory, tmp: Directory, sync: Bool
    ) throws(SystemError) {
        let aside = "\(name).\(getpid())"
        try tmp.remove(aside)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = try FileDescriptor.open(aside, flags, mode: 0o600, in: tmp.descriptor)
        do {
            defer { file.close() }
            try file.writeAll(bytes)
            if sync { try file.synchronize(name) }
        } catch {
            _ = try? tmp.remove(aside)
            throw error
        }
        do {
            try tmp.rename(aside, to: name, in: directory)
        } catch {
            _ = try? tmp.remove(aside)
            throw error
        }
        if sync { try directory.synchronize() }
    }

    /// Removes what writers that died left behind.
    ///
    /// - Parameter age: nanoseconds since the last write after which no writer can be at work any more.
    package static func removeLeftovers(in tmp: Directory, olderThan age: Int64, now: Int64) throws(SystemError) {
        for name in try tmp.names() {
            guard let status = try tmp.status(name), status.isRegular || status.isSymbolicLink else { continue }
            if now - status.modified > age { try tmp.remove(name) }
        }
    }
}
