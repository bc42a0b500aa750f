// How much of a processor profiling may take.

/// Decides how many of the samples are used, by the processor time that we have used ourselves.
///
/// The kernel goes on taking them: the period of a sampling event is not its descendants', so a part of the job would be
/// counted wrong. What is not used costs only its place in the ring.
struct SamplingBudget {
    /// One of so many samples is used.
    private(set) var keepsOneOf: UInt32 = 1
    /// The most it has been.
    private(set) var highest: UInt32 = 1
    private let share: Double
    private var measured: (time: Int64, used: Int64)?
    private var calm = 0

    /// Nanoseconds between two measurements.
    static let interval: Int64 = 2_000_000_000
    private static let mostLeftOut: UInt32 = 64

    /// - Parameter share: of one processor.
    init(share: Double) { self.share = share }

    /// To be called every ``interval``.
    ///
    /// - Parameters:
    ///   - time: of the monotonic clock, in nanoseconds.
    ///   - used: processor time of this process so far, in nanoseconds.
    mutating func measure(time: Int64, used: Int64) {
        defer { measured = (time, used) }
        // The first interval has the reading of all images in it.
        guard let last = measured, time > last.time else { return }
        let spent = Double(used - last.used) / Double(time - last.time)
        if spent > share, keepsOneOf < Self.mostLeftOut {
            keepsOneOf *= 2
            calm = 0
        } else if spent < share / 4 {
            calm += 1
        } else {
            calm = 0
        }
        if calm >= 5, keepsOneOf > 1 {
            keepsOneOf /= 2
            calm = 0
        }
        highest = max(highest, keepsOneOf)
    }

    /// For the profile; `nil` where all samples were used.
    var note: String? {
        guard highest > 1 else { return nil }
        let percent = (share * 1000).rounded() / 10
        return "to take no more than \(percent)% of a processor, at times only one of \(highest) samples was used"
    }
}
