// The rings of sampling events, read in place and in the order of time.

import CLinux
import Glibc

/// The mapped rings of ``PerfSampling``. Owned by one thread; whoever opened the events may be another process.
///
/// A full ring loses records, never the job's time.
package final class PerfSampleRings {
    /// Bytes in a ring that make its descriptor readable: about four samples.
    package static let watermark = 128 * 1024
    /// Data pages of a ring, tried in this order: 1 MiB holds thirty samples of 32 KiB, half of it is what everybody
    /// may lock.
    private static let pageCounts = [256, 128, 64, 32, 16]
    /// Of all rings together, so that a machine of many CPUs does not take all memory that may be locked.
    private static let maximumPages = 4096

    package let descriptors: [FileDescriptor]
    private let rings: [PerfRing]
    private let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: 65536)

    /// - Parameter descriptors: ``PerfSampling/descriptors``. They stay the caller's, and open as long as this lives.
    package init(_ descriptors: [FileDescriptor]) throws(PerfTaskError) {
        self.descriptors = descriptors
        var failure = SystemError("mmap", on: "perf ring", code: ENOMEM)
        for pages in Self.pageCounts where pages * descriptors.count <= Self.maximumPages || pages == 16 {
            do throws(SystemError) {
                rings = try PerfRing.mapAll(descriptors, pages: pages)
                return
            } catch { failure = error }
        }
        throw .noMemory(failure)
    }

    deinit {
        rings.forEach { $0.unmap() }
        scratch.deallocate()
    }

    /// Delivers the records that were made before `limit`, oldest first; `nil`: all there are.
    ///
    /// What is handed over lies in the ring and is the kernel's again when the call returns. Where a ring is still being
    /// written, `limit` should be the time before the call: then nothing older can come later.
    package func take(until limit: MonotonicTime?, _ deliver: (UnsafeRawBufferPointer) -> Void) {
        let end = limit.map { UInt64(max(0, $0.nanoseconds)) } ?? .max
        var windows = rings.map { clinux_perf_look($0.base, $0.pages) }
        var times = zip(rings, windows).map { clinux_perf_record_time($0.base, $0.pages, $1.tail, $1.head) }
        while let next = times.indices.min(by: { times[$0] < times[$1] }), times[next] < end {
            let ring = rings[next]
            var size = 0
            guard
                let record = clinux_perf_record(
                    ring.base, ring.pages, windows[next].tail, windows[next].head, scratch, &size)
            else { break }
            deliver(UnsafeRawBufferPointer(start: record, count: size))
            windows[next].tail += UInt64(size)
            clinux_perf_release(ring.base, windows[next].tail)
            times[next] = clinux_perf_record_time(ring.base, ring.pages, windows[next].tail, windows[next].head)
        }
    }
}
