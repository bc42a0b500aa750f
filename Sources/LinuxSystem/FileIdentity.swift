// Which file a descriptor refers to.

import CLinux
import Glibc

/// A file as `/proc/PID/maps` names it.
package struct FileIdentity: Sendable, Equatable {
    /// The device. On btrfs and overlayfs it differs from the one in `/proc/PID/maps`.
    package let major: UInt32
    package let minor: UInt32
    package let inode: UInt64
    /// Bytes.
    package let size: Int64
    package let isRegular: Bool
}

/// The user that a file or directory belongs to; of `/proc/PID`, the process's. `nil` where it is not there. Source: stat(2).
package func fileOwner(_ path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_uid : nil
}

extension FileDescriptor {
    /// Source: fstat(2).
    package func identity() throws(SystemError) -> FileIdentity {
        var status = stat()
        try checkedErrno("fstat") { fstat(raw, &status) }
        return FileIdentity(
            major: clinux_device_major(status.st_dev), minor: clinux_device_minor(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size), isRegular: status.st_mode & S_IFMT == S_IFREG)
    }
}
