// The runs of this user on this host: one directory each, with a journal while it runs and a report when it is over.

import LinuxSystem

/// `runs/` in the state directory.
package struct RunStore: Sendable {
    private let runs: Directory
    private let tmp: Directory

    /// How many finished runs are kept; the oldest go first.
    package static let maximumRuns = 500

    /// Reports larger than this are not read: ours are a few hundred KiB at most.
    private static let maximumReport = 16 << 20

    package init(runs: Directory, tmp: Directory) {
        self.runs = runs
        self.tmp = tmp
    }

    /// The runs' ids, oldest first (an id begins with its time).
    package func ids() throws(SystemError) -> [String] { try runs.names().filter(Self.isID).sorted() }

    /// The directory of a run, made if needed.
    package func directory(of id: String) throws(SystemError) -> Directory {
        try runs.makeDirectory(id)
        return try runs.subdirectory(id)
    }

    /// An existing run's directory; `nil` when there is none.
    package func existingDirectory(of id: String) -> Directory? { try? runs.subdirectory(id) }

    /// A finished run's report.
    ///
    /// - Returns: `nil` when there is no such run, or it isn't finished.
    package func report(of id: String, named name: String) throws(SystemError) -> [UInt8]? {
        guard let directory = existingDirectory(of: id) else { return nil }
        defer { directory.close() }
        return try directory.read(name, limit: Self.maximumReport)
    }

    /// Writes a run's report: complete or not at all.
    package func write(_ report: [UInt8], named name: String, of id: String) throws(SystemError) {
        let directory = try directory(of: id)
        defer { directory.close() }
        try AtomicFile.write(report, name, in: directory, tmp: tmp, sync: false)
    }

    /// Removes the oldest finished runs beyond ``maximumRuns``. Runs with a journal are not finished and stay.
    package func prune() throws(SystemError) {
        let all = try ids()
        for id in all.prefix(max(0, all.count - Self.maximumRuns)) {
            guard let directory = existingDirectory(of: id) else { continue }
            let unfinished = try directory.status(RunJournal.fileName) != nil
            directory.close()
            if !unfinished { try runs.removeWithFiles(id) }
        }
    }

    /// `yyyymmdd-hhmmss-xxxxxx`.
    private static func isID(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 6, 6] && name.utf8.allSatisfy { $0 == 0x2D || $0 > 0x2F && $0 < 0x7B }
    }
}
