// How many processes of a run may be read.

/// A job whose children crash in a loop is not to fill memory with its stacks.
struct SnapshotAllowance: Sendable, Equatable {
    static let most = 64

    private(set) var taken = 0
    /// Crashes that were only counted.
    private(set) var omitted: UInt32 = 0

    /// Whether one more may be taken; counts it either way.
    mutating func claim() -> Bool {
        guard taken < Self.most else {
            omitted += 1
            return false
        }
        taken += 1
        return true
    }
}
