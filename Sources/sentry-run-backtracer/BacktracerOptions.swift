// What the reporter asks for.

/// The words after the program's name.
struct BacktracerOptions: Equatable {
    /// Directories with files of debug information, in the order in which they are searched.
    var symbolPaths: [String] = []
    /// Milliseconds until the answer is due.
    var timeLimit: Int64 = 3000

    /// `nil` where a word is not understood: the programs of one installation belong together.
    init?(_ words: [String]) {
        var rest = words[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--symbol-path": symbolPaths.append(value)
            case "--time-limit":
                guard let limit = Int64(value), limit >= 0 else { return nil }
                timeLimit = limit
            default: return nil
            }
        }
    }
}
