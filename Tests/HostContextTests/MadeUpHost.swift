import Glibc
import LinuxSystem
import SentryProtocol

@testable import HostContext

/// A file tree under a fresh directory, removed at the end.
final class MadeUpHost {
    let root: HostRoot
    private let directory: String
    /// In the order of their making.
    private var made: [String]

    /// - Parameter files: absolute path and content; a content that begins with `→` is a link's target.
    init(_ files: [String: String]) throws {
        var template = Array("/tmp/made-up-host-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", code: errno) }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        root = HostRoot(prefix: directory)
        made = [directory]
        for (path, content) in files { try put(content, at: directory + path) }
    }

    deinit { for path in made.reversed() { Glibc.remove(path) } }

    private func put(_ content: String, at path: String) throws {
        for (index, character) in zip(path.indices, path) where character == "/" && index > path.startIndex {
            let parent = String(path[..<index])
            if mkdir(parent, 0o700) == 0 { made.append(parent) }
        }
        made.append(path)
        if content.hasPrefix("→") {
            try checkedErrno("symlink", on: path) { symlink(String(content.dropFirst()), path) }
            return
        }
        let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        defer { file.close() }
        try file.writeAll(Array(content.utf8))
    }

    /// Changes a file.
    func write(_ content: String, to path: String) throws { try put(content, at: directory + path) }
}
