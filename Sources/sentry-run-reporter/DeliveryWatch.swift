// Waits until a run's envelopes have left the outbox.

import LinuxSystem
import Spool

/// Looks when the outbox changes, and now and then: a change may come between the look and the watch.
final class DeliveryWatch {
    private let spool: Spool
    private let watch: DirectoryWatch
    private(set) var nextLook = MonotonicTime.now

    private static let interval: Int64 = 100_000_000

    init(_ spool: Spool) throws(SpoolError) {
        self.spool = spool
        watch = try spool.watchOutbox()
    }

    /// Readable when the outbox changed.
    var descriptor: FileDescriptor { watch.descriptor }

    /// Takes the notifications; the next ``isDone(_:)`` looks.
    func drain() {
        watch.drain()
        nextLook = .now
    }

    /// Whether nothing of the run is left. An outbox that cannot be read is not worth waiting for.
    func isDone(_ now: MonotonicTime) -> Bool {
        guard now >= nextLook else { return false }
        nextLook = MonotonicTime(nanoseconds: now.nanoseconds + Self.interval)
        return ((try? spool.pending(spool.run)) ?? 0) == 0
    }
}
