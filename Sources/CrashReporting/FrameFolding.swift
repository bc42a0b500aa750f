// Recursion: a thousand frames that say the same thing.

/// Finds runs of frames that repeat, so that they can be told instead of shown.
enum FrameFolding {
    /// Functions that call each other in a circle of more than this are shown as they are.
    private static let longestCycle = 12
    /// A cycle is folded from this many repetitions on.
    private static let fewestRepeats = 3

    enum Piece: Equatable {
        case frame(Int)
        /// The `cycle` frames before are repeated `frames / cycle` times more.
        case repeats(cycle: Int, frames: Int)
    }

    /// - Parameter keys: one for each frame; frames that look alike have the same.
    static func fold<Key: Hashable>(_ keys: [Key]) -> [Piece] {
        let ids = numbered(keys)
        var pieces: [Piece] = []
        var index = 0
        while index < ids.count {
            let (cycle, frames) = bestCycle(ids, index)
            pieces += (index..<index + max(1, cycle)).map { .frame($0) }
            if cycle > 0 { pieces.append(.repeats(cycle: cycle, frames: frames - cycle)) }
            index += max(1, frames)
        }
        return pieces
    }

    private static func numbered<Key: Hashable>(_ keys: [Key]) -> [Int] {
        var numbers: [Key: Int] = [:]
        return keys.map { key in
            let number = numbers[key] ?? numbers.count
            numbers[key] = number
            return number
        }
    }

    /// The cycle that begins at `start` and covers most frames, with all its repetitions; zeros where there is none.
    private static func bestCycle(_ ids: [Int], _ start: Int) -> (cycle: Int, frames: Int) {
        var best = (cycle: 0, frames: 0)
        for cycle in 1...longestCycle where start + cycle * fewestRepeats <= ids.count {
            var end = start + cycle
            while end < ids.count, ids[end] == ids[end - cycle] { end += 1 }
            let frames = (end - start) / cycle * cycle
            if frames >= cycle * fewestRepeats, frames > best.frames + cycle { best = (cycle, frames) }
        }
        return best
    }
}
