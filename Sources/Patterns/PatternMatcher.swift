// Does a line match? A deterministic automaton, made as far as lines need it: one look-up for each byte.

/// Matches lines with one expression. Owned by one thread: it remembers states.
package final class PatternMatcher {
    package let pattern: LinePattern
    /// Closures computed so far, for tests: at most one for each byte.
    private(set) var computedTransitions = 0

    let program: PatternProgram
    private var closure: PatternClosure
    private let stride: Int
    /// By state and class of byte (the last is the line's end): the next state, or one of the below.
    private var transitions: [Int32] = []
    private var states: [State] = []
    private var numbers: [State: Int32] = [:]

    private static let unknown: Int32 = -1
    private static let matched: Int32 = -2
    /// More are forgotten and made anew: the memory is bounded, the work for a byte too.
    private static let maximumStates = 256

    /// Where the automaton may be after some bytes.
    private struct State: Hashable {
        /// Instructions, ascending.
        var places: [Int]
        var before: PatternSurroundings
    }

    package init(_ pattern: LinePattern) {
        self.pattern = pattern
        program = pattern.program
        closure = PatternClosure(count: pattern.program.instructions.count)
        stride = pattern.program.classCount + 1
    }

    /// Whether the expression is found anywhere in the line.
    package func matches(_ line: UnsafeRawBufferPointer) -> Bool {
        var state = number(State(places: [], before: .edge))
        for byte in line {
            let next = transitions[Int(state) * stride + Int(program.classes[Int(byte)])]
            state = next >= 0 ? next : next == Self.matched ? next : step(state, byte)
            if state == Self.matched { return true }
        }
        let last = transitions[Int(state) * stride + stride - 1]
        return (last == Self.unknown ? step(state, nil) : last) == Self.matched
    }

    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter byte: `nil` at the line's end.
    private func step(_ number: Int32, _ byte: UInt8?) -> Int32 {
        computedTransitions += 1
        let state = states[Int(number)]
        let after = byte.map { PatternSurroundings($0, program) } ?? .edge
        closure.begin()
        // The expression may begin anywhere.
        for place in state.places + [0] {
            if closure.add(place, program, state.before, after) { return remember(number, byte, Self.matched) }
        }
        guard let byte else { return remember(number, nil, 0) }
        var places = Set<Int>()
        for place in closure.places {
            if case .byte(let set, let next) = program.instructions[place], program.sets[set].contains(byte) {
                places.insert(next)
            }
        }
        let next = State(places: places.sorted(), before: after)
        if states.count >= Self.maximumStates, numbers[next] == nil {
            forget()
            return self.number(next)
        }
        return remember(number, byte, self.number(next))
    }

    private func remember(_ state: Int32, _ byte: UInt8?, _ next: Int32) -> Int32 {
        let column = byte.map { Int(program.classes[Int($0)]) } ?? stride - 1
        transitions[Int(state) * stride + column] = next
        return next
    }

    private func number(_ state: State) -> Int32 {
        if let known = numbers[state] { return known }
        let number = Int32(states.count)
        states.append(state)
        numbers[state] = number
        transitions.append(contentsOf: repeatElement(Self.unknown, count: stride))
        return number
    }

    private func forget() {
        states.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        transitions.removeAll(keepingCapacity: true)
    }
}

/// What stands on one side of a place between bytes.
enum PatternSurroundings: Hashable {
    /// The line's end or beginning.
    case edge
    case wordByte
    case otherByte

    init(_ byte: UInt8, _ program: PatternProgram) {
        self = program.looksAtWords && ByteSet.wordBytes.contains(byte) ? .wordByte : .otherByte
    }
}

extension PatternAssertion {
    func holds(_ before: PatternSurroundings, _ after: PatternSurroundings) -> Bool {
        switch self {
        case .lineStart: before == .edge
        case .lineEnd: after == .edge
        case .wordBoundary: (before == .wordByte) != (after == .wordByte)
        case .noWordBoundary: (before == .wordByte) == (after == .wordByte)
        }
    }
}

/// The instructions that are reached without taking a byte, in order of preference.
struct PatternClosure {
    private(set) var places: [Int] = []
    private var stack: [Int] = []
    private var seen: [UInt32]
    private var round: UInt32 = 0
    /// Instructions visited, for tests.
    private(set) var visits = 0

    init(count: Int) { seen = [UInt32](repeating: 0, count: count) }

    mutating func begin() {
        places.removeAll(keepingCapacity: true)
        round &+= 1
        if round == 0 {
            for index in seen.indices { seen[index] = 0 }
            round = 1
        }
    }

    /// Adds what is reached from `start`. `true` as soon as that is a match: what would follow is not preferred.
    mutating func add(
        _ start: Int, _ program: PatternProgram, _ before: PatternSurroundings, _ after: PatternSurroundings
    ) -> Bool {
        stack.removeAll(keepingCapacity: true)
        stack.append(start)
        while let place = stack.popLast() {
            guard seen[place] != round else { continue }
            seen[place] = round
            visits += 1
            switch program.instructions[place] {
            case .byte: places.append(place)
            case .jump(let next): stack.append(next)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .assertion(let assertion, let next): if assertion.holds(before, after) { stack.append(next) }
            case .match: return true
            }
        }
        return false
    }
}
