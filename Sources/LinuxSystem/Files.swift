// Small operations on names in a directory, relative to its descriptor.

import Glibc

/// The open(2) flags that the other rooms use, by purpose. All refuse to follow a symbolic link at the last component.
package enum OpenFlags {
    package static let reading = O_RDONLY | O_NOFOLLOW
    package static let appendReading = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW
    package static let truncating = O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW
    package static let directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
}

/// Source: renameat(2).
package func renameFile(_ name: String, to other: String, in directory: FileDescriptor) throws(SystemError) {
    try checkedErrno("rename", on: name) { renameat(directory.raw, name, directory.raw, other) }
}

/// Removes a name; one that isn't there is no error. Source: unlinkat(2).
package func removeFile(_ name: String, in directory: FileDescriptor) {
    _ = unlinkat(directory.raw, name, 0)
}
