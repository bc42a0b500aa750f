// /proc/PID/maps: what was mapped where.

/// The mappings of a process, ascending.
package struct MemoryMap: Sendable, Equatable {
    package var mappings: [Mapping]

    package struct Mapping: Sendable, Equatable {
        package var range: Range<UInt64>
        /// `rwxp`, with `-` for what is not allowed.
        package var permissions: String
        /// A file, `[stack]`, `[heap]`, …; empty for anonymous memory.
        package var path: String

        package init(range: Range<UInt64>, permissions: String, path: String) {
            self.range = range
            self.permissions = permissions
            self.path = path
        }

        package var isReadable: Bool { has("r") }
        package var isWritable: Bool { has("w") }
        package var isExecutable: Bool { has("x") }

        private func has(_ permission: Unicode.Scalar) -> Bool {
            permissions.utf8.contains(UInt8(ascii: permission))
        }
    }

    package init(_ mappings: [Mapping] = []) { self.mappings = mappings }

    /// Reads the file's text; lines that are none of its are left out. Source: proc_pid_maps(5).
    package init(parsing text: String) {
        mappings = text.split(separator: "\n").compactMap(Mapping.init(line:))
    }

    package func mapping(at address: UInt64) -> Mapping? { mappings.first { $0.range.contains(address) } }

    /// The lowest mapping that begins above `address`.
    package func next(above address: UInt64) -> Mapping? { mappings.first { $0.range.lowerBound > address } }
}

extension MemoryMap.Mapping {
    /// `55d0c0de0000-55d0c0de1000 r-xp 00001000 08:01 1234    /path with blanks`
    fileprivate init?(line: Substring) {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count >= 5 else { return nil }
        let bounds = fields[0].split(separator: "-")
        guard bounds.count == 2, let low = UInt64(bounds[0], radix: 16), let high = UInt64(bounds[1], radix: 16),
            low < high
        else { return nil }
        let path = fields.count > 5 ? fields[5].drop { $0 == " " } : ""
        self.init(range: low..<high, permissions: String(fields[1]), path: String(path))
    }
}
