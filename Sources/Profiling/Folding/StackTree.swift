// Stacks, folded: what they have in common from the outermost frame on is kept once.

/// A tree of frames. Parents have lower numbers than their children; nothing is allocated for a stack that is known.
struct StackTree {
    /// The number of the caller; -1 at the root.
    private(set) var parents: [Int32] = []
    private(set) var keys: [FrameKey] = []
    /// Open addressing: numbers of nodes, -1 where free. Its count is a power of two.
    private var slots: [Int32]

    static let root: Int32 = -1

    init() { slots = Array(repeating: -1, count: 4096) }

    var count: Int { keys.count }

    /// The child of `parent` that has this key; made where there is none.
    mutating func child(of parent: Int32, _ key: FrameKey) -> Int32 {
        var slot = slot(parent, key)
        while slots[slot] >= 0 {
            let node = slots[slot]
            if keys[Int(node)] == key, parents[Int(node)] == parent { return node }
            slot = (slot + 1) & (slots.count - 1)
        }
        let node = Int32(keys.count)
        keys.append(key)
        parents.append(parent)
        slots[slot] = node
        if keys.count * 3 > slots.count * 2 { grow() }
        return node
    }

    private func slot(_ parent: Int32, _ key: FrameKey) -> Int {
        var hash = key.value &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 29 ^ UInt64(UInt32(bitPattern: parent))) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for node in keys.indices {
            var slot = slot(parents[node], keys[node])
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(node)
        }
    }

    /// A tree without what is seldom, and where each node of this one is in it.
    ///
    /// - Parameters:
    ///   - weights: of each node, without its children's.
    ///   - limit: as many nodes are kept, and a marker for those of their children that are not.
    func pruned(to limit: Int, weights: [Int64]) -> (tree: StackTree, moved: [Int32]) {
        var totals = weights
        for node in keys.indices.reversed() where parents[node] >= 0 { totals[Int(parents[node])] += totals[node] }
        let threshold = totals.sorted(by: >)[min(limit, totals.count - 1)]
        var tree = StackTree()
        var moved: [Int32] = []
        moved.reserveCapacity(keys.count)
        for node in keys.indices {
            let parent = parents[node] < 0 ? Self.root : moved[Int(parents[node])]
            if parent >= 0, tree.keys[Int(parent)] == FrameKey(.pruned) {
                moved.append(parent)
            } else {
                moved.append(tree.child(of: parent, totals[node] > threshold ? keys[node] : FrameKey(.pruned)))
            }
        }
        return (tree, moved)
    }
}
