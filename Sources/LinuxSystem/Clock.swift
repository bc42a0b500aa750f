// The two clocks. Durations come from the monotonic one, timestamps from the wall.

import Glibc

/// Nanoseconds of CLOCK_MONOTONIC: only differences mean anything.
package struct MonotonicTime: Sendable, Comparable, Hashable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static var now: MonotonicTime { MonotonicTime(nanoseconds: read(CLOCK_MONOTONIC)) }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Nanoseconds from `earlier` to here.
    package func since(_ earlier: MonotonicTime) -> Int64 { nanoseconds - earlier.nanoseconds }

    /// So many nanoseconds later; the end of time where that is too far.
    package func advanced(by nanoseconds: Int64) -> MonotonicTime {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }
}

/// Nanoseconds since 1970-01-01 UTC by CLOCK_REALTIME.
package func wallClockNanoseconds() -> Int64 { read(CLOCK_REALTIME) }

/// Nanoseconds that the calling thread has used of processors. Source: clock_gettime(2), CLOCK_THREAD_CPUTIME_ID.
package func processorTimeOfThread() -> Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

/// Seconds east of Greenwich that this process' local time is at a moment, by TZ and /etc/localtime.
///
/// - Parameter seconds: since 1970.
///
/// Source: localtime_r(3); the zone is read once.
package func localZoneOffset(at seconds: Int64) -> Int64 {
    var moment = time_t(seconds)
    var parts = tm()
    guard localtime_r(&moment, &parts) != nil else { return 0 }
    return Int64(parts.tm_gmtoff)
}

/// Nanoseconds that this process has used of processors. Source: clock_gettime(2), CLOCK_PROCESS_CPUTIME_ID.
package func processorTimeOfProcess() -> Int64 { read(CLOCK_PROCESS_CPUTIME_ID) }

/// Nanoseconds that the threads of a process, those that have ended included, have used of processors; `nil` where it is
/// gone. What runs at this moment counts up to the last tick of the scheduler: it is the sum of what `schedstat` says of
/// each thread.
///
/// Source: clock_getcpuclockid(3), whose id is made up of the process's.
package func processorTime(ofProcess process: Int32) -> Int64? {
    var time = timespec()
    guard clock_gettime(~process << 3 | 2, &time) == 0 else { return nil }
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
