// Descriptors: reading, writing, closing, pipes.

import CLinux
import Glibc

/// An open file descriptor. It does not close itself: whoever declares one says when it ends.
package struct FileDescriptor: Sendable, Hashable {
    package let raw: Int32

    package init(_ raw: Int32) { self.raw = raw }

    package static let standardInput = FileDescriptor(0)
    package static let standardOutput = FileDescriptor(1)
    package static let standardError = FileDescriptor(2)

    /// Opens a path relative to `directory` (the working directory when `nil`), always close-on-exec.
    ///
    /// Source: openat(2).
    package static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0o600, in directory: FileDescriptor? = nil
    ) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checked(clinux_openat(directory?.raw ?? AT_FDCWD, path, flags, mode), "open", on: path))
    }

    /// Closes it. Errors are meaningless to the caller on Linux (the descriptor is gone either way) and not reported.
    package func close() { _ = Glibc.close(raw) }

    /// Reads at most `buffer.count` bytes; 0 is the end of the file. EINTR is retried, EAGAIN is thrown.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try checkedErrno("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Writes at most `buffer.count` bytes and returns how many were. EINTR is retried, EAGAIN is thrown.
    package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        try checkedErrno("write") { Glibc.write(raw, buffer.baseAddress, buffer.count) }
    }

    /// Writes everything. On a descriptor that is non-blocking it waits with poll(2) instead of failing: the open file
    /// description may be shared with a caller who set O_NONBLOCK.
    package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            do {
                let count = try write(rest)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } catch {
                guard error.code == EAGAIN else { throw error }
                var waiting = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            }
        }
    }

    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        let result: Result<Void, SystemError> = bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { return .success(try writeAll(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Reads to the end of the file, at most `limit` bytes.
    package func readAll(limit: Int = .max) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        // Pages that nothing is read into are never touched.
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { chunk.deallocate() }
        while bytes.count < limit {
            let wanted = min(chunk.count, limit - bytes.count)
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: chunk[..<wanted]))
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// Sets or clears O_NONBLOCK. Only for descriptions that are ours alone: it is a property of the description, not
    /// of the descriptor.
    package func setNonBlocking(_ on: Bool) throws(SystemError) {
        let flags = try checkedErrno("fcntl") { fcntl(raw, F_GETFL) }
        try checkedErrno("fcntl") { fcntl(raw, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
    }

    /// Opens a file for reading; one that would wait for a writer (a FIFO) is opened at once instead.
    package static func openWithoutWaiting(_ path: String) throws(SystemError) -> FileDescriptor {
        try open(path, O_RDONLY | O_NONBLOCK)
    }

    /// As ``read(into:)``, but on a description that somebody made non-blocking it waits with poll(2).
    package func readWaiting(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            do throws(SystemError) {
                return try read(into: buffer)
            } catch {
                guard error.code == EAGAIN else { throw error }
                var waiting = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
                _ = poll(&waiting, 1, -1)
            }
        }
    }

    /// Keeps all descriptors from `first` on from programs that we execute. Source: close_range(2).
    package static func setCloseOnExec(from first: FileDescriptor) {
        guard clinux_close_on_exec_from(UInt32(first.raw)) < 0 else { return }
        // Before Linux 5.11: one by one.
        for number in first.raw..<1024 { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    }

    /// A duplicate at or above `minimum`, close-on-exec.
    package func duplicate(from minimum: Int32 = 3) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checkedErrno("fcntl F_DUPFD_CLOEXEC") { fcntl(raw, F_DUPFD_CLOEXEC, minimum) })
    }

    /// Whether it is a terminal. Source: isatty(3).
    package var isTerminal: Bool { isatty(raw) == 1 }
}

/// A pipe, both ends close-on-exec.
package struct Pipe: Sendable {
    package let readEnd: FileDescriptor
    package let writeEnd: FileDescriptor

    /// - Parameter size: bytes asked for with F_SETPIPE_SZ; a refusal (EPERM: per-user limit) keeps the default.
    package init(size: Int32? = nil) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try checked(clinux_pipe(&ends), "pipe2")
        readEnd = FileDescriptor(ends[0])
        writeEnd = FileDescriptor(ends[1])
        if let size { _ = clinux_set_pipe_size(ends[1], size) }
    }
}
