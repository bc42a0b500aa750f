// Reading pieces of files.

import Glibc

extension FileDescriptor {
    /// Reads at an offset without moving the file's own; shorter where the file ends. Source: pread(2).
    package func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        guard count > 0, let start = off_t(exactly: offset) else { return [] }
        var result: Result<Int, SystemError> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
            do throws(SystemError) {
                read = try checkedErrno("pread") { pread(raw, buffer.baseAddress, count, start) }
            } catch { result = .failure(error) }
        }
        try _ = result.get()
        return bytes
    }
}
