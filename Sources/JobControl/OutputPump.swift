// Carries one of the job's streams: to the caller first, then a copy to the reporter.

import LinuxSystem
import SupervisorLink
import Synchronization

/// One thread between a pipe of the job's and a descriptor of the caller's.
///
/// The thread reads, writes everything (and waits as long as the caller's reader does), and only then offers the copy to
/// the reporter's pipe, which never makes it wait: what does not fit is counted and dropped. In a flood from pipe to pipe the
/// kernel does both without copying (``passPages(_:)``). It owns `source` until its ``state`` is final; then the main thread
/// may close it.
package final class OutputPump: Sendable {
    package enum State: Sendable, Equatable {
        case running
        /// All writers of the job's pipe are gone.
        case ended
        /// The job is gone and what it wrote was passed on, but others hold its pipe open.
        case heldOpen
        /// Writing failed: EPIPE when the caller's reader is gone, ENOSPC, EIO, …
        case failed(Int32)
    }

    package let stream: JobStream
    package let source: FileDescriptor
    package let destination: FileDescriptor
    /// `nil` where nobody wants the copy.
    package let copy: CopyChannel?

    /// The source is a pty.
    private let isTerminal: Bool
    private let finishing = Atomic<Bool>(false)
    private let isAsked = Atomic<Bool>(false)
    /// 0 running, 1 ended, 2 held open, 3 + errno failed.
    private let stateCode = Atomic<Int32>(0)
    private let passed = Atomic<UInt64>(0)
    private let lost = Atomic<UInt64>(0)
    private let wake: WakeUp
    private let caughtUp: WakeUp
    private let changed: WakeUp

    /// - Parameter changed: signalled when ``state`` is final.
    package init(
        stream: JobStream, source: FileDescriptor, destination: FileDescriptor, copy: CopyChannel?, changed: WakeUp
    ) throws(SystemError) {
        self.stream = stream
        self.source = source
        self.destination = destination
        self.copy = copy
        self.changed = changed
        isTerminal = source.isTerminal
        wake = try WakeUp()
        caughtUp = try WakeUp()
    }

    package var state: State {
        switch stateCode.load(ordering: .acquiring) {
        case 0: .running
        case 1: .ended
        case 2: .heldOpen
        case let code: .failed(code - 3)
        }
    }

    /// Bytes written to the caller.
    package var passedBytes: UInt64 { passed.load(ordering: .relaxed) }
    /// Bytes that the reporter did not get.
    package var lostBytes: UInt64 { lost.load(ordering: .relaxed) }

    package func start() throws(SystemError) {
        try startThread(stackBytes: 64 * 1024) { self.run() }
    }

    /// The job is gone: pass on what is in its pipe now, and then stop, whoever else may hold the pipe open.
    package func finish() {
        finishing.store(true, ordering: .releasing)
        wake.signal()
    }

    /// Waits until what was written up to now is passed on, at most so long: where the caller's reader does not read, it
    /// never is. For the main thread, which is about to stop this process.
    package func catchUp(milliseconds: Int32) {
        guard state == .running else { return }
        _ = caughtUp.take()
        isAsked.store(true, ordering: .releasing)
        wake.signal()
        caughtUp.descriptor.waitReadable(milliseconds: milliseconds)
    }

    // MARK: The thread

    /// As much as a pipe of the default size holds. Larger ones were slower: 64 KiB 1.4, 128 KiB 1.0, 256 KiB 0.9 GB/s with
    /// a reporter that takes the copy (medians of 5): what is read then no longer stays in the core's cache.
    private static let bufferBytes = copyFrameHeader + defaultPipeBytes

    private func run() {
        // Untouched until used: a silent job costs no memory.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 4096)
        let final = pump(through: buffer)
        buffer.deallocate()
        stateCode.store(final.code, ordering: .releasing)
        caughtUp.signal()
        changed.signal()
    }

    private func pump(through buffer: UnsafeMutableRawBufferPointer) -> State {
        var hasGrown = false
        let movesPages = !isTerminal && destination.isPipe
        /// Bytes that the job can have left behind; `nil` while it lives.
        var remaining: Int?
        while true {
            // Before the read: what was written before the question is seen by it.
            let asked = isAsked.load(ordering: .acquiring)
            if remaining == nil, finishing.load(ordering: .acquiring) { remaining = bytesLeftBehind() }
            do throws(SystemError) {
                let count = hasGrown && movesPages ? try passPages(through: buffer) : try passBytes(through: buffer)
                if count == 0 { return .ended }
                if !hasGrown, count >= Self.defaultPipeBytes { hasGrown = growPipes() }
                if let left = remaining {
                    // One more read after the last of the job's bytes tells an end from a held pipe.
                    if left < 0 { return .heldOpen }
                    remaining = left - count <= 0 ? -1 : left - count
                }
            } catch {
                guard error.isWouldBlock else { return .failed(error.code) }
                if remaining != nil { return .heldOpen }
                if asked { answer() } else { source.waitReadable(or: wake.descriptor) }
            }
        }
    }

    /// Nothing is left to pass on. What else woke us is seen by the next round.
    private func answer() {
        isAsked.store(false, ordering: .releasing)
        _ = wake.take()
        caughtUp.signal()
    }

    /// A pty ends with EIO.
    private func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        do throws(SystemError) { return try source.read(into: buffer) } catch {
            guard isTerminal, error.isInputOutput else { throw error }
            return 0
        }
    }

    /// - Returns: bytes that were passed on; 0 at the end.
    private func passBytes(through buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[copyFrameHeader...]))
        if count > 0 { try pass(UnsafeMutableRawBufferPointer(rebasing: buffer[..<(copyFrameHeader + count)])) }
        return count
    }

    /// The same of a job that fills its pipe: its pages go on as they are. Few bytes are cheaper to read.
    private func passPages(through buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let count = min(try source.bytesWaiting(), CopyChannel.mostShared)
        guard count >= Self.defaultPipeBytes else { return try passBytes(through: buffer) }
        switch copy?.offer(count, of: source, from: stream, wall: wallClockNanoseconds()) {
        case nil, .offered: try move(count, through: buffer)
        case .lost:
            lost.add(UInt64(count), ordering: .relaxed)
            try move(count, through: buffer)
        case .taken(let bytes): try destination.writeAll(bytes)
        }
        passed.add(UInt64(count), ordering: .relaxed)
        return count
    }

    /// Of what the reporter has, or will not get. Reads and writes what the kernel does not move.
    private func move(_ count: Int, through buffer: UnsafeMutableRawBufferPointer) throws(SystemError) {
        var left = count - (try source.move(count, to: destination))
        while left > 0 {
            let read = try source.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
            if read == 0 { return }
            try destination.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            left -= read
        }
    }

    private func pass(_ read: UnsafeMutableRawBufferPointer) throws(SystemError) {
        // The time of arrival: writing may have to wait for a slow reader.
        let wall = copy == nil ? 0 : wallClockNanoseconds()
        var frame = read
        if isTerminal, bothReturnCarriage(pty: source, outlet: destination) { frame = Self.restored(frame) }
        let bytes = UnsafeRawBufferPointer(rebasing: frame[copyFrameHeader...])
        try destination.writeAll(bytes)
        passed.add(UInt64(bytes.count), ordering: .relaxed)
        guard let copy else { return }
        // What the job wrote, as far as its terminal's modes allow to tell.
        if isTerminal { frame = Self.restored(frame) }
        let missing = copy.offer(frame, from: stream, wall: wall)
        if missing > 0 { lost.add(UInt64(missing), ordering: .relaxed) }
    }

    private static func restored(_ frame: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let bytes = restoringNewlines(in: UnsafeMutableRawBufferPointer(rebasing: frame[copyFrameHeader...]))
        return UnsafeMutableRawBufferPointer(rebasing: frame[..<(copyFrameHeader + bytes.count)])
    }

    /// At most; a pty does not tell what is on its way.
    private func bytesLeftBehind() -> Int {
        if isTerminal { return Self.mostInTerminal }
        do { return try source.bytesWaiting() } catch { return 0 }
    }

    private static let mostInTerminal = 128 * 1024

    private static let defaultPipeBytes = 65536
    private static let grownPipeBytes: Int32 = 1 << 20

    /// Only a job that fills its pipe gets large ones: a user's pipe memory is limited, and past the limit every new
    /// pipe of the user's is two pages small.
    private func growPipes() -> Bool {
        source.growPipe(to: Self.grownPipeBytes)
        copy?.grow(to: Self.grownPipeBytes)
        return true
    }
}

extension OutputPump.State {
    fileprivate var code: Int32 {
        switch self {
        case .running: 0
        case .ended: 1
        case .heldOpen: 2
        case .failed(let errno): 3 + errno
        }
    }
}
