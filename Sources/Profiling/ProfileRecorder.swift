// From samples to folded stacks: what runs while the job runs.

import Backtracing
import LinuxSystem

/// Unwinds samples and folds them. Owned by one thread; its memory is bounded, however long it runs.
package final class ProfileRecorder {
    /// What is wanted of a profile.
    package struct Options: Sendable {
        /// From when on times are counted.
        package var started: MonotonicTime
        /// Each sample is kept, too, until ``takeChunk()``: for a server that wants them one by one.
        package var keepsChunks = false
        /// The source tells of every mapping (``StackSource/recordsMappings``).
        package var recordsMappings: Bool
        /// Nanoseconds between two samples; 0 where it is not known.
        package var period: Int64 = 0

        package init(started: MonotonicTime, recordsMappings: Bool) {
            self.started = started
            self.recordsMappings = recordsMappings
        }
    }

    let options: Options
    let library: ImageLibrary
    private(set) var tree = StackTree()
    private(set) var store = SampleStore()
    private(set) var roster = ProfileRoster()
    private(set) var chunk = SampleChunk()
    /// Those that have code in no file, by the number that ``FrameKey`` has of them.
    private(set) var anonymousCode: [AnonymousCode] = []
    package private(set) var tally = SampleTally()
    /// Of the samples taken, each stands for so many; more than 1 where our own processor time has a limit.
    package var keepsOneOf: UInt32 = 1

    let namer: FrameNamer
    let python: PythonReader
    private var table: ProcessTable
    private let unwinder: Unwinder
    private var sequence: UInt32 = 0
    /// Nanoseconds, of the samples of threads that run.
    private var period: Int64
    /// Nanoseconds that are in no sample, by the name of the process.
    private var unsampled: [String: Int64] = [:]
    /// Stacks whose registers nobody knows.
    private(set) var withoutRegisters: UInt64 = 0
    /// Those that are deeper than what is copied of a stack.
    private(set) var deeperThanCopied: UInt64 = 0
    private(set) var isPruned = false

    /// Frames of a stack that are kept; of a deeper one the innermost and the outermost half.
    private static let frameLimit = 4096
    /// A stack that was cut off ends within a frame; most are smaller than this, in bytes.
    private static let largeFrame: UInt64 = 2048
    private static let mostNames = 1024
    private static let mostThreads = 4096
    private static let mostNodes = 160_000

    /// `nil` where memory is short.
    package init?(_ options: Options) {
        let library = ImageLibrary()
        guard let unwinder = Unwinder(images: library) else { return nil }
        self.options = options
        self.library = library
        self.unwinder = unwinder
        python = PythonReader(library: library)
        namer = FrameNamer(library: library, codes: python.codes)
        period = options.period
        table = ProcessTable(library: library, recordsMappings: options.recordsMappings)
    }

    /// Takes note of a process that runs already: what it starts next may be gone before its own maps can be read.
    package func found(process: Int32) { table.found(process) }

    package func record(_ event: SampleEvent) {
        switch event {
        case .sample(let sample): record(sample)
        case .mapping(let process, let mapping): table.mapped(process: process, mapping)
        case .fork(let parent, let process, _, _): table.forked(parent: parent, process: process)
        case .exec(let process, _, let name, _): table.executed(process: process, name: name)
        case .threadName(let process, let thread, let name):
            table.named(process: process, thread: thread, name: name)
            if let index = table.threadIndex(process, thread) { roster.rename(index, name) }
        case .exit(let process, let thread, _): table.exited(process: process, thread: thread)
        case .used(let process, let thread, let nanoseconds, let time):
            account(process, thread, used: nanoseconds, at: time)
        case .lost(let count):
            tally.lost += count
            table.lost()
        case .throttled: tally.throttled += 1
        case .late(let count): tally.late += count
        }
    }

    /// Samples up to now that were not unwound, because our own time has a limit, count as if they were like the others.
    private func record(_ sample: StackSample) {
        sequence &+= 1
        guard sequence % keepsOneOf == 0 else { return }
        tally.taken += 1
        let time = sample.time.since(options.started)
        let weight = sample.weight * Int64(keepsOneOf)
        let runs = !sample.isWaiting && !sample.isQueued
        if runs { period = sample.weight }
        let counter = RegisterLayout.programCounter(ofRaw: sample.registers) ?? 0
        let process = table.process(sample.process, runningAt: counter, sample.time)
        let node = sample.isQueued ? queue : sample.registers.isEmpty ? unknownStack() : fold(sample, process)
        let thread = roster.thread(sample.thread, of: process)
        if !sample.isQueued {
            process.sampled[sample.thread] = (
                (process.sampled[sample.thread]?.time ?? 0) + (runs ? weight : 0), thread, node
            )
        }
        keep(time, thread, node, weight)
        if tree.count > Self.mostNodes { prune() }
    }

    private func keep(_ time: Int64, _ thread: Int32, _ node: Int32, _ weight: Int64) {
        store.add(time: time, thread: thread, node: node, weight: weight)
        if options.keepsChunks { chunk.add(time: time, thread: thread, node: node, weight: weight) }
    }

    /// Each thread's period begins at its start, so that what it ran after its last sample is in none: of a program that is
    /// shorter than a period, all. Of the programs of one name that time is put together, and when it is a period, it is
    /// one sample more: where the thread was last seen, or without a stack.
    private func account(_ pid: Int32, _ tid: Int32, used: Int64, at time: MonotonicTime) {
        guard let process = table.known(pid), period > 0 else { return }
        var missing = used
        if let sampled = process.sampled[tid] {
            missing = max(0, used - sampled.time)
            process.sampled[tid]?.time = max(0, sampled.time - used)
        }
        // Threads that ended are not taken out one by one: their time comes in parts, by CPU.
        if process.sampled.count > Self.mostThreads { process.sampled.removeAll() }
        if unsampled[process.name] == nil, unsampled.count >= Self.mostNames { return }
        unsampled[process.name, default: 0] += missing
        while let rest = unsampled[process.name], rest >= period {
            unsampled[process.name] = rest - period
            let place = process.sampled[tid]
            let node = place?.node ?? -1
            keep(
                time.since(options.started), place?.thread ?? roster.shortThread(process.name),
                node >= 0 ? node : tree.child(of: StackTree.root, FrameKey(.short)), period)
        }
    }

    private var queue: Int32 { tree.child(of: StackTree.root, FrameKey(.queued)) }

    private func unknownStack() -> Int32 {
        withoutRegisters += 1
        return tree.child(of: StackTree.root, FrameKey(.unknown))
    }

    // MARK: One stack

    private func fold(_ sample: StackSample, _ process: TrackedProcess) -> Int32 {
        if library.holdsTooMuch {
            unwinder.forgetLoaded()
            library.releasePieces()
        }
        let end = unwinder.walk(
            registers: sample.registers, stack: (sample.stackAddress, sample.stack), map: process.map,
            limit: Self.frameLimit)
        let isComplete = end == .threadStart
        var node = StackTree.root
        if !isComplete {
            tally.truncated += 1
            if end == .unreadable, isAtEnd(of: sample) { deeperThanCopied += 1 }
            node = tree.child(of: node, FrameKey(.truncated))
        }
        var calls = interpretedCalls(sample, process, isComplete: isComplete && unwinder.omittedBefore == 0)
        for call in calls?.missing ?? [] { node = tree.child(of: node, FrameKey(code: call.code, line: call.line)) }
        for index in stride(from: unwinder.frameCount - 1, through: 0, by: -1) {
            if index + 1 == unwinder.omittedBefore { node = tree.child(of: node, FrameKey(.omitted)) }
            let address = unwinder.frame(index).lookup
            if let group = calls?.next(at: address) {
                for call in group { node = tree.child(of: node, FrameKey(code: call.code, line: call.line)) }
            } else {
                node = tree.child(of: node, key(address, process))
            }
        }
        return node
    }

    /// Python's calls in the stack that was just walked; `nil` where there are none.
    private func interpretedCalls(
        _ sample: StackSample, _ process: TrackedProcess, isComplete: Bool
    ) -> InterpretedCalls? {
        guard let evaluator = python.evaluator(of: process) else { return nil }
        var evaluators = 0
        for index in 0..<unwinder.frameCount where evaluator.contains(unwinder.frame(index).lookup) { evaluators += 1 }
        guard evaluators > 0, let stack = python.stack(of: sample.thread, in: process, at: sample.time) else {
            return nil
        }
        return InterpretedCalls(stack, evaluator: evaluator, count: evaluators, isComplete: isComplete)
    }

    private func isAtEnd(of sample: StackSample) -> Bool {
        guard unwinder.frameCount > 0 else { return false }
        let last = unwinder.frame(unwinder.frameCount - 1).stackPointer
        let end = sample.stackAddress &+ UInt64(sample.stack.count)
        return last <= end && end - last < Self.largeFrame
    }

    private func key(_ address: UInt64, _ process: TrackedProcess) -> FrameKey {
        if library.holds(address) { return FrameKey(library: address) }
        guard process.map.contains(address), let number = anonymousNumber(of: process) else {
            return FrameKey(.unknown)
        }
        return FrameKey(justInTime: address, process: number)
    }

    private func anonymousNumber(of process: TrackedProcess) -> Int? {
        if let known = process.anonymousCode { return known }
        guard anonymousCode.count < FrameKey.mostProcesses else { return nil }
        process.anonymousCode = anonymousCode.count
        anonymousCode.append(AnonymousCode(process: process.pid, dump: process.dump))
        return process.anonymousCode
    }

    // MARK: Bounds

    /// Halves the tree: a program whose stacks are all different would fill any memory.
    private func prune() {
        isPruned = true
        let (smaller, moved) = tree.pruned(to: Self.mostNodes / 2, weights: store.weights(count: tree.count))
        tree = smaller
        store.move(moved)
        chunk.move(moved)
        table.forgetStacks()
    }

    /// The samples since the last call; none are kept twice.
    func takeChunk() -> SampleChunk {
        let taken = chunk
        chunk = SampleChunk()
        return taken
    }
}
