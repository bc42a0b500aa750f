// A line for each stack: `process;main;work 42`, as flamegraph.pl reads it.

/// Writes collapsed stacks: frames from the process inwards, and the number of samples.
///
/// What would end a frame or a line becomes something that looks like it. Source: the README of the FlameGraph programs.
struct CollapsedStacks {
    private let tree: CallTree

    init(_ profile: Profile) { tree = CallTree(profile) }

    func write(to stream: ExportStream) {
        let names = tree.functions.map { Self.frameText($0.name) }
        for (index, node) in tree.nodes.enumerated() where node.ownCount > 0 {
            for (depth, function) in tree.path(to: index).enumerated() {
                if depth > 0 { stream.byte(UInt8(ascii: ";")) }
                stream.bytes(names[Int(function)])
            }
            stream.byte(UInt8(ascii: " "))
            stream.integer(node.ownCount)
            stream.byte(UInt8(ascii: "\n"))
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
