// Processes that were read, on their way to stacks.

import CrashReporting
import LinuxSystem
import SupervisorLink

/// Has the snapshots backtraced in their order, a few at a time, so that many crashes at once do not crowd out the job.
final class SnapshotQueue {
    /// A process that was read, and what became of its stacks.
    struct Backtraced {
        let notice: SnapshotNotice
        /// Without its memory; `nil` where not even its header could be read.
        let snapshot: ProcessSnapshot?
        let stacks: Result<CrashStacks, BacktraceFailure>
    }

    private struct Waiting {
        let notice: SnapshotNotice
        let files: SnapshotFiles

        var snapshot: ProcessSnapshot? {
            (try? MappedFile(files.snapshot)).flatMap { ProcessSnapshot($0.bytes, withMemory: false) }
        }
    }

    private struct Running {
        let notice: SnapshotNotice
        let snapshot: ProcessSnapshot?
        let backtracer: RunningBacktracer
    }

    private static let mostAtOnce = 2

    private let program: BacktracerProgram
    private let watch: (FileDescriptor) -> Void
    private let done: (Backtraced) -> Void
    private var waiting: [Waiting] = []
    private var running: [Running] = []
    /// When nobody waits any more.
    private var limit: MonotonicTime?

    /// - Parameters:
    ///   - watch: a descriptor is to be watched: ``collect()`` when it is readable. It is closed there.
    ///   - done: called for each snapshot, in the order in which they are ready.
    init(
        _ program: BacktracerProgram, watch: @escaping (FileDescriptor) -> Void,
        done: @escaping (Backtraced) -> Void
    ) {
        self.program = program
        self.watch = watch
        self.done = done
    }

    var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    /// When ``killOverdue(_:)`` has something to do.
    var nextDeadline: MonotonicTime? {
        running.isEmpty ? nil : (running.map(\.backtracer.deadline) + [limit].compactMap { $0 }).min()
    }

    /// The job has ended: what has no stacks by then is told without.
    func limit(to deadline: MonotonicTime) { limit = deadline }

    /// The files are the queue's from here on.
    func add(_ notice: SnapshotNotice, _ files: SnapshotFiles) {
        waiting.append(Waiting(notice: notice, files: files))
        startNext()
    }

    /// Takes the answers of those that have ended.
    func collect(_ end: FileDescriptor) {
        guard let index = running.firstIndex(where: { $0.backtracer.end == end }) else { return }
        let ended = running.remove(at: index)
        startNext()
        done(Backtraced(notice: ended.notice, snapshot: ended.snapshot, stacks: ended.backtracer.finish()))
    }

    func killOverdue(_ now: MonotonicTime) {
        let isOver = limit.map { $0 <= now } ?? false
        for late in running where isOver || late.backtracer.deadline <= now { late.backtracer.kill() }
        guard isOver else { return }
        let left = waiting
        waiting = []
        for next in left {
            done(Backtraced(notice: next.notice, snapshot: next.snapshot, stacks: .failure(.noTime)))
            next.files.close()
        }
    }

    private func startNext() {
        while running.count < Self.mostAtOnce, !waiting.isEmpty { start(waiting.removeFirst()) }
    }

    private func start(_ next: Waiting) {
        defer { next.files.close() }
        let snapshot = next.snapshot
        do throws(SystemError) {
            let backtracer = try program.start(next.files)
            running.append(Running(notice: next.notice, snapshot: snapshot, backtracer: backtracer))
            watch(backtracer.end)
        } catch {
            done(Backtraced(notice: next.notice, snapshot: snapshot, stacks: .failure(.notStarted(error))))
        }
    }
}
