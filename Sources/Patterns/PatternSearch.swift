// Where does a line match? All ways are followed at once (Pike's algorithm), each remembering where it began.

extension PatternMatcher {
    /// The parts of the line that match, in order, without overlap: the leftmost, and of those the preferred one, as Perl
    /// has it. Empty matches are left out.
    ///
    /// Finding many of them may mean looking at the same bytes again and again. That is bounded: where it comes to more
    /// than ``revisits`` times the line, everything from there on is one part.
    package func parts(of line: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard matches(line) else { return [] }
        var search = PatternSearch(program)
        var found: [Range<Int>] = []
        var start = 0
        while start < line.count, let part = search.first(in: line, from: start) {
            found.append(part)
            start = part.upperBound
            if search.steps > Self.revisits * (line.count + 64), start < line.count {
                found.append(start..<line.count)
                break
            }
        }
        return found
    }

    static var revisits: Int { 16 }
}

struct PatternSearch {
    private let program: PatternProgram
    private var closure: PatternClosure
    /// Bytes looked at.
    private(set) var steps = 0

    private struct Way {
        var place: Int
        var start: Int
    }

    init(_ program: PatternProgram) {
        self.program = program
        closure = PatternClosure(count: program.instructions.count)
    }

    mutating func first(in line: UnsafeRawBufferPointer, from origin: Int) -> Range<Int>? {
        var ways: [Way] = []
        var best: Range<Int>?
        var index = origin
        while true {
            steps += 1
            let before = index == 0 ? PatternSurroundings.edge : PatternSurroundings(line[index - 1], program)
            let after = index == line.count ? PatternSurroundings.edge : PatternSurroundings(line[index], program)
            var reached: [Way] = []
            closure.begin()
            if best == nil { ways.append(Way(place: 0, start: index)) }
            for way in ways {
                let count = closure.places.count
                let isMatch = closure.add(way.place, program, before, after)
                for place in closure.places[count...] { reached.append(Way(place: place, start: way.start)) }
                guard isMatch, index > way.start else { continue }
                best = way.start..<index
                break
            }
            guard index < line.count, !reached.isEmpty || best == nil else { return best }
            ways = reached.compactMap { advance($0, over: line[index]) }
            index += 1
        }
    }

    private func advance(_ way: Way, over byte: UInt8) -> Way? {
        guard case .byte(let set, let next) = program.instructions[way.place], program.sets[set].contains(byte) else {
            return nil
        }
        return Way(place: next, start: way.start)
    }
}
