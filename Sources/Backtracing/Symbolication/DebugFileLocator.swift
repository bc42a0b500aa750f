// Where distributions and people put the debug information that they took out of a program.
//
// Source: "Debugging Information in Separate Files" in gdb's manual.

import CDebugInfo
import LinuxSystem

/// Finds the debug file of an image: the very one, by build-id or checksum, or none.
struct DebugFileLocator {
    /// What a file says about its debug file.
    struct Wanted {
        /// Empty where there is none.
        var buildID: [UInt8]
        /// Of the image, as the process had it.
        var path: String
        /// Name and checksum of `.gnu_debuglink`.
        var link: (name: String, checksum: UInt32)?
    }

    let searchPaths: [String]
    /// Stands for `/` first; the host's own root is the second.
    let rootDirectory: FileDescriptor?
    let deadline: MonotonicTime?

    /// - Returns: its descriptor, which is the caller's, and its path; `nil` when there is none, or none that matches.
    func find(_ wanted: Wanted) -> (file: FileDescriptor, path: String)? {
        for path in candidates(wanted) {
            if let file = openFirst(path, where: { matches($0, wanted) }) { return (file, path) }
        }
        return nil
    }

    /// The file of shared entries that dwz made for several: by its build-id only.
    func findAlternate(name: String, buildID: [UInt8], besides path: String) -> FileDescriptor? {
        guard !buildID.isEmpty else { return nil }
        let named = name.hasPrefix("/") ? name : joined(directory(of: path), name)
        let inSearchPaths = searchPaths.flatMap { [joined($0, buildIDPath(buildID)), joined($0, base(of: name))] }
        for path in inSearchPaths + ["/usr/lib/debug/" + buildIDPath(buildID), named] {
            if let file = openFirst(path, where: { ELFFile($0)?.buildID == buildID }) { return file }
        }
        return nil
    }

    private func candidates(_ wanted: Wanted) -> [String] {
        var paths: [String] = []
        let identified = wanted.buildID.count > 1 ? buildIDPath(wanted.buildID) : nil
        for directory in searchPaths {
            if let identified { paths.append(joined(directory, identified)) }
            if let link = wanted.link { paths.append(joined(directory, link.name)) }
            paths.append(joined(directory, wanted.path) + ".debug")
            paths.append(joined(directory, wanted.path))
            paths.append(joined(directory, base(of: wanted.path)) + ".debug")
            paths.append(joined(directory, base(of: wanted.path)))
        }
        if let identified { paths.append("/usr/lib/debug/" + identified) }
        if let link = wanted.link {
            let beside = directory(of: wanted.path)
            paths.append(joined(beside, link.name))
            paths.append(joined(joined(beside, ".debug"), link.name))
            paths.append(joined(joined("/usr/lib/debug", beside), link.name))
        }
        return paths.filter { $0.hasPrefix("/") }
    }

    private func openFirst(_ path: String, where condition: (ByteSource) -> Bool) -> FileDescriptor? {
        let roots: [FileDescriptor?] = rootDirectory.map { [$0, nil] } ?? [nil]
        for root in roots {
            guard let file = try? FileDescriptor.openRegularFile(path, below: root) else { continue }
            if let source = ByteSource(file), condition(source) { return file }
            file.close()
        }
        return nil
    }

    /// A build-id decides where there is one; without one only the checksum can.
    private func matches(_ source: ByteSource, _ wanted: Wanted) -> Bool {
        guard let file = ELFFile(source) else { return false }
        if !wanted.buildID.isEmpty { return file.buildID == wanted.buildID }
        guard let link = wanted.link else { return false }
        return checksum(source) == link.checksum
    }

    /// `nil` when time ran out.
    private func checksum(_ source: ByteSource) -> UInt32? {
        var checksum: UInt32 = 0
        var position: UInt64 = 0
        while let bytes = source.read(position, upTo: 1 << 20) {
            if let deadline, MonotonicTime.now > deadline { return nil }
            checksum = cdebuginfo_crc(checksum, bytes, bytes.count)
            position += UInt64(bytes.count)
        }
        return checksum
    }

    private func buildIDPath(_ id: [UInt8]) -> String {
        let digits = id.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        return ".build-id/\(digits[0])/\(digits[1...].joined()).debug"
    }
}

extension ELFFile {
    /// Name and checksum of the debug file, as `.gnu_debuglink` has them.
    var debugLink: (name: String, checksum: UInt32)? {
        guard let section = section(".gnu_debuglink"), let bytes = contents(of: section, limit: 65536),
            let terminator = bytes.firstIndex(of: 0), terminator > 0,
            let checksum = bytes.integer((terminator + 4) & ~3, as: UInt32.self)
        else { return nil }
        let name = bytes.text(at: 0)
        return name.contains("/") ? nil : (name, checksum)
    }
}

// MARK: - Paths

/// With one slash between them.
func joined(_ directory: String, _ name: String) -> String {
    let name = name.hasPrefix("/") ? String(name.drop { $0 == "/" }) : name
    return directory.hasSuffix("/") ? directory + name : directory + "/" + name
}

private func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

private func base(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}
