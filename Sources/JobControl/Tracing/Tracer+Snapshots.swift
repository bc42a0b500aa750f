// Processes that are read while they stand still: those that die of a fatal signal, that time out, that hang.

import LinuxSystem
import SupervisorLink

extension Tracer {
    // MARK: Death

    /// A thread stands at the delivery of a signal that ends its process. Whatever fails here, the signal is let through.
    func captureDeath(of process: TracedProcess, by signal: Signal, on thread: Int32) {
        process.isDying = true
        guard snapshots.claim() else { return resume(thread, delivering: signal.number) }
        let begin = heard
        let stopped = stop(process, except: thread)
        let captured = SnapshotCapture.take(
            of: description(of: process, reason: .fatalSignal, thread: thread, signal: signal.number, stopped))
        attempt { () throws(SystemError) in try Tracee(thread).proceed(delivering: signal.number) }
        let time = MonotonicTime.now.since(begin)
        // What it costs to read a dying process is no cost of following the others.
        hear()
        proceed(stopped)
        tell(captured, of: process.id, reason: .fatalSignal, thread: thread, signal: signal.number, time: time)
    }

    // MARK: The living

    /// Reads the job's processes, its own first, and lets them go on. Those that were let go are seized for it.
    ///
    /// - Parameter deadline: no further process is stopped after this.
    func captureLiving(_ reason: SnapshotReason, deadline: MonotonicTime) {
        finish()
        guard refusal == nil, main > 0 else { return }
        let wasLetGo = processes[main] == nil
        if wasLetGo, seizeAnew(main) { processes[main]?.isLeaving = true }
        let others = processes.keys.filter { $0 != main }.sorted()
        for id in ([main] + others).prefix(Self.mostLiving) {
            guard MonotonicTime.now < deadline, let process = processes[id], !process.isDying else { continue }
            capture(process, reason, deadline: deadline)
        }
    }

    private static let mostLiving = 8

    private func capture(_ process: TracedProcess, _ reason: SnapshotReason, deadline: MonotonicTime) {
        hear()
        let begin = heard
        let stopped = stop(process, except: nil, deadline: deadline)
        let captured = SnapshotCapture.take(
            of: description(of: process, reason: reason, thread: process.id, signal: 0, stopped))
        hear()
        proceed(stopped)
        let time = MonotonicTime.now.since(begin)
        tell(captured, of: process.id, reason: reason, thread: process.id, signal: 0, time: time)
    }

    // MARK: Stopping

    private struct Standstill {
        var threads: StoppedThreads
        /// As they were before.
        var states: [Int32: String]
        /// Of the process, traced or not.
        var listed: [Int32]
    }

    private func stop(
        _ process: TracedProcess, except thread: Int32?, deadline: MonotonicTime? = nil
    ) -> Standstill {
        adoptUnannouncedThreads()
        let listed = threadsListed(of: process.id)
        var states: [Int32: String] = [:]
        for other in listed.prefix(Self.mostStates) where other != thread {
            states[other] = ProcessStat.of(thread: other, in: process.id)?.state
        }
        let limit = MonotonicTime.now.advanced(by: Self.stopTime)
        let threads = ThreadStopper.stop(
            process.threads.filter { $0 != thread }.sorted(), deadline: deadline.map { min($0, limit) } ?? limit,
            starved: process.isDying ? (process.id, .now.advanced(by: Self.starvedTime)) : nil)
        return Standstill(threads: threads, states: states, listed: listed)
    }

    /// A process that dies has nothing left to be late for, and what is not read now is lost.
    private static let starvedTime: Int64 = 500_000_000
    private static let mostStates = 256

    /// A thread whose first stop was taken already cannot be stopped once more.
    private func adoptUnannouncedThreads() {
        let waiting = unannounced
        unannounced = [:]
        for (thread, status) in waiting { adoptUnannounced(thread, status) }
    }

    private func proceed(_ stopped: Standstill) {
        for thread in stopped.threads.interrupted { resume(thread) }
        for thread in stopped.threads.groupStopped {
            if processes[threads[thread]?.process ?? 0]?.isLeaving == true {
                leave(thread, delivering: 0)
            } else {
                listen(thread)
            }
        }
        kept += stopped.threads.kept
    }

    // MARK: Telling

    private func description(
        of process: TracedProcess, reason: SnapshotReason, thread: Int32, signal: Int32, _ stopped: Standstill
    ) -> StoppedProcess {
        let still = Set(
            stopped.threads.interrupted + stopped.threads.groupStopped
                + stopped.threads.kept.filter { !$0.status.isEnd }.map(\.process))
        let ended = Set(stopped.threads.kept.filter(\.status.isEnd).map(\.process))
        var described = [Int32: StoppedThread]()
        for id in Set(stopped.listed).union(still).subtracting(ended) {
            var one = StoppedThread(id: id, state: stopped.states[id] ?? "")
            if id != thread || signal == 0, !still.contains(id) {
                one.trouble = threads[id] == nil ? "is not traced" : whyRunning(id, in: process.id)
            }
            described[id] = one
        }
        let first = described[thread] ?? StoppedThread(id: thread)
        let others = described.values.filter { $0.id != thread }.sorted { $0.id < $1.id }
        return StoppedProcess(
            process: process.id, thread: thread, signal: signal, reason: reason, threads: [first] + others,
            files: process.files)
    }

    private func whyRunning(_ thread: Int32, in process: Int32) -> String {
        let folder = "/proc/\(process)/task/\(thread)"
        let place = word(folder + "/wchan")
        if !place.isEmpty, place != "0" { return "did not stop in time, in \(place)" }
        let call = word(folder + "/syscall")
        if call == "running" { return "did not stop in time, waiting for a processor" }
        return call.isEmpty ? "did not stop in time" : "did not stop in time, in system call \(call)"
    }

    private func word(_ path: String) -> String {
        do throws(SystemError) {
            let text = try readSmallFile(path, limit: 256)
            return String(decoding: text.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
        } catch { return "" }
    }

    private func tell(
        _ captured: Result<CapturedSnapshot, SystemError>, of process: Int32, reason: SnapshotReason, thread: Int32,
        signal: Int32, time: Int64
    ) {
        // A failure leaves a crash without a stack, which its report says.
        guard case .success(let snapshot) = captured else { return }
        var descriptors: UInt8 = 0
        if snapshot.rootDirectory != nil { descriptors |= SnapshotNotice.rootDirectory }
        if snapshot.executable != nil { descriptors |= SnapshotNotice.executable }
        note(
            .captured(
                snapshot,
                SnapshotNotice(
                    reason: reason, process: process, thread: thread, signal: signal, stoppedNanoseconds: time,
                    descriptors: descriptors)))
    }
}
