// The lines of /proc/PID/maps:
//
//     7f1c2a000000-7f1c2a028000 r-xp 00028000 fe:01 1835063   /usr/lib/x86_64-linux-gnu/libc.so.6

/// One mapping of a process. Source: proc_pid_maps(5).
package struct MemoryMapping: Sendable, Equatable {
    package let range: Range<UInt64>
    package let isReadable: Bool
    package let isWritable: Bool
    package let isExecutable: Bool
    /// Where in the file it begins, in bytes.
    package let fileOffset: UInt64
    package let file: FileKey?
    /// Without ` (deleted)`; empty where it is anonymous; the kernel's own in brackets.
    package let path: String
    package let isDeleted: Bool

    /// Which file it is of, as the kernel names it.
    package struct FileKey: Sendable, Hashable {
        package let major: UInt32
        package let minor: UInt32
        package let inode: UInt64
    }

    /// All mappings, ascending. Lines that make no sense are left out, and those that overlap the one before.
    package static func parse(_ text: String) -> [MemoryMapping] {
        var mappings: [MemoryMapping] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let mapping = MemoryMapping(line: line) else { continue }
            if let last = mappings.last, mapping.range.lowerBound < last.range.upperBound { continue }
            mappings.append(mapping)
        }
        return mappings
    }

    private init?(line: Substring.UTF8View) {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count >= 5 else { return nil }
        let ends = fields[0].split(separator: UInt8(ascii: "-"))
        let device = fields[3].split(separator: UInt8(ascii: ":"))
        let permissions = Array(fields[1])
        guard ends.count == 2, device.count == 2, permissions.count >= 3, let low = number(ends[0], radix: 16),
            let high = number(ends[1], radix: 16), low < high, let offset = number(fields[2], radix: 16),
            let major = number(device[0], radix: 16), let minor = number(device[1], radix: 16),
            let inode = number(fields[4], radix: 10)
        else { return nil }
        range = low..<high
        isReadable = permissions[0] == UInt8(ascii: "r")
        isWritable = permissions[1] == UInt8(ascii: "w")
        isExecutable = permissions[2] == UInt8(ascii: "x")
        fileOffset = offset
        file =
            inode == 0
            ? nil
            : FileKey(
                major: UInt32(truncatingIfNeeded: major), minor: UInt32(truncatingIfNeeded: minor), inode: inode)
        let name = fields.count == 6 ? trimmed(fields[5]) : Substring("")
        let suffix = " (deleted)"
        isDeleted = name.hasSuffix(suffix)
        path = unescaped(isDeleted ? name.dropLast(suffix.count) : name)
    }
}

private func number(_ digits: Substring.UTF8View, radix: Int) -> UInt64? {
    UInt64(Substring(digits), radix: radix)
}

private func trimmed(_ field: Substring.UTF8View) -> Substring {
    Substring(field).drop { $0 == " " }
}

/// The kernel writes a line feed in a name as `\012`.
private func unescaped(_ name: Substring) -> String {
    guard name.contains("\\012") else { return String(name) }
    var result = ""
    var rest = name
    while let character = rest.first {
        if rest.hasPrefix("\\012") {
            result.append("\n")
            rest = rest.dropFirst(4)
        } else {
            result.append(character)
            rest = rest.dropFirst()
        }
    }
    return result
}
