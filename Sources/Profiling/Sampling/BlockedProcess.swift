// The threads of one process that are sampled while they wait.

import LinuxSystem

/// Looks at its threads as little as possible: the kernel's clock of the process stands still as long as none of them runs.
final class BlockedProcess {
    let id: Int32
    private let directory: ThreadDirectory
    private let reader: BlockedStackReader
    private let files: FileAllowance
    private var threads: [Int32: BlockedThread] = [:]
    private var unsettled = 0
    private var clock: Int64 = -1
    private var lastLook: MonotonicTime
    private var nextRepetition: MonotonicTime
    /// Of a process that is new to us, until its first thread is known.
    private var born: MonotonicTime?

    typealias Deliver = (Int32, BlockedThread.Finding) -> Void

    /// - Throws: where it is gone.
    init(
        _ id: Int32, at now: MonotonicTime, born: MonotonicTime? = nil, store: BlockedStackStore, files: FileAllowance
    ) throws(SystemError) {
        self.id = id
        self.born = born
        self.files = files
        directory = try ThreadDirectory(of: id)
        reader = BlockedStackReader(process: id, store: store, files: files)
        lastLook = now
        nextRepetition = now
    }

    var children: [Int32] { directory.children }

    /// Returns whether it is still there.
    func tick(at now: MonotonicTime, _ deliver: Deliver) -> Bool {
        guard let clock = processorTime(ofProcess: id) else {
            for (id, thread) in threads { thread.end(at: lastLook) { deliver(id, $0) } }
            return false
        }
        if directory.count != threads.count { relist(at: now, deliver) }
        if threads.isEmpty { return false }
        defer { lastLook = now }
        if clock != self.clock || unsettled > 0 {
            self.clock = clock
            nextRepetition = min(nextRepetition, now)
            lookAtAll(now, deliver)
        } else if now >= nextRepetition {
            nextRepetition = now.advanced(by: Self.repetitionCheck)
            for (id, thread) in threads { thread.repeatIfDue(at: now) { deliver(id, $0) } }
        }
        return true
    }

    /// Nanoseconds.
    private static let repetitionCheck: Int64 = 250_000_000
    /// Of a process with more threads the others are left out.
    static let mostThreads = 16384

    private func lookAtAll(_ now: MonotonicTime, _ deliver: Deliver) {
        unsettled = 0
        var gone: [Int32] = []
        for (id, thread) in threads {
            if !thread.look(at: now, before: lastLook, reader, { deliver(id, $0) }) { gone.append(id) }
            if !thread.isBlocked { unsettled += 1 }
        }
        for id in gone { threads[id] = nil }
        if !gone.isEmpty { relist(at: now, deliver) }
    }

    private func relist(at now: MonotonicTime, _ deliver: Deliver) {
        let listed = Set(directory.threads.prefix(Self.mostThreads))
        for (id, thread) in threads where !listed.contains(id) {
            thread.end(at: lastLook) { deliver(id, $0) }
            threads[id] = nil
        }
        for id in listed where threads[id] == nil {
            threads[id] = BlockedThread(
                id, of: self.id, at: now, born: id == self.id ? born : nil, files: files)
            unsettled += 1
            nextRepetition = now
        }
        born = nil
    }

    func finish(at now: MonotonicTime, _ deliver: Deliver) {
        for (id, thread) in threads { thread.finish(at: now) { deliver(id, $0) } }
    }

    /// Whether a look at its threads is refused to us, although it is there.
    var isClosed: Bool {
        if case .unreadable = reader.read(id) { return fileExists("/proc/\(id)/task/\(id)") }
        return false
    }
}
