// Tree → instructions of a nondeterministic automaton (Thompson's construction).

/// What the automaton does at one place.
enum PatternInstruction: Sendable {
    /// Takes one byte of the set with this index.
    case byte(set: Int, next: Int)
    /// Goes on at both; the first is preferred.
    case split(Int, Int)
    case jump(Int)
    case assertion(PatternAssertion, next: Int)
    case match
}

/// The instructions of one expression. Execution begins at the first.
struct PatternProgram: Sendable {
    private(set) var instructions: [PatternInstruction] = []
    private(set) var sets: [ByteSet] = []
    /// By byte: bytes that no instruction tells apart have the same class.
    private(set) var classes = [UInt8](repeating: 0, count: 256)
    private(set) var classCount = 1
    private(set) var looksAtWords = false

    /// Bounds the work of each byte.
    static let maximumInstructions = 2000

    init(_ node: PatternNode) throws(PatternError) {
        try emit(node)
        try append(.match)
        classify()
    }

    private mutating func append(_ instruction: PatternInstruction) throws(PatternError) {
        guard instructions.count < Self.maximumInstructions else {
            throw PatternError("it is too large: repetitions of repetitions multiply")
        }
        instructions.append(instruction)
    }

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: return
        case .byte(let set): try append(.byte(set: index(of: set), next: instructions.count + 1))
        case .sequence(let parts): for part in parts { try emit(part) }
        case .choice(let branches): try emit(branches[...])
        case .repeated(let part, let least, let most, let isGreedy):
            for _ in 0..<least { try emit(part) }
            if let most {
                try emit(part, upTo: most - least, isGreedy)
            } else {
                try emitLoop(part, isGreedy)
            }
        case .assertion(let assertion):
            looksAtWords = looksAtWords || assertion.isAboutWords
            try append(.assertion(assertion, next: instructions.count + 1))
        }
    }

    private mutating func emit(_ branches: ArraySlice<PatternNode>) throws(PatternError) {
        guard let first = branches.first else { return }
        guard branches.count > 1 else { return try emit(first) }
        let split = instructions.count
        try append(.jump(0))
        try emit(first)
        let jump = instructions.count
        try append(.jump(0))
        instructions[split] = .split(split + 1, instructions.count)
        try emit(branches.dropFirst())
        instructions[jump] = .jump(instructions.count)
    }

    private mutating func emit(_ part: PatternNode, upTo count: Int, _ isGreedy: Bool) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(instructions.count)
            try append(.jump(0))
            try emit(part)
        }
        for split in splits { instructions[split] = fork(split + 1, instructions.count, isGreedy) }
    }

    private mutating func emitLoop(_ part: PatternNode, _ isGreedy: Bool) throws(PatternError) {
        let split = instructions.count
        try append(.jump(0))
        try emit(part)
        try append(.jump(split))
        instructions[split] = fork(split + 1, instructions.count, isGreedy)
    }

    private func fork(_ into: Int, _ past: Int, _ isGreedy: Bool) -> PatternInstruction {
        isGreedy ? .split(into, past) : .split(past, into)
    }

    private mutating func index(of set: ByteSet) -> Int {
        if let known = sets.firstIndex(of: set) { return known }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func classify() {
        var known: [[Bool]: UInt8] = [:]
        for byte in UInt8.min...UInt8.max {
            let signature =
                sets.map { $0.contains(byte) } + [looksAtWords && ByteSet.wordBytes.contains(byte)]
            let number = known[signature] ?? UInt8(clamping: known.count)
            known[signature] = number
            classes[Int(byte)] = number
        }
        classCount = known.count
    }
}
