// Where the host's files are looked for: / in the programs, a made-up tree in tests.

import LinuxSystem

/// A file tree. Everything that is missing or unreadable is `nil`: contexts have fewer fields then, and nothing fails.
package struct HostRoot: Sendable {
    /// Put before every absolute path; empty for the real tree.
    package let prefix: String

    package init(prefix: String = "") { self.prefix = prefix }

    /// A file's bytes as text without surrounding blanks.
    func text(_ path: String, limit: Int = 64 * 1024) -> String? {
        guard let bytes = bytes(path, limit: limit) else { return nil }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    func bytes(_ path: String, limit: Int = 64 * 1024) -> [UInt8]? {
        do { return try readSmallFile(prefix + path, limit: limit) } catch { return nil }
    }

    func lines(_ path: String, limit: Int = 64 * 1024) -> [Substring] {
        text(path, limit: limit).map { Substring($0).parts(at: "\n") } ?? []
    }

    /// The lines that contain an ASCII text. Costs little however long the file is: mountinfo has a line per mount.
    func lines(_ path: String, with text: StaticString) -> [Substring] {
        guard let bytes = bytes(path, limit: 1 << 20) else { return [] }
        return bytes.withUnsafeBytes { all in
            var found: [Substring] = []
            var start = 0
            while start < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[start...])
                guard let hit = firstOffset(of: text, in: rest) else { break }
                let before = UnsafeRawBufferPointer(rebasing: rest[..<hit])
                let from = lastOffset(of: 0x0A, in: before).map { $0 + 1 } ?? 0
                let after = UnsafeRawBufferPointer(rebasing: rest[hit...])
                let to = firstOffset(of: 0x0A, in: after).map { hit + $0 } ?? rest.count
                found.append(Substring(decoding: rest[from..<to], as: UTF8.self))
                start += to + 1
            }
            return found
        }
    }

    /// A file that holds one number.
    func number(_ path: String) -> Int64? { text(path, limit: 64).flatMap { Int64($0) } }

    func link(_ path: String) -> String? {
        do { return try readLink(prefix + path) } catch { return nil }
    }

    func exists(_ path: String) -> Bool { fileExists(prefix + path) }

    func isDirectory(_ path: String) -> Bool { LinuxSystem.isDirectory(prefix + path) }

    /// `name value` lines, as in memory.events and vmstat, and `name: value kB` as in meminfo.
    func counter(_ name: StaticString, in path: String) -> Int64? {
        for line in lines(path, with: name) {
            let words = line.utf8.split { $0 == 0x20 || $0 == 0x3A || $0 == 0x09 }
            guard words.count >= 2, words[0].elementsEqual(name.description.utf8) else { continue }
            return Int64(Substring(words[1]))
        }
        return nil
    }
}
