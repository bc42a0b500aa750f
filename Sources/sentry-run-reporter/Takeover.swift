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

    /// A stream of the job and where the supervisor would have written it.
    struct Stream: Sendable {
        let name: JobStream
        let source: FileDescriptor
        let destination: FileDescriptor
    }

    /// Copies the job's streams to their destinations until their ends.
    ///
    /// - Returns: where the copy for the report arrives; its end is the end of all streams.
    func pump(_ streams: [Stream], runSeed: [UInt8]) throws(SystemError) -> FileDescriptor {
        let channel = try CopyChannel(runSeed: runSeed)
        channel.grow(to: 1 << 20)
        let remaining = Remaining(streams.count)
        for stream in streams {
            try startThread(stackBytes: 256 << 10) {
                relay(stream, copy: channel)
                // The destination's reader is gone, or the stream has ended: let the job's next write fail as it should.
                stream.source.close()
                if remaining.isLast() { channel.finish() }
            }
        }
        return channel.readEnd
    }
}

/// Counts down the streams that still flow.
private final class Remaining: Sendable {
    private let count: Mutex<Int>

    init(_ count: Int) { self.count = Mutex(count) }

    func isLast() -> Bool {
        count.withLock { count in
            count -= 1
            return count == 0
        }
    }
}

/// The user's bytes first; the copy is dropped where the loop doesn't keep up.
private func relay(_ stream: Takeover.Stream, copy: CopyChannel) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
    defer { buffer.deallocate() }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[copyFrameHeader...])
    while let count = try? stream.source.readWaiting(into: room), count > 0 {
        let wall = wallClockNanoseconds()
        let frame = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(copyFrameHeader + count)])
        let bytes = UnsafeRawBufferPointer(rebasing: frame[copyFrameHeader...])
        guard (try? stream.destination.writeAll(bytes)) != nil else { return }
        _ = copy.offer(frame, from: stream.name, wall: wall)
    }
}
