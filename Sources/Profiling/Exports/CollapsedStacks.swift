// A line for each stack: `process;main;work 42`, as flamegraph.pl reads it.

/// Writes collapsed stacks: frames from the process inwards, and the number of samples.
///
/// What would end a frame or a line becomes something that looks like it. Source: the README of the FlameGraph programs.
struct CollapsedStacks {
    private let tree: CallTree

    init(_ profile: Profile) { tree = CallTree(profile) }

    func write(to stream: ExportStream) {
        forEachStack { stack, count in
            stream.bytes(stack)
            stream.byte(UInt8(ascii: " "))
            stream.integer(count)
            stream.byte(UInt8(ascii: "\n"))
        }
    }

    /// Two counts behind each stack that one of the profiles has, as difffolded.pl writes them.
    static func write(comparing before: Profile, with after: Profile, to stream: ExportStream) {
        var counts: [[UInt8]: (before: UInt64, after: UInt64)] = [:]
        CollapsedStacks(before).forEachStack { counts[$0, default: (0, 0)].before += $1 }
        CollapsedStacks(after).forEachStack { counts[$0, default: (0, 0)].after += $1 }
        for (stack, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            stream.bytes(stack)
            stream.text(" \(count.before) \(count.after)\n")
        }
    }

    private func forEachStack(_ body: ([UInt8], UInt64) -> Void) {
        let names = tree.functions.map { Self.frameText($0.name) }
        for (index, node) in tree.nodes.enumerated() where node.ownCount > 0 {
            let path = tree.path(to: index).map { names[Int($0)] }
            body(Array(path.joined(separator: [UInt8(ascii: ";")])), node.ownCount)
        }
    }

    static func frameText(_ name: String) -> [UInt8] {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: ";"): UInt8(ascii: ":")
            case 0..<0x20, 0x7F: UInt8(ascii: " ")
            default: byte
            }
        }
    }
}
