// The lines around a place in the source, where the source is on this machine.

import LinuxSystem

/// A line of a source file and those around it.
package struct SourceLines: Sendable, Equatable {
    /// At most five, in the file's order; fewer at its start.
    package var before: [String]
    package var line: String
    /// At most five.
    package var after: [String]
}

/// Reads the lines around places in the source. Files are read once.
///
/// A source file that was changed after the image was built may have other lines at the same numbers: one whose
/// modification is later than the image file's is left out, as is everything that is not a regular text file of at most
/// 8 MiB.
package final class SourceContext {
    private let rootDirectory: FileDescriptor?
    private var files: [String: SourceFile?] = [:]

    private struct SourceFile {
        var lines: [Range<Int>]
        var bytes: [UInt8]
        /// Wall clock, nanoseconds.
        var modified: Int64
    }

    private static let maximumFileSize = 8 << 20
    /// Longer lines are cut.
    private static let maximumLineSize = 250
    private static let linesAround = 5
    /// Files beyond these are not read.
    private static let maximumFiles = 256

    /// - Parameter rootDirectory: The process's root; each path is looked for below it first, and then on the host.
    package init(rootDirectory: FileDescriptor?) { self.rootDirectory = rootDirectory }

    /// - Parameters:
    ///   - line: From 1.
    ///   - path: Absolute.
    ///   - built: When the image's file was last modified (wall clock, nanoseconds); `nil` accepts any source.
    /// - Returns: `nil` when there is no such line, or the file cannot be trusted to be the one it was built from.
    package func lines(around line: Int, of path: String, builtAt built: Int64?) -> SourceLines? {
        guard path.hasPrefix("/"), let file = file(path), line >= 1, line <= file.lines.count else { return nil }
        if let built, file.modified > built { return nil }
        let index = line - 1
        let first = max(0, index - Self.linesAround)
        let last = min(file.lines.count, index + Self.linesAround + 1)
        return SourceLines(
            before: (first..<index).map { text(file, $0) }, line: text(file, index),
            after: (index + 1..<last).map { text(file, $0) })
    }

    private func text(_ file: SourceFile, _ index: Int) -> String {
        var bytes = file.bytes[file.lines[index]]
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        guard bytes.count > Self.maximumLineSize else { return String(decoding: bytes, as: UTF8.self) }
        var end = bytes.startIndex + Self.maximumLineSize
        // Not within a character.
        while end > bytes.startIndex, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    private func file(_ path: String) -> SourceFile? {
        if let known = files[path] { return known }
        guard files.count < Self.maximumFiles else { return nil }
        let file = read(path, below: rootDirectory) ?? (rootDirectory == nil ? nil : read(path, below: nil))
        files[path] = .some(file)
        return file
    }

    private func read(_ path: String, below root: FileDescriptor?) -> SourceFile? {
        guard let file = try? FileDescriptor.openRegularFile(path, below: root) else { return nil }
        defer { file.close() }
        guard let status = try? file.status(path), status.size > 0, status.size <= Int64(Self.maximumFileSize),
            let bytes = try? file.readAll(limit: Self.maximumFileSize), !bytes.contains(0)
        else { return nil }
        return SourceFile(lines: Self.split(bytes), bytes: bytes, modified: status.modified)
    }

    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(start..<index)
            start = index + 1
        }
        if start < bytes.count { lines.append(start..<bytes.count) }
        return lines
    }
}
