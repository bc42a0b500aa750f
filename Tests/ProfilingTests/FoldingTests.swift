import Testing

@testable import Profiling

@Suite struct FoldingTests {
    @Test func `stacks that have a beginning in common share it`() {
        var tree = StackTree()
        let main = tree.child(of: StackTree.root, FrameKey(library: 1))
        let one = tree.child(of: main, FrameKey(library: 2))
        let other = tree.child(of: main, FrameKey(library: 3))
        #expect(tree.child(of: tree.child(of: StackTree.root, FrameKey(library: 1)), FrameKey(library: 2)) == one)
        #expect(one != other && tree.count == 3)
        #expect(tree.parents == [-1, 0, 0])
    }

    @Test func `ten thousand nodes are all found again`() {
        var tree = StackTree()
        var nodes: [Int32] = []
        for index in 0..<10_000 {
            nodes.append(
                tree.child(of: index % 7 == 0 ? StackTree.root : nodes[index / 2], FrameKey(library: UInt64(index))))
        }
        for index in 0..<10_000 {
            #expect(
                tree.child(of: index % 7 == 0 ? StackTree.root : nodes[index / 2], FrameKey(library: UInt64(index)))
                    == nodes[index])
        }
        #expect(tree.count == 10_000)
    }

    @Test func `pruning keeps what weighs most, and all weight`() {
        var tree = StackTree()
        var weights: [Int64] = []
        let main = tree.child(of: StackTree.root, FrameKey(library: 1))
        weights.append(0)
        for index in 0..<1000 {
            let child = tree.child(of: main, FrameKey(library: UInt64(100 + index)))
            _ = tree.child(of: child, FrameKey(library: 5))
            weights += [Int64(index), 1]
        }
        let (smaller, moved) = tree.pruned(to: 200, weights: weights)
        #expect(smaller.count <= 402)
        #expect(moved.count == tree.count && moved.allSatisfy { $0 >= 0 && Int($0) < smaller.count })
        #expect(smaller.keys.contains(FrameKey(library: 1099)))
        #expect(!smaller.keys.contains(FrameKey(library: 101)))
        #expect(smaller.keys.contains(FrameKey(.pruned)))
    }

    @Test func `pieces of time widen, and no sample is lost`() {
        var store = SampleStore(width: 1000, limit: 64)
        for index in 0..<10_000 {
            store.add(time: Int64(index) * 500, thread: Int32(index % 2), node: Int32(index % 5), weight: 3)
        }
        #expect(store.entries.count <= 64)
        #expect(store.entries.reduce(0) { $0 + Int($1.count) } == 10_000)
        #expect(store.entries.reduce(0) { $0 + $1.weight } == 30_000)
        #expect(store.entries.map(\.piece) == store.entries.map(\.piece).sorted())
        let last = store.entries.last.map { Int64($0.piece) * store.width } ?? 0
        #expect(last <= 5_000_000 && last > 2_000_000)
    }

    @Test func `a sample that is late goes into the piece that is open`() {
        var store = SampleStore(width: 10, limit: 100)
        store.add(time: 100, thread: 0, node: 0, weight: 1)
        store.add(time: 5, thread: 0, node: 0, weight: 1)
        store.add(time: -7, thread: 0, node: 1, weight: 1)
        #expect(store.entries.map(\.piece) == [10, 10])
        #expect(store.weights(count: 2) == [2, 1])
    }

    @Test func `a key says what it is`() {
        if case .justInTime(let address, let process) = FrameKey(justInTime: 0x7FFF_1234_5678, process: 99).place {
            #expect(address == 0x7FFF_1234_5678 && process == 99)
        } else {
            Issue.record("not a place in compiled code")
        }
        for marker in FrameKey.Marker.allCases {
            if case .marker(let read) = FrameKey(marker).place {
                #expect(read == marker)
            } else {
                Issue.record("\(marker)")
            }
        }
    }
}
