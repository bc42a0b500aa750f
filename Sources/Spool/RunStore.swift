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

    /// The directory of a run, whether it goes on or is finished; `nil` when there is none.
    package func existingDirectory(of id: String) -> Directory? {
        guard Self.isID(id) else { return nil }
        return (try? active.subdirectory(id)) ?? (try? finished.subdirectory(id))
    }

    /// Whether the run's report is not finished.
    package func isActive(_ id: String) -> Bool { existingActiveDirectory(of: id).map { $0.close() } != nil }

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

    /// Removes the oldest finished runs beyond ``maximumRuns``, and of older ones what they said when all of that together
    /// is more than ``maximumLogBytes``.
    ///
    /// - Parameter looksAtLogs: whether to add them up; a run that said little changes little.
    package func prune(looksAtLogs: Bool = true) throws(SystemError) {
        let all = try ids()
        let surplus = all.prefix(max(0, all.count - Self.maximumRuns))
        for id in surplus { try finished.removeWithFiles(id) }
        guard looksAtLogs else { return }
        var room = Self.maximumLogBytes
        for id in all.dropFirst(surplus.count).reversed() {
            guard let directory = try? finished.subdirectory(id) else { continue }
            defer { directory.close() }
            for segment in try RunLogSegment.all(in: directory).reversed() {
                room -= Int(clamping: try directory.status(segment.name)?.size ?? 0)
                if room < 0 { try directory.remove(segment.name) }
            }
        }
    }

    /// What all finished runs said, in bytes.
    package static let maximumLogBytes = 256 << 20

    /// `yyyymmdd-hhmmss-mmmxxxxx`.
    private static func isID(_ name: String) -> Bool {
        // Of bytes: of a thousand runs' names, at the end of every run.
        let bytes = name.utf8
        guard bytes.count == 24 else { return false }
        for (index, byte) in bytes.enumerated() {
            let isDash = byte == UInt8(ascii: "-")
            guard isDash == (index == 8 || index == 15), isDash || 0x30...0x7A ~= byte else { return false }
        }
        return true
    }
}
