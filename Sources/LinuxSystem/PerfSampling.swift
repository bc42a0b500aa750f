// Sampling by the kernel: who may, and the events that do it.

import CLinux
import Glibc

/// How a process is to be sampled.
package struct PerfSamplingOptions: Sendable, Equatable {
    /// Nanoseconds of processor time between two samples of a thread.
    package var period: Int64
    /// Bytes of the stack in each sample, a multiple of 8 up to ``mostStackBytes``.
    package var stackBytes: Int
    /// Sampling begins when the process executes its program.
    package var startsAtExec: Bool

    package static let mostStackBytes = 65528

    /// Whether each sample wakes the reader at once, so that it can look at more of the process than its stack.
    var wakesEachTime: Bool { period >= 4_000_000 }

    /// - Parameter frequency: samples for each second of processor time, 1…1000.
    package init(frequency: Int, stackBytes: Int = 32768, startsAtExec: Bool) {
        period = 1_000_000_000 / Int64(min(max(frequency, 1), 10000))
        self.stackBytes = min(max(stackBytes, 512), Self.mostStackBytes) & ~7
        self.startsAtExec = startsAtExec
    }
}

/// Events that sample a process and everything that it starts. Opened by whoever may, read by whoever maps their rings
/// (``PerfSampleRings``); sampling ends when the last descriptor of an event is closed.
///
/// Needs no privileges at perf_event_paranoid 2, only a process of the same user. What the kernel does on behalf of the
/// process is sampled too where that is permitted (paranoid 1, CAP_PERFMON), with the stack of the program; never the
/// kernel's own addresses.
///
/// Source: perf_event_open(2).
package struct PerfSampling: Sendable {
    /// One for each CPU, in the kernel's order: the rings are theirs.
    package let descriptors: [FileDescriptor]
    /// Of further threads that ran already; their samples go to the same rings. To be kept open as long as the others.
    package private(set) var shared: [FileDescriptor] = []
    /// Only time in user mode is sampled.
    package let isOnlyUser: Bool
    /// Threads that run and could not be followed: they ended meanwhile, or there are too many.
    package private(set) var missedThreads = 0
    private let options: clinux_perf_sampling
    private let processors: [Int32]

    /// Opens one event for each CPU on a thread that so far has created no other: a job before its exec.
    ///
    /// - Parameter process: of our user, and alive.
    package init(_ process: Int32, _ options: PerfSamplingOptions) throws(PerfTaskError) {
        // From the most that can be had down: both were not always permitted or known.
        var failure = PerfTaskError.refused(SystemError("perf_event_open", code: ENOSYS))
        for (onlyUser, buildIDs) in [(false, true), (true, true), (false, false), (true, false)] {
            let raw = clinux_perf_sampling(
                period: UInt64(options.period), stack_bytes: UInt32(options.stackBytes),
                watermark: UInt32(options.wakesEachTime ? 1 : PerfSampleRings.watermark), on_exec: options.startsAtExec,
                only_user: onlyUser,
                build_ids: buildIDs)
            do throws(PerfTaskError) {
                (descriptors, processors) = try Self.open(process, raw)
                self.options = raw
                isOnlyUser = onlyUser
                anchor(process)
                return
            } catch {
                failure = error
                guard case .refused(let reason) = error, [EACCES, EPERM, EINVAL, E2BIG].contains(reason.code) else {
                    throw error
                }
            }
        }
        throw failure
    }

    /// Without it there are fewer samples of a process that starts many others, and that is all.
    private mutating func anchor(_ thread: Int32) {
        let result = clinux_perf_open_anchor(thread)
        if result >= 0 { shared.append(FileDescriptor(result)) }
    }

    /// Follows a further thread that runs already. One that is gone is passed over.
    package mutating func add(thread: Int32) {
        for (processor, ring) in zip(processors, descriptors) {
            var raw = options
            let result = clinux_perf_open_samples(thread, processor, &raw)
            guard result >= 0 else {
                if result != -ESRCH { missedThreads += 1 }
                return
            }
            let event = FileDescriptor(result)
            guard clinux_perf_share_ring(event.raw, ring.raw) == 0 else {
                missedThreads += 1
                return event.close()
            }
            shared.append(event)
        }
        anchor(thread)
    }

    /// Of a process that ran before: follows its other threads and its descendants, too, and all that these will start.
    ///
    /// The rings must be mapped: others' samples can be led only to a ring that is.
    /// - Parameter process: the one that the events were opened on.
    /// - Returns: the processes that were found, the first one first.
    package mutating func followRest(of process: Int32) -> [Int32] {
        var processes: [Int32] = []
        var threads: Set<Int32> = [process]
        // Attach first, look for more then: what is made in between is seen, what is made later is followed.
        var waiting = [process]
        while let next = waiting.popLast() {
            addThreads(of: next, besides: &threads)
            processes.append(next)
            waiting += RunningProcess.children(of: next).filter { !processes.contains($0) }
        }
        return processes
    }

    /// Until a look finds no further thread: one that is created meanwhile may come from one not yet followed.
    private mutating func addThreads(of process: Int32, besides known: inout Set<Int32>) {
        while true {
            let new = RunningProcess.threads(of: process).filter { !known.contains($0) }
            guard !new.isEmpty else { return }
            for thread in new {
                known.insert(thread)
                add(thread: thread)
            }
        }
    }

    /// Ends the sampling; what is in the rings can be read still.
    package func stop() { for event in shared + descriptors { _ = clinux_perf_enable(event.raw, false) } }

    package func close() { (shared + descriptors).forEach { $0.close() } }

    /// Whether this process may be sampled, by trying it on ourselves. Nothing is left of it.
    package static func probe() throws(PerfTaskError) -> PerfSamplingPermission {
        let sampling = try PerfSampling(getpid(), PerfSamplingOptions(frequency: 1, startsAtExec: true))
        sampling.close()
        return sampling.isOnlyUser ? .userOnly : .all
    }

    private static func open(
        _ thread: Int32, _ raw: clinux_perf_sampling
    ) throws(PerfTaskError) -> (descriptors: [FileDescriptor], processors: [Int32]) {
        var descriptors: [FileDescriptor] = []
        var processors: [Int32] = []
        do throws(PerfTaskError) {
            // The kernel says by itself which CPUs there are: that is quicker than reading sysfs.
            for processor in Int32(0)... {
                var raw = raw
                let result = clinux_perf_open_samples(thread, processor, &raw)
                if result == -ENODEV { continue }
                if result == -EINVAL, !descriptors.isEmpty { break }
                guard result >= 0 else { throw .refused(SystemError("perf_event_open", code: -result)) }
                descriptors.append(FileDescriptor(result))
                processors.append(processor)
                guard descriptors.count <= PerfTaskAttachment.maximumProcessors else { throw .tooManyProcessors }
            }
        } catch {
            descriptors.forEach { $0.close() }
            throw error
        }
        return (descriptors, processors)
    }
}

/// What may be sampled on this host.
package enum PerfSamplingPermission: Sendable, Equatable {
    /// Also what the kernel does on behalf of a program.
    case all
    case userOnly
}
