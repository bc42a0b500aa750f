// Files that are in memory only.

import CLinux
import Glibc

extension FileDescriptor {
    /// A new, empty file without a name in any directory, gone with its last descriptor. Close-on-exec.
    ///
    /// Source: memfd_create(2).
    package static func memoryFile(named name: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checked(clinux_memory_file(name), "memfd_create"))
    }

    /// The same with something in it, to be read from its beginning.
    package static func memoryFile(named name: String, holding bytes: [UInt8]) throws(SystemError) -> FileDescriptor {
        let file = try memoryFile(named: name)
        do throws(SystemError) {
            try file.writeAll(bytes)
            try checkedErrno("lseek") { Int32(clamping: lseek(file.raw, 0, SEEK_SET)) }
            return file
        } catch {
            file.close()
            throw error
        }
    }
}

/// A file's bytes, mapped for as long as this lives. Nobody may shorten the file meanwhile: reading would be SIGBUS.
///
/// Source: mmap(2).
package final class MappedFile {
    package let bytes: UnsafeRawBufferPointer

    /// The whole file; `file` may be closed afterwards.
    package init(_ file: FileDescriptor) throws(SystemError) {
        var status = stat()
        try checkedErrno("fstat") { fstat(file.raw, &status) }
        let count = Int(status.st_size)
        if count == 0 {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let mapping = mmap(nil, count, PROT_READ, MAP_SHARED, file.raw, 0)
        guard let mapping, mapping != MAP_FAILED else { throw SystemError("mmap", code: errno) }
        bytes = UnsafeRawBufferPointer(start: mapping, count: count)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}
