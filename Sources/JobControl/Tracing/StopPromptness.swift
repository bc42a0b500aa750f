// Whether it is worth a moment's wait for threads that were asked to stop.

/// Pure: says how it went so far, and what to expect of it.
struct StopPromptness: Sendable, Equatable {
    /// Nanoseconds.
    static let patience: Int64 = 25_000
    static let mostThreads = 8

    private var score = 8
    private var skipped = 0

    /// Where it was in vain most times it is tried now and then only.
    var isToBeExpected: Bool {
        mutating get {
            if score > 0 { return true }
            skipped += 1
            guard skipped == 32 else { return false }
            skipped = 0
            return true
        }
    }

    mutating func record(came: Int, of count: Int) {
        guard count > 0 else { return }
        score = came * 2 >= count ? min(score + 1, 16) : max(score - 2, 0)
    }
}
