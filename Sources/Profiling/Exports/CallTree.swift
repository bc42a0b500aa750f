// The stacks of a profile as a flame graph shows them: different places of one function are one.

/// The profile's stacks over all of its threads, with each process as the outermost frame.
struct CallTree {
    /// What counts as one function.
    struct Function: Hashable {
        var name: String
        var module: String?
        var kind = ProfileFrame.Kind.native
        var inApp = false
    }

    struct Node {
        /// -1 for a process.
        var parent: Int32
        var function: Int32
        /// Nanoseconds with this function innermost.
        var own: Int64 = 0
        /// Nanoseconds with this function in the stack.
        var total: Int64 = 0
        /// Samples with this function innermost.
        var ownCount: UInt64 = 0
        /// Frames between it and the process.
        var depth: Int32
    }

    private(set) var functions: [Function] = []
    /// Parents come before their children.
    private(set) var nodes: [Node] = []
    private(set) var total: Int64 = 0
    private(set) var count: UInt64 = 0

    private struct Step: Hashable {
        var parent: Int32
        var function: Int32
    }

    init(_ profile: Profile) {
        var builder = Builder(profile)
        for sample in profile.samples {
            let node = Int(builder.node(of: sample))
            builder.nodes[node].own += sample.weight
            builder.nodes[node].ownCount += UInt64(sample.count)
        }
        functions = builder.functions
        nodes = builder.nodes
        for index in nodes.indices.reversed() {
            nodes[index].total += nodes[index].own
            count += nodes[index].ownCount
            let parent = Int(nodes[index].parent)
            if parent >= 0 { nodes[parent].total += nodes[index].total } else { total += nodes[index].total }
        }
    }

    /// The functions from the process to the node.
    func path(to node: Int) -> [Int32] {
        var path: [Int32] = []
        path.reserveCapacity(Int(nodes[node].depth) + 1)
        var next = Int32(node)
        while next >= 0 {
            path.append(nodes[Int(next)].function)
            next = nodes[Int(next)].parent
        }
        path.reverse()
        return path
    }

    /// Children of each node by name, processes first of all: where `first[node]` and then `next` lead, -1 at the end.
    func childLists() -> (firstRoot: Int32, first: [Int32], next: [Int32]) {
        let byName = nodes.indices.sorted { left, right in
            let (one, other) = (functions[Int(nodes[left].function)], functions[Int(nodes[right].function)])
            return one.name == other.name ? left > right : one.name > other.name
        }
        var firstRoot: Int32 = -1
        var first = [Int32](repeating: -1, count: nodes.count)
        var next = first
        for index in byName {
            let parent = Int(nodes[index].parent)
            if parent < 0 {
                next[index] = firstRoot
                firstRoot = Int32(index)
            } else {
                next[index] = first[parent]
                first[parent] = Int32(index)
            }
        }
        return (firstRoot, first, next)
    }

    /// Follows the profile's stacks, each distinct one once.
    private struct Builder {
        let profile: Profile
        var functions: [Function] = []
        var nodes: [Node] = []
        private var functionIndex: [Function: Int32] = [:]
        private var functionOfFrame: [Int32] = []
        private var children: [Step: Int32] = [:]
        private var roots: [Int32] = []
        /// By process, which nodes of the profile are which here.
        private var places: [[Int32]]

        init(_ profile: Profile) {
            self.profile = profile
            places = Array(repeating: [], count: profile.processes.count)
            functionOfFrame = profile.frames.map { frame in
                index(of: Function(name: frame.function, module: frame.module, kind: frame.kind, inApp: frame.inApp))
            }
            roots = profile.processes.map { child(of: -1, index(of: Function(name: $0.name, kind: .marker))) }
        }

        private mutating func index(of function: Function) -> Int32 {
            if let known = functionIndex[function] { return known }
            functions.append(function)
            functionIndex[function] = Int32(functions.count - 1)
            return Int32(functions.count - 1)
        }

        private mutating func child(of parent: Int32, _ function: Int32) -> Int32 {
            let step = Step(parent: parent, function: function)
            if let known = children[step] { return known }
            let depth = parent < 0 ? 0 : nodes[Int(parent)].depth + 1
            nodes.append(Node(parent: parent, function: function, depth: depth))
            children[step] = Int32(nodes.count - 1)
            return Int32(nodes.count - 1)
        }

        mutating func node(of sample: ProfileSample) -> Int32 {
            let process = Int(profile.threads[Int(sample.thread)].process)
            guard sample.node >= 0 else { return roots[process] }
            if places[process].isEmpty { places[process] = Array(repeating: -1, count: profile.nodes.count) }
            // From the sample's frame outwards to one whose place is known, then back.
            var unknown: [Int32] = []
            var outer = sample.node
            while outer >= 0, places[process][Int(outer)] < 0 {
                unknown.append(outer)
                outer = profile.nodes[Int(outer)].parent
            }
            var place = outer < 0 ? roots[process] : places[process][Int(outer)]
            for node in unknown.reversed() {
                place = child(of: place, functionOfFrame[Int(profile.nodes[Int(node)].frame)])
                places[process][Int(node)] = place
            }
            return place
        }
    }
}
