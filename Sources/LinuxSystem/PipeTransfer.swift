// Bytes that go from one pipe to another without being copied.

import CLinux
import Glibc

extension FileDescriptor {
    package var isPipe: Bool { clinux_is_pipe(raw) }

    /// Puts into another pipe what waits in this one, without taking it from here and without waiting.
    ///
    /// - Returns: how many of `count` bytes there was room for. Source: tee(2).
    package func share(_ count: Int, with pipe: FileDescriptor) -> Int { max(0, Int(clinux_tee(raw, pipe.raw, count))) }

    /// Moves bytes that wait in this pipe into another one, and waits for room there, whether or not that is non-blocking.
    /// Source: splice(2).
    ///
    /// - Parameter count: no more than ``bytesWaiting()``.
    /// - Returns: how many were moved: fewer where the kernel does not do it (a sandbox that forbids the call).
    /// - Throws: EPIPE when nobody reads there any more.
    package func move(_ count: Int, to pipe: FileDescriptor) throws(SystemError) -> Int {
        var left = count
        while left > 0 {
            let moved = Int(clinux_splice(raw, pipe.raw, left))
            if moved > 0 {
                left -= moved
            } else if moved == -Int(EAGAIN), try bytesWaiting() > 0 {
                var waiting = pollfd(fd: pipe.raw, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if moved == -Int(EPIPE) {
                throw SystemError("splice", code: EPIPE)
            } else {
                return count - left
            }
        }
        return count
    }
}
