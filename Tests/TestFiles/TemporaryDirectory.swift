// Files of a test's own.

import Glibc
import LinuxSystem

/// A directory of its own for a test, gone at its end.
package final class TemporaryDirectory {
    package let path: String

    package init() throws {
        var template = Array("/tmp/sentry-run-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", code: errno) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { removeTree(path) }

    package func file(_ name: String, _ text: String = "") throws {
        let file = try FileDescriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
        defer { file.close() }
        try file.writeAll(Array(text.utf8))
    }

    package func text(_ name: String) -> String? {
        guard let file = try? FileDescriptor.open("\(path)/\(name)", O_RDONLY) else { return nil }
        defer { file.close() }
        return (try? file.readAll()).map { String(decoding: $0, as: UTF8.self) }
    }

    package func names(_ directory: String) throws -> [String] {
        let opened = try Directory.open("\(path)/\(directory)")
        defer { opened.close() }
        return try opened.names().sorted()
    }
}

/// Without following symbolic links.
private func removeTree(_ path: String) {
    if let directory = try? Directory.open(path) {
        for name in (try? directory.names()) ?? [] { removeTree("\(path)/\(name)") }
        directory.close()
        rmdir(path)
    } else {
        unlink(path)
    }
}

/// For tests that only need an open directory.
package func withTemporaryDirectory(_ body: (Directory) throws -> Void) throws {
    let temporary = try TemporaryDirectory()
    let directory = try Directory.open(temporary.path)
    defer { directory.close() }
    try body(directory)
}
