// A lock between processes that ends with its holder, however that ends.

import CLinux
import Glibc

/// An exclusive lock on a file, of an open file description. The kernel drops it when the last descriptor of it closes, also
/// at kill -9; it is close-on-exec, so programs we start do not keep it.
///
/// Source: fcntl(2), "Open file description locks".
package struct FileLock: Sendable {
    private let file: FileDescriptor

    /// Takes the lock if nobody has it.
    ///
    /// - Returns: `nil` when another process (or another `FileLock` of this one) holds it.
    /// - Throws: when the lock file cannot be opened or made; a symbolic link is refused.
    package static func take(_ name: String, in directory: Directory) throws(SystemError) -> FileLock? {
        let file = try FileDescriptor.open(name, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, in: directory.descriptor)
        let result = clinux_lock_exclusive(file.raw)
        if result == 0 { return FileLock(file: file) }
        file.close()
        if result == -EAGAIN { return nil }
        throw SystemError("fcntl F_OFD_SETLK", on: directory.path + "/" + name, code: -result)
    }

    /// Whether somebody holds it at this moment; `false` when there is no lock file. Looking does not get in the way of
    /// somebody who takes it.
    package static func isHeld(_ name: String, in directory: Directory) -> Bool {
        guard let file = try? FileDescriptor.open(name, O_RDONLY | O_NOFOLLOW, in: directory.descriptor) else {
            return false
        }
        defer { file.close() }
        return clinux_is_locked(file.raw) == 1
    }

    /// Another descriptor of the same open file, as a process that is being started has it until its exec.
    package func duplicate() throws(SystemError) -> FileDescriptor { try file.duplicate() }

    /// A process that is being started at this moment still has a duplicate, until its exec: so closing is not enough.
    package func release() {
        _ = clinux_unlock(file.raw)
        file.close()
    }
}
