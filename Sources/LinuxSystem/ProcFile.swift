// Small files as /proc, /sys and /etc have them: read whole, in one or two calls.

import Glibc

/// Reads a file, at most `limit` bytes of it. Works for files whose size is said to be 0.
///
/// - Throws: when it cannot be opened or read; what was read before is lost then.
package func readSmallFile(_ path: String, limit: Int = 64 * 1024) throws(SystemError) -> [UInt8] {
    // O_NONBLOCK: a FIFO in the place of a file must not hold us up.
    let file = try FileDescriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK)
    defer { file.close() }
    var bytes: [UInt8] = []
    while bytes.count < limit {
        let wanted = min(limit - bytes.count, max(4096, bytes.count))
        var result: Result<Int, SystemError> = .success(0)
        let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            do throws(SystemError) {
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                result = .success(count)
            } catch { result = .failure(error) }
        }
        guard try result.get() > 0 else { break }
        bytes.append(contentsOf: piece)
    }
    return bytes
}

/// The text of a symbolic link. Source: readlink(2).
package func readLink(_ path: String) throws(SystemError) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = try checkedErrno("readlink", on: path) { Glibc.readlink(path, &buffer, buffer.count) }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Whether something has this name; also `false` where we may not look. Source: access(2).
package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Whether a directory has this name. Source: stat(2).
package func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
