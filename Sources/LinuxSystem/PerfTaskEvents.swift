// The kernel's own record of the job's processes: who forked whom, what was executed, when each ended. No process is
// stopped for it, and a full ring loses records, never time.

import CLinux
import Glibc

/// Why no process records can be had.
package enum PerfTaskError: Error, Sendable, Equatable {
    /// The kernel refused: perf_event_paranoid, a seccomp filter, or a kernel without perf.
    case refused(SystemError)
    /// More CPUs than ``PerfTaskEvents/maximumProcessors``: too many descriptors and rings for what they give.
    case tooManyProcessors
    /// Locked memory is used up (RLIMIT_MEMLOCK, kernel.perf_event_mlock_kb).
    case noMemory(SystemError)
}

/// Process events of everything that the calling thread forks, one for each CPU that is online.
///
/// Opened by the supervisor before it starts the job, on the thread that starts it. The events stay asleep in a process
/// until it executes a program, so a supervisor that never does so is not recorded; the reporter, forked by the same
/// thread, is, and the consumer leaves out what does not descend from the job.
///
/// The rings are mapped here too, so that nothing is lost before the reporter maps them, nor while it is started anew.
/// A mapping is not inherited by forked processes. Everything ends with the process.
///
/// Source: perf_event_open(2). Works without privileges at perf_event_paranoid 2: only user space is asked for.
package struct PerfTaskEvents: Sendable {
    package static let maximumProcessors = 128
    /// Sizes of a ring that are tried, largest first. A fork and exec takes about 1 KiB.
    package static let pageCounts = [8, 4, 2, 1]

    /// Bytes in a ring that make its descriptor readable.
    private static let watermark: UInt32 = 4096

    /// One for each CPU, close-on-exec.
    package let descriptors: [FileDescriptor]
    /// Data pages of each ring.
    package let pages: Int

    package static func open() throws(PerfTaskError) -> PerfTaskEvents {
        var descriptors: [FileDescriptor] = []
        do throws(PerfTaskError) {
            // The kernel says by itself which CPUs there are: that is quicker than reading sysfs.
            var processor: Int32 = 0
            while let answer = try openOne(processor) {
                if case .online(let descriptor) = answer { descriptors.append(descriptor) }
                guard descriptors.count <= maximumProcessors else { throw .tooManyProcessors }
                processor += 1
            }
            return PerfTaskEvents(descriptors: descriptors, pages: try mapAll(descriptors))
        } catch {
            descriptors.forEach { $0.close() }
            throw error
        }
    }

    private enum Processor {
        case online(FileDescriptor)
        case offline
    }

    /// - Returns: `nil` when there are no more CPUs.
    private static func openOne(_ processor: Int32) throws(PerfTaskError) -> Processor? {
        let result = clinux_perf_open_tasks(processor, watermark)
        if result == -ENODEV { return .offline }
        if result == -EINVAL, processor > 0 { return nil }
        guard result >= 0 else { throw .refused(SystemError("perf_event_open", code: -result)) }
        return .online(FileDescriptor(result))
    }

    /// Maps every ring at the first size that all can have; the mappings stay until the process ends.
    private static func mapAll(_ descriptors: [FileDescriptor]) throws(PerfTaskError) -> Int {
        var failure = SystemError("mmap", on: "perf ring", code: ENOMEM)
        for pages in pageCounts {
            do throws(SystemError) {
                _ = try PerfRing.mapAll(descriptors, pages: pages)
                return pages
            } catch { failure = error }
        }
        throw .noMemory(failure)
    }
}

/// A mapped ring.
struct PerfRing {
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
