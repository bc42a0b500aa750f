// A lock between processes that ends with its holder, however that ends.

import CLinux
import Glibc

/// An exclusive flock(2) on a file. The kernel drops it when the last descriptor of it closes, also at kill -9; it is
/// close-on-exec, so programs we start do not keep it.
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
        if result == -EWOULDBLOCK { return nil }
        throw SystemError("flock", on: directory.path + "/" + name, code: -result)
    }

    /// Whether somebody holds it at this moment; `false` when there is no lock file.
    package static func isHeld(_ name: String, in directory: Directory) -> Bool {
        guard let file = try? FileDescriptor.open(name, O_RDONLY | O_NOFOLLOW, in: directory.descriptor) else {
            return false
        }
        defer { file.close() }
        return clinux_lock_exclusive(file.raw) == -EWOULDBLOCK
    }

    package func release() { file.close() }
}
