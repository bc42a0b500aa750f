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

/// `/proc/PID/NAME`.
///
/// Interpolating the number would map the standard library's code for numbers of any size into every supervisor.
package func processFile(_ process: Int32, _ name: StaticString) -> String {
    String(unsafeUninitializedCapacity: 24 + name.utf8CodeUnitCount) { buffer in
        var end = 0
        func put(_ byte: UInt8) {
            buffer[end] = byte
            end += 1
        }
        for byte: UInt8 in [0x2F, 0x70, 0x72, 0x6F, 0x63, 0x2F] { put(byte) }
        if process < 0 { put(UInt8(ascii: "-")) }
        var divisor: UInt32 = 1
        while process.magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt8(ascii: "0") + UInt8(process.magnitude / divisor % 10))
            divisor /= 10
        }
        put(UInt8(ascii: "/"))
        for index in 0..<name.utf8CodeUnitCount { put(name.utf8Start[index]) }
        return end
    }
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
