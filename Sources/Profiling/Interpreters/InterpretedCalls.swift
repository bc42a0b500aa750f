// Two views of one stack: the evaluator's own frames, and the functions that it executes.

/// Hands out, for each frame of the evaluator from the outermost one on, the calls that it stands for.
struct InterpretedCalls {
    /// Calls that are further out than the native stack reaches.
    let missing: [PythonCall]
    private let stack: PythonStack
    private let evaluator: Range<UInt64>
    /// Of the next evaluator's frame, among the stack's groups. Out of their range where the two stacks were not taken in
    /// the same moment.
    private var group: Int

    /// - Parameters:
    ///   - evaluator: its code.
    ///   - count: frames in it, in the native stack.
    ///   - isComplete: the native stack reaches the thread's start. Otherwise its outermost frames are missing.
    init(_ stack: PythonStack, evaluator: Range<UInt64>, count: Int, isComplete: Bool) {
        self.stack = stack
        self.evaluator = evaluator
        group = isComplete ? 0 : stack.count - count
        missing = group > 0 ? stack[..<group].flatMap { $0 } : []
    }

    /// `nil` for a frame that is none of the evaluator's, or whose calls are not known.
    mutating func next(at address: UInt64) -> [PythonCall]? {
        guard evaluator.contains(address) else { return nil }
        defer { group += 1 }
        return stack.indices.contains(group) ? stack[group] : nil
    }
}
