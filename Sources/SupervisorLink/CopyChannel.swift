// The copy of the job's output on its way to the reporter: one pipe for both streams, so that their order is kept.
//
// A frame is an 8-byte mark of the run, u32 length, u8 stream, 3 bytes of nothing, i64 wall clock in nanoseconds (all
// little-endian), and the bytes. The mark lets a reporter that is started anew find the next frame after one that its
// predecessor had begun to read.

import LinuxSystem
import Synchronization

/// Bytes before a frame's payload.
package let copyFrameHeader = 24

/// The supervisor's end. Any thread may offer; nobody ever waits for the reporter.
package final class CopyChannel: Sendable {
    /// What the reporter reads; kept open here so that nothing in the pipe is lost with one that dies.
    package let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor
    private let mark: UInt64
    private let state = Mutex(State())

    private struct State {
        /// The rest of a frame of which only a part fitted.
        var rest: [UInt8] = []
        var isGrown = false
        /// Nothing more is taken.
        var isFinished = false
        var isClosed = false
    }

    /// - Parameter runSeed: at least 8 random bytes, the mark.
    package init(runSeed: [UInt8]) throws(SystemError) {
        let pipe = try Pipe()
        do throws(SystemError) {
            try pipe.writeEnd.setNonBlocking(true)
        } catch {
            pipe.readEnd.close()
            pipe.writeEnd.close()
            throw error
        }
        readEnd = pipe.readEnd
        writeEnd = pipe.writeEnd
        mark = copyMark(runSeed)
    }

    /// Offers a frame.
    ///
    /// - Parameters:
    ///   - frame: ``copyFrameHeader`` bytes of room, then the payload; the header is written into the room.
    ///   - wall: CLOCK_REALTIME in nanoseconds of the payload's arrival.
    /// - Returns: how many of the payload's bytes the reporter will not get: all or none of them.
    package func offer(_ frame: UnsafeMutableRawBufferPointer, from stream: JobStream, wall: Int64) -> Int {
        let payload = frame.count - copyFrameHeader
        writeHeader(into: frame, payload, stream, wall)
        return state.withLock { state in
            guard !state.isFinished, flush(&state) else { return payload }
            var taken = writeEnd.writeWhatFits(UnsafeRawBufferPointer(frame))
            if taken < frame.count, !state.isGrown {
                grow(&state, to: Self.grownBytes)
                taken += writeEnd.writeWhatFits(UnsafeRawBufferPointer(rebasing: frame[taken...]))
            }
            if taken == 0 { return payload }
            state.rest = Array(frame[taken...])
            return 0
        }
    }

    /// What became of bytes that wait in a pipe.
    package enum Shared {
        /// The reporter has them; they wait still.
        case offered
        /// The reporter will not get them; they wait still.
        case lost
        /// The reporter gets them; they were read.
        case taken([UInt8])
    }

    /// Offers what waits in a pipe without copying it.
    ///
    /// - Parameter count: bytes that wait there, ``mostShared`` at most. Nobody else may read them meanwhile.
    package func offer(_ count: Int, of source: FileDescriptor, from stream: JobStream, wall: Int64) -> Shared {
        withUnsafeTemporaryAllocation(byteCount: copyFrameHeader, alignment: 8) { header in
            writeHeader(into: header, count, stream, wall)
            return state.withLock { state in
                // A pipe takes all of so few bytes, or none.
                guard !state.isFinished, flush(&state), writeEnd.writeWhatFits(UnsafeRawBufferPointer(header)) > 0
                else { return .lost }
                let shared = source.share(count, with: writeEnd)
                guard shared < count else { return .offered }
                // The frame is begun: nobody else's may come before its end.
                let taken = Self.take(count, from: source)
                state.rest = Array(taken[shared...])
                return .taken(taken)
            }
        }
    }

    /// Bytes of one frame.
    package static let mostShared = 256 << 10

    /// Newlines where, against all expectation, they are not there.
    private static func take(_ count: Int, from source: FileDescriptor) -> [UInt8] {
        var taken = [UInt8](repeating: 0x0A, count: count)
        taken.withUnsafeMutableBytes { buffer in
            var done = 0
            while done < count {
                do throws(SystemError) {
                    let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
                    if read == 0 { return }
                    done += read
                } catch { return }
            }
        }
        return taken
    }

    private func writeHeader(
        into frame: UnsafeMutableRawBufferPointer, _ payload: Int, _ stream: JobStream, _ wall: Int64
    ) {
        frame.storeBytes(of: mark.littleEndian, as: UInt64.self)
        frame.storeBytes(of: UInt32(payload).littleEndian, toByteOffset: 8, as: UInt32.self)
        frame.storeBytes(of: UInt32(stream.rawValue).littleEndian, toByteOffset: 12, as: UInt32.self)
        frame.storeBytes(of: wall.littleEndian, toByteOffset: 16, as: Int64.self)
    }

    /// Of a pipe that was full once: a reporter that is busy or not there yet must not miss the job's last words.
    private static let grownBytes: Int32 = 1 << 20

    /// Asks for a large pipe, for a job that writes a lot.
    package func grow(to bytes: Int32) {
        state.withLock { if !$0.isFinished { grow(&$0, to: bytes) } }
    }

    private func grow(_ state: inout State, to bytes: Int32) {
        if !state.isGrown { writeEnd.growPipe(to: bytes) }
        state.isGrown = true
    }

    /// Nothing more will come: the reporter finds the end of the pipe.
    ///
    /// - Returns: bytes of a frame that did not fit.
    @discardableResult
    package func finish() -> Int { state.withLock { finish(&$0) } }

    /// No reporter will read any more.
    package func close() {
        state.withLock { state in
            if state.isClosed { return }
            finish(&state)
            state.isClosed = true
            readEnd.close()
        }
    }

    @discardableResult
    private func finish(_ state: inout State) -> Int {
        if state.isFinished { return 0 }
        state.isFinished = true
        _ = flush(&state)
        writeEnd.close()
        return state.rest.count
    }

    /// Whether nothing of an earlier frame is left.
    private func flush(_ state: inout State) -> Bool {
        if state.rest.isEmpty { return true }
        let taken = state.rest.withUnsafeBytes { writeEnd.writeWhatFits($0) }
        state.rest.removeFirst(taken)
        return state.rest.isEmpty
    }
}

/// The reporter's end: bytes as they are read → frames, in place.
package final class CopyFrameReader {
    private let mark: UInt64
    private let buffer: UnsafeMutableRawBufferPointer
    /// The beginning of a frame that was not complete lies here.
    private var rest = 0..<0

    /// A frame and what it says. Its bytes are borrowed: they are valid until ``room`` is asked for again.
    package struct Frame {
        package let stream: JobStream
        /// CLOCK_REALTIME in nanoseconds.
        package let wall: Int64
        package let bytes: UnsafeRawBufferPointer
    }

    /// - Parameter capacity: bytes; a frame that is longer is not recognised. Pages that are never used take no memory.
    package init(runSeed: [UInt8], capacity: Int = 512 << 10) {
        mark = copyMark(runSeed)
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Where the next bytes are to be read into; never empty.
    package var room: UnsafeMutableRawBufferPointer {
        if !rest.isEmpty, rest.lowerBound > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[rest]))
        }
        rest = 0..<rest.count
        return UnsafeMutableRawBufferPointer(rebasing: buffer[rest.upperBound...])
    }

    /// Takes the bytes that were just read into ``room``.
    ///
    /// - Returns: the complete frames, in their order. Bytes before a mark are the end of a frame whose beginning another
    ///   reporter has read: they are passed over.
    package func take(_ count: Int) -> [Frame] {
        rest = rest.lowerBound..<(rest.upperBound + count)
        var frames: [Frame] = []
        while let frame = next() { frames.append(frame) }
        return frames
    }

    private func next() -> Frame? {
        while rest.count >= copyFrameHeader {
            let start = rest.lowerBound
            let length = Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self)))
            guard UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self)) == mark,
                copyFrameHeader + length <= buffer.count
            else {
                rest = (start + 1)..<rest.upperBound
                continue
            }
            let end = start + copyFrameHeader + length
            if rest.upperBound < end { return nil }
            rest = end..<rest.upperBound
            return Frame(
                stream: JobStream(rawValue: buffer[start + 12]) ?? .output,
                wall: Int64(littleEndian: buffer.loadUnaligned(fromByteOffset: start + 16, as: Int64.self)),
                bytes: UnsafeRawBufferPointer(rebasing: buffer[(start + copyFrameHeader)..<end]))
        }
        return nil
    }
}

private func copyMark(_ runSeed: [UInt8]) -> UInt64 { runSeed.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
