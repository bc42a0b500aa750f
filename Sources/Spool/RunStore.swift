// The runs of this user on this host: one directory each, moved when its report is finished.

import LinuxSystem

/// `active/` and `runs/` in the state directory. What is abandoned is found by listing `active/`, which is short, however
/// many finished runs are kept.
package struct RunStore: Sendable {
    private let active: Directory
    private let finished: Directory
    private let tmp: Directory

    /// How many finished runs are kept; the oldest go first.
    package static let maximumRuns = 500

    /// Reports larger than this are not read: ours are a few hundred KiB at most.
    private static let maximumReport = 16 << 20

    package init(_ state: StateDirectory) {
        active = state.active
        finished = state.runs
        tmp = state.tmp
    }

    /// The ids of finished runs, oldest first (an id begins with its time).
    package func ids() throws(SystemError) -> [String] { try finished.names().filter(Self.isID).sorted() }

    /// The ids of runs whose report is not finished, oldest first.
    package func activeIDs() throws(SystemError) -> [String] { try active.names().filter(Self.isID).sorted() }

    /// The directory of a run that goes on, made if needed.
    package func activeDirectory(of id: String) throws(SystemError) -> Directory {
        try active.makeDirectory(id)
        return try active.subdirectory(id)
    }

    /// An existing one; `nil` when there is none.
    package func existingActiveDirectory(of id: String) -> Directory? { try? active.subdirectory(id) }

    /// A finished run's report; `nil` when there is none.
    package func report(of id: String, named name: String) throws(SystemError) -> [UInt8]? {
        guard Self.isID(id), let directory = try? finished.subdirectory(id) else { return nil }
        defer { directory.close() }
        return try directory.read(name, limit: Self.maximumReport)
    }

    /// Writes an active run's report, complete or not at all, and moves the run to the finished ones.
    ///
    /// The journal is still there, so that a run which is moved twice (by two reporters that resumed it) does no harm.
    package func finish(_ id: String, report: [UInt8], named name: String) throws(SystemError) {
        let directory = try activeDirectory(of: id)
        defer { directory.close() }
        try AtomicFile.write(report, name, in: directory, tmp: tmp, sync: false)
        try directory.remove(RunJournal.fileName)
        try active.rename(id, to: id, in: finished)
    }

    /// Removes the oldest finished runs beyond ``maximumRuns``.
    package func prune() throws(SystemError) {
        let all = try ids()
        for id in all.prefix(max(0, all.count - Self.maximumRuns)) { try finished.removeWithFiles(id) }
    }

    /// `yyyymmdd-hhmmss-mmmxxxxx`.
    private static func isID(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 6, 8] && name.utf8.allSatisfy { $0 == 0x2D || $0 > 0x2F && $0 < 0x7B }
    }
}
