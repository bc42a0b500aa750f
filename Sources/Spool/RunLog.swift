// What a run said, kept beside its report: files of lines, of which the oldest go when there are too many.
//
// `log-NUMBER-DROPPED`: the files in the order of their numbers; so many lines were in files that are gone already. It is
// written without fsync and by one write for each arrival of output: what is lost by a power cut is no accepted report.

import LinuxSystem

/// The files of one run. Owned by one thread.
package struct RunLog {
    /// Bytes of all files of a run.
    package static let quota = 10 << 20
    /// Bytes at which a new file begins.
    package static let segmentSize = 1 << 20

    private let directory: Directory
    private let mostSegments: Int
    private let limit: Int
    private var file: FileDescriptor?
    private var size = 0
    private var segments: [(segment: RunLogSegment, lines: Int)] = []

    /// Goes on after what a predecessor wrote.
    package init(in directory: Directory, quota: Int = quota, segmentSize: Int = segmentSize) throws(SystemError) {
        self.directory = directory
        limit = segmentSize
        mostSegments = max(2, quota / segmentSize)
        segments = try RunLogSegment.all(in: directory).map { (segment: $0, lines: 0) }
    }

    /// Adds whole lines, `count` of them, the last with its newline.
    ///
    /// - Throws: when they cannot be written (a full disk); part of them may have been.
    package mutating func append(_ lines: [UInt8], count: Int) throws(SystemError) {
        guard !lines.isEmpty else { return }
        if file == nil || size + lines.count > limit, size > 0 || file == nil { try begin() }
        guard let file else { return }
        size += lines.count
        segments[segments.count - 1].lines += count
        try file.writeAll(lines)
    }

    private mutating func begin() throws(SystemError) {
        file?.close()
        file = nil
        var dropped = segments.last?.segment.dropped ?? 0
        while segments.count >= mostSegments {
            let oldest = segments.removeFirst()
            dropped += oldest.lines
            try directory.remove(oldest.segment.name)
        }
        let next = RunLogSegment(number: (segments.last?.segment.number ?? 0) + 1, dropped: dropped)
        file = try directory.openForAppending(next.name)
        size = 0
        segments.append((segment: next, lines: 0))
    }

    package func close() { file?.close() }
}

/// One of the files.
package struct RunLogSegment: Sendable, Equatable {
    package let number: Int
    /// Lines that were in files which are gone.
    package let dropped: Int

    /// In the run's directory.
    package var name: String {
        "log-\(String(repeating: "0", count: max(0, 6 - String(number).count)))\(number)-\(dropped)"
    }

    init(number: Int, dropped: Int) {
        self.number = number
        self.dropped = dropped
    }

    /// `nil` for another file's name.
    init?(name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "log", let number = Int(parts[1]), let dropped = Int(parts[2]), number > 0,
            dropped >= 0
        else { return nil }
        self.init(number: number, dropped: dropped)
    }

    /// The files of a run, the oldest first.
    package static func all(in directory: Directory) throws(SystemError) -> [RunLogSegment] {
        try directory.names().compactMap(RunLogSegment.init).sorted { $0.number < $1.number }
    }
}

/// Reads a run's lines, also while they are being written.
package struct RunLogReader {
    private let directory: Directory
    private var number = 0
    private var offset: UInt64 = 0
    private var carry: [UInt8] = []
    /// Lines that cannot be read any more, as far as known.
    package private(set) var dropped = 0

    package init(_ directory: Directory) { self.directory = directory }

    /// Hands out the whole lines that came since this was last called.
    package mutating func read(_ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
        for segment in try RunLogSegment.all(in: directory) where segment.number >= number {
            if segment.number > number {
                dropped = max(dropped, segment.dropped)
                number = segment.number
                offset = 0
                carry = []
            }
            try read(segment, body)
        }
    }

    private mutating func read(_ segment: RunLogSegment, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
        // Gone meanwhile: the next listing says so.
        guard let file = try? directory.openForReading(segment.name) else { return }
        defer { file.close() }
        while true {
            let bytes = try file.read(at: offset, count: 1 << 16)
            if bytes.isEmpty { return }
            offset += UInt64(bytes.count)
            carry += bytes
            var rest = carry[...]
            while let end = rest.firstIndex(of: 0x0A) {
                body(rest[..<end])
                rest = rest[(end + 1)...]
            }
            carry = Array(rest)
        }
    }
}
