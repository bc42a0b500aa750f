// Files that grow.

import Glibc

extension Directory {
    /// Opens `name` for reading and appending, creating it (0600); a symbolic link is refused.
    package func openForAppending(_ name: String) throws(SystemError) -> FileDescriptor {
        try FileDescriptor.open(name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, in: descriptor)
    }

    /// Opens `name` for reading; a symbolic link is refused.
    package func openForReading(_ name: String) throws(SystemError) -> FileDescriptor {
        try FileDescriptor.open(name, O_RDONLY | O_NOFOLLOW, in: descriptor)
    }
}
