// Files that are in memory only.

import CLinux

extension FileDescriptor {
    /// A new, empty file without a name in any directory, gone with its last descriptor. Close-on-exec.
    ///
    /// Source: memfd_create(2).
    package static func memoryFile(named name: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checked(clinux_memory_file(name), "memfd_create"))
    }
}
