// The events and rings behind PerfTaskReader, and the search for what already runs.

import CLinux
import Glibc

/// Why no process records can be had.
package enum PerfTaskError: Error, Sendable, Equatable {
    /// The kernel refused: perf_event_paranoid, a seccomp filter, a kernel without perf, a process of another user or
    /// one that is gone (ESRCH).
    case refused(SystemError)
    /// More CPUs than ``PerfTaskAttachment/maximumProcessors``: too many descriptors and rings for what they give.
    case tooManyProcessors
    /// Locked memory is used up (RLIMIT_MEMLOCK, kernel.perf_event_mlock_kb).
    case noMemory(SystemError)
}

extension PerfTaskError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let error): error.description
        case .tooManyProcessors: "there are too many processors"
        case .noMemory(let error): "no memory for its records: \(error)"
        }
    }
}

/// One event for each followed thread and CPU; all events of a CPU write to one ring.
struct PerfTaskAttachment: Sendable {
    static let maximumProcessors = 128
    /// Data pages of a ring, tried in this order. A fork and exec takes about 1 KiB.
    static let pageCounts = [8, 4, 2, 1]
    /// Bytes in a ring that make its descriptor readable.
    private static let watermark: UInt32 = 4096
    /// Threads that may already exist when we attach; those that these create later do not count.
    private static let maximumThreads = 64

    /// The first thread's events: the rings are theirs.
    private(set) var descriptors: [FileDescriptor] = []
    private(set) var rings: [PerfRing] = []
    private var processors: [Int32] = []
    private var shared: [FileDescriptor] = []
    private var threads: Set<Int32> = []

    init() throws(PerfTaskError) {}

    func close() {
        rings.forEach { $0.unmap() }
        (shared + descriptors).forEach { $0.close() }
    }

    /// Follows a process and, as far as they exist already, its threads and descendants.
    ///
    /// - Returns: records for the processes that were found, parents first.
    mutating func follow(_ root: Int32) throws(PerfTaskError) -> [PerfTaskRecord] {
        try attachFirst(root)
        rings = try mapRings()
        var records: [PerfTaskRecord] = []
        // Attach first, look for children then: what is forked in between is in both, what is forked later is recorded.
        var waiting: [(pid: Int32, parent: RunningProcess?)] = [(root, nil)]
        while let next = waiting.popLast() {
            followThreads(of: next.pid)
            guard let process = RunningProcess(next.pid, notBefore: next.parent?.started) else { continue }
            records += process.records(parent: next.parent?.pid)
            waiting += RunningProcess.children(of: next.pid).map { ($0, process) }
        }
        return records
    }

    /// The kernel says by itself which CPUs there are: that is quicker than reading sysfs.
    private mutating func attachFirst(_ thread: Int32) throws(PerfTaskError) {
        for processor in Int32(0)... {
            let result = clinux_perf_open_tasks(thread, processor, Self.watermark)
            if result == -ENODEV { continue }
            if result == -EINVAL, !descriptors.isEmpty { break }
            guard result >= 0 else { throw .refused(SystemError("perf_event_open", code: -result)) }
            descriptors.append(FileDescriptor(result))
            processors.append(processor)
            guard descriptors.count <= Self.maximumProcessors else { throw .tooManyProcessors }
        }
        threads.insert(thread)
    }

    /// At the first size that all can have.
    private func mapRings() throws(PerfTaskError) -> [PerfRing] {
        var failure = SystemError("mmap", on: "perf ring", code: ENOMEM)
        for pages in Self.pageCounts {
            do throws(SystemError) { return try PerfRing.mapAll(descriptors, pages: pages) } catch { failure = error }
        }
        throw .noMemory(failure)
    }

    /// Until a look finds no further thread: one that is created meanwhile may come from one not yet followed.
    private mutating func followThreads(of pid: Int32) {
        while true {
            let new = RunningProcess.threads(of: pid).filter { !threads.contains($0) }
            guard !new.isEmpty, threads.count + new.count <= Self.maximumThreads else { return }
            new.forEach { attach($0) }
        }
    }

    /// A thread that is gone already, or another user's, is passed over: the job is followed without it.
    private mutating func attach(_ thread: Int32) {
        threads.insert(thread)
        for (processor, ring) in zip(processors, descriptors) {
            let result = clinux_perf_open_tasks(thread, processor, Self.watermark)
            guard result >= 0 else { return }
            let event = FileDescriptor(result)
            guard clinux_perf_share_ring(event.raw, ring.raw) == 0 else { return event.close() }
            shared.append(event)
        }
    }
}

/// A mapped ring.
struct PerfRing: @unchecked Sendable {
    // The memory is shared with the kernel; taking from it is for the one owner of the reader.
    let base: UnsafeMutableRawPointer
    let pages: Int

    /// All or none.
    static func mapAll(_ descriptors: [FileDescriptor], pages: Int) throws(SystemError) -> [PerfRing] {
        var rings: [PerfRing] = []
        for descriptor in descriptors {
            var base: UnsafeMutableRawPointer?
            let result = clinux_perf_map(descriptor.raw, pages, &base)
            guard let base else {
                rings.forEach { $0.unmap() }
                throw SystemError("mmap", on: "perf ring", code: -result)
            }
            rings.append(PerfRing(base: base, pages: pages))
        }
        return rings
    }

    func unmap() { clinux_perf_unmap(base, pages) }

    /// The bytes of whole records; empty when there are none. Each call frees the place of what it returned.
    func take() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
            guard let memory = buffer.baseAddress else { return }
            count = clinux_perf_take(base, pages, memory, buffer.count)
        }
    }
}

/// A process as /proc shows it.
struct RunningProcess {
    let pid: Int32
    let name: String
    let started: MonotonicTime

    /// `nil` when it is gone. Its start is known to 10 ms, and never put before its parent's.
    ///
    /// Source: proc_pid_stat(5), field 22.
    init?(_ pid: Int32, notBefore parent: MonotonicTime?) {
        guard let bytes = Self.file("/proc/\(pid)/stat"), let stat = parseProcessStat(bytes),
            let close = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
        self.pid = pid
        name = stat.name
        let sinceBoot = ticks * (1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
        let own = MonotonicTime(nanoseconds: sinceBoot - bootClockLead())
        started = parent.map { max($0, own) } ?? own
    }

    func records(parent: Int32?) -> [PerfTaskRecord] {
        var records: [PerfTaskRecord] = parent.map { [.fork(parent: $0, pid: pid, time: started)] } ?? []
        records.append(.exec(pid: pid, name: name, time: started))
        do throws(SystemError) {
            records.append(.executable(pid: pid, path: try readLink("/proc/\(pid)/exe"), time: started))
        } catch {
            // Gone since, or not ours to look at: the name is enough.
        }
        return records
    }

    static func threads(of pid: Int32) -> [Int32] {
        var threads: [Int32] = []
        guard let directory = opendir("/proc/\(pid)/task") else { return [] }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let thread = Int32(name) { threads.append(thread) }
        }
        return threads
    }

    /// Needs CONFIG_PROC_CHILDREN, which distributions set.
    static func children(of pid: Int32) -> [Int32] {
        threads(of: pid).flatMap { thread in
            String(decoding: file("/proc/\(pid)/task/\(thread)/children") ?? [], as: UTF8.self)
                .split(separator: " ").compactMap { Int32($0) }
        }
    }

    private static func file(_ path: String) -> [UInt8]? {
        do throws(SystemError) { return try readSmallFile(path) } catch { return nil }
    }
}

/// How far CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC: the time that the machine was suspended.
private func bootClockLead() -> Int64 {
    var boot = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    return Int64(boot.tv_sec) * 1_000_000_000 + Int64(boot.tv_nsec) - MonotonicTime.now.nanoseconds
}
