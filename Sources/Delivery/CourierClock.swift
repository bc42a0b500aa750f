// Time for the courier, so that tests need none.

import LinuxSystem
import Spool

/// Both clocks, and waiting.
package protocol CourierClock: AnyObject {
    /// Nanoseconds since 1970.
    var wall: Int64 { get }
    /// Nanoseconds; only differences mean anything.
    var monotonic: Int64 { get }
    /// 0..<1.
    func jitter() -> Double
    /// Waits until envelopes arrived, at most `nanoseconds`; it may return early.
    func waitForArrivals(_ nanoseconds: Int64)
    /// Waits.
    func pause(_ nanoseconds: Int64)
    /// Whether envelopes may have arrived since the last question; does not wait.
    func mayHaveArrivals() -> Bool
}

/// The system's clocks, and inotify on the spool.
package final class SystemClock: CourierClock {
    private let watch: DirectoryWatch?

    /// Where the user's inotify watches are used up, the spool is looked at every 200 ms.
    private static let pollingInterval: Int64 = 200_000_000

    package init(watching spool: Spool?) {
        watch = spool.flatMap { spool in
            try? DirectoryWatch([spool.directory(.outbox), spool.directory(.spotlight)], departures: false)
        }
    }

    package var wall: Int64 { wallClockNanoseconds() }
    package var monotonic: Int64 { MonotonicTime.now.nanoseconds }

    package func jitter() -> Double {
        // Without random bytes all couriers pause alike, which is no reason to stop.
        let bytes = (try? randomBytes(4)) ?? [0, 0, 0, 128]
        let value = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(value) / 4_294_967_296
    }

    package func waitForArrivals(_ nanoseconds: Int64) {
        guard let watch else { return pause(min(nanoseconds, Self.pollingInterval)) }
        _ = watch.wait(milliseconds: milliseconds(nanoseconds))
    }

    package func pause(_ nanoseconds: Int64) { sleepMilliseconds(milliseconds(nanoseconds)) }

    package func mayHaveArrivals() -> Bool { watch?.drain() ?? true }

    /// Rounded up: a wait must not end just before its time and be asked for again and again.
    private func milliseconds(_ nanoseconds: Int64) -> Int32 {
        Int32(clamping: (max(0, nanoseconds) + 999_999) / 1_000_000)
    }
}
