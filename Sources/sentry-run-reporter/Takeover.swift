// The supervisor was killed: the reporter keeps the job's output flowing and learns how it ends.

import LinuxSystem
import SupervisorLink
import Synchronization

/// Pumps the job's streams to where the supervisor would have written them, and waits for the job.
///
/// Pumps and the tracer block, so each has a thread; they wake the reporter's loop.
final class Takeover: Sendable {
    /// Readable when ``jobStatus`` is known.
    let wakeUp: WakeUp
    private let status = Mutex<Outcome?>(nil)

    enum Outcome: Sendable, Equatable {
        /// The job's raw wait status.
        case ended(Int32)
        /// It could not be traced, for this reason.
        case unknown(String)
    }

    init() throws(SystemError) { wakeUp = try WakeUp() }

    var outcome: Outcome? { status.withLock { $0 } }

    /// Seizes the job and waits for its end.
    func follow(job: Int32) throws(SystemError) {
        try startThread(stackBytes: 256 << 10) { [self] in
            let outcome: Outcome
            do throws(SystemError) {
                outcome = .ended(try ExitStatusTrace.awaitExit(of: job))
            } catch {
                outcome = .unknown(String(describing: error))
            }
            status.withLock { $0 = outcome }
            wakeUp.signal()
        }
    }

    /// Copies a stream of the job to its destination until its end.
    ///
    /// - Returns: where the copy for the report arrives; at its end the stream has ended.
    func pump(_ source: FileDescriptor, to destination: FileDescriptor) throws(SystemError) -> FileDescriptor {
        let copy = try Pipe(size: 1 << 20)
        try copy.writeEnd.setNonBlocking(true)
        try startThread(stackBytes: 512 << 10) {
            relay(source, to: destination, copy: copy.writeEnd)
            copy.writeEnd.close()
            // The destination's reader is gone, or the stream has ended: let the job's next write fail as it should.
            source.close()
        }
        return copy.readEnd
    }
}

/// The user's bytes first; the copy is dropped where the loop doesn't keep up.
private func relay(_ source: FileDescriptor, to destination: FileDescriptor, copy: FileDescriptor) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
    defer { buffer.deallocate() }
    while let count = try? source.readWaiting(into: buffer), count > 0 {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard (try? destination.writeAll(bytes)) != nil else { return }
        _ = try? copy.write(bytes)
    }
}
