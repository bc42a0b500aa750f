// Samples of threads that wait, taken without stopping them.

import LinuxSystem

/// Follows a process and all that it starts, and tells where its threads wait and for how long: `--profile-mode wall`, beside
/// a source that samples those that run.
///
/// `/proc/PID/task/TID/syscall` has the stack pointer and the program counter of a thread that waits, and its memory can be
/// read; the scheduler's account of the thread says whether it has run meanwhile. Its other registers are not known.
///
/// A thread that stays where it is has one sample a second, and one when it goes on; each weighs the time since the last one.
/// Needs what ptrace(2) needs (PTRACE_MODE_ATTACH_REALCREDS): the same user, a dumpable process, and Yama's consent.
/// Source: proc(5), process_vm_readv(2), ptrace(2) "Ptrace access mode checking".
package final class BlockedThreadSource: StackSource {
    package let name = "proc"
    package var descriptors: [FileDescriptor] { [timer.descriptor] }
    package let recordsMappings = false
    package private(set) var notes: [String] = []

    /// Looks a second: a thread that waits hardly changes, and what it waits for is long.
    package static let usualFrequency = 20

    private let timer: Timer
    private let store = BlockedStackStore()
    private let files = FileAllowance()
    private let root: Int32
    private var processes: [Int32: BlockedProcess] = [:]
    private var nextSearch = MonotonicTime(nanoseconds: 0)
    private var pending: [Pending] = []
    private var registers = [UInt8](repeating: 0, count: RegisterLayout.size)

    private struct Pending {
        var process: Int32
        var thread: Int32
        var time: MonotonicTime
        var finding: BlockedThread.Finding
    }

    /// - Parameter process: and all its descendants.
    package init(_ process: Int32, frequency: Int = usualFrequency) throws(SystemError) {
        root = process
        timer = try Timer()
        let interval = 1_000_000_000 / Int64(min(max(frequency, 1), 1000))
        try timer.arm(after: interval, every: interval)
        follow(process)
        if processes[process]?.isClosed == true {
            notes.append(
                "where threads wait could not be seen: the process is another user's, or closed to us (dumpable, Yama)")
        }
    }

    deinit { timer.descriptor.close() }

    /// Another process of the job, of which somebody else has heard first. One that is followed already is no news.
    ///
    /// - Parameter born: when it was forked, where that is known.
    package func follow(_ process: Int32, born: MonotonicTime? = nil) {
        guard processes[process] == nil, processes.count < Self.mostProcesses else { return }
        do throws(SystemError) {
            processes[process] = try BlockedProcess(process, at: .now, born: born, store: store, files: files)
        } catch {
            // Gone.
        }
    }

    /// What another source has seen: with it a process is known as soon as it is there.
    package func notice(_ event: SampleEvent) {
        if case .fork(let parent, let process, _, let time) = event, process != parent { follow(process, born: time) }
    }

    private static let mostProcesses = 1024
    /// Children are searched for so often, in nanoseconds.
    private static let searchInterval: Int64 = 500_000_000
    /// Findings wait for their time; nobody lets them wait for long.
    private static let mostPending = 65536

    package func take(until: MonotonicTime?, _ deliver: (SampleEvent) -> Void) {
        let isDue = timer.takeExpirations() > 0
        if isDue || until == nil { tick(until) }
        var count = 0
        for finding in pending {
            if let until, finding.time > until { break }
            tell(finding, deliver)
            count += 1
        }
        pending.removeFirst(count)
    }

    /// - Parameter limit: what is found now counts as found then, so that it is delivered, and named, while the process is there.
    private func tick(_ limit: MonotonicTime?) {
        let now = MonotonicTime.now
        let time = min(now, limit ?? now)
        if now >= nextSearch {
            nextSearch = now.advanced(by: Self.searchInterval)
            for process in processes.values { process.children.forEach { follow($0) } }
        }
        for (id, process) in processes {
            let keep: BlockedProcess.Deliver = { [self] thread, finding in
                if pending.count < Self.mostPending {
                    pending.append(Pending(process: id, thread: thread, time: time, finding: finding))
                }
            }
            if !process.tick(at: now, keep) {
                processes[id] = nil
            } else if limit == nil {
                process.finish(at: now, keep)
            }
        }
    }

    private func tell(_ pending: Pending, _ deliver: (SampleEvent) -> Void) {
        let stack = pending.finding.stack
        RegisterLayout.set(stack?.stackPointer ?? 0, at: RegisterLayout.stackPointerOffset, of: &registers)
        RegisterLayout.set(stack?.programCounter ?? 0, at: RegisterLayout.programCounterOffset, of: &registers)
        registers.withUnsafeBytes { registers in
            (stack?.bytes ?? []).withUnsafeBytes { bytes in
                var sample = StackSample(
                    process: pending.process, thread: pending.thread, time: pending.time,
                    weight: pending.finding.weight,
                    registers: stack == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : registers,
                    stackAddress: (stack?.stackPointer ?? 0) & ~7, stack: bytes)
                sample.isWaiting = !pending.finding.isQueued
                sample.isQueued = pending.finding.isQueued
                deliver(.sample(sample))
            }
        }
    }
}
