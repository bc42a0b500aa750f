// Samples over time, in bounded memory however long the run.

/// Counts samples by stack and thread in pieces of time. When there are too many, the pieces become twice as long.
struct SampleStore {
    struct Entry {
        /// From the start on; times ``SampleStore/width`` it is nanoseconds.
        var piece: Int32
        var thread: Int32
        var node: Int32
        var count: UInt32
        /// Nanoseconds.
        var weight: Int64
    }

    private struct Key: Hashable {
        let thread: Int32
        let node: Int32
    }

    /// By piece.
    private(set) var entries: [Entry] = []
    /// Nanoseconds that a piece of time is long.
    private(set) var width: Int64
    private let limit: Int
    /// Of the last piece: where each stack's entry is.
    private var current: [Key: Int] = [:]

    /// - Parameters:
    ///   - width: to begin with, in nanoseconds.
    ///   - limit: entries, of 24 bytes each.
    init(width: Int64 = 1_000_000, limit: Int = 131_072) {
        self.width = width
        self.limit = limit
    }

    /// - Parameter time: nanoseconds since the start; not before that of an earlier sample's piece.
    mutating func add(time: Int64, thread: Int32, node: Int32, weight: Int64) {
        // A source that is late by a little must not go back to a piece that is closed.
        let piece = max(Int32(clamping: max(0, time) / width), entries.last?.piece ?? 0)
        if piece != entries.last?.piece { current.removeAll(keepingCapacity: true) }
        let key = Key(thread: thread, node: node)
        if let index = current[key] {
            entries[index].count &+= 1
            entries[index].weight &+= weight
            return
        }
        current[key] = entries.count
        entries.append(Entry(piece: piece, thread: thread, node: node, count: 1, weight: weight))
        while entries.count >= limit, widen() {}
    }

    /// Makes pieces of twice the length.
    ///
    /// - Returns: whether that is possible still.
    private mutating func widen() -> Bool {
        guard width < .max / 4 else { return false }
        width *= 2
        for index in entries.indices { entries[index].piece /= 2 }
        fold()
        return true
    }

    /// After the tree was pruned: `moved` tells where its nodes are now.
    mutating func move(_ moved: [Int32]) {
        for index in entries.indices where entries[index].node >= 0 {
            entries[index].node = moved[Int(entries[index].node)]
        }
        fold()
    }

    /// Joins entries of one piece that have become alike.
    private mutating func fold() {
        var kept: [Entry] = []
        kept.reserveCapacity(limit)
        current.removeAll(keepingCapacity: true)
        for entry in entries {
            if kept.last?.piece != entry.piece { current.removeAll(keepingCapacity: true) }
            let key = Key(thread: entry.thread, node: entry.node)
            if let index = current[key] {
                kept[index].count &+= entry.count
                kept[index].weight &+= entry.weight
            } else {
                current[key] = kept.count
                kept.append(entry)
            }
        }
        entries = kept
    }

    /// Of each node of a tree with `count` nodes, without its children's.
    func weights(count: Int) -> [Int64] {
        var weights = [Int64](repeating: 0, count: count)
        for entry in entries where entry.node >= 0 { weights[Int(entry.node)] &+= entry.weight }
        return weights
    }
}
