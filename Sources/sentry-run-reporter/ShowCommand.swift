// `sentry-run show [RUN]` and `sentry-run runs`: what was kept, for people and for programs.

import LinuxSystem
import RunOptions
import SentryProtocol
import Spool

/// Reads the finished runs of this user.
struct RunArchive {
    let store: RunStore
    let path: String

    /// - Throws: ``ArchiveError/unusable(_:)`` when the state directory cannot be opened.
    init(_ plan: RunPlan) throws(ArchiveError) {
        path = stateDirectory(plan)
        do throws(SpoolError) {
            let state = try StateDirectory.open(path)
            store = RunStore(state)
        } catch {
            throw .unusable(error.description)
        }
    }

    /// The newest first. Runs that go on, or whose record is damaged, are left out.
    func ids() throws(ArchiveError) -> [String] {
        do throws(SystemError) {
            return try store.ids().reversed()
        } catch {
            throw .unusable(String(describing: error))
        }
    }

    /// The record's bytes as they are kept, and what they mean.
    func record(_ id: String) -> (json: [UInt8], record: RunRecord)? {
        guard let bytes = try? store.report(of: id, named: RunRecord.fileName),
            let json = try? JSONValue(parsing: bytes), let record = RunRecord(json)
        else { return nil }
        return (bytes, record)
    }

    /// Finds a run by its id, the beginning of one, or its last part; the last finished run when `nil`.
    func find(_ wanted: String?) throws(ArchiveError) -> String {
        let all = try ids()
        guard let wanted else {
            guard let last = all.first(where: { record($0) != nil }) else { throw .empty(path) }
            return last
        }
        if let going = try? store.activeIDs().first(where: { $0.hasPrefix(wanted) || $0.hasSuffix("-" + wanted) }) {
            throw .unfinished(going)
        }
        let matching = all.filter { $0 == wanted || $0.hasPrefix(wanted) || $0.hasSuffix("-" + wanted) }
        guard let first = matching.first else { throw .unknown(wanted, path) }
        guard matching.count == 1 || matching.contains(wanted) else { throw .ambiguous(wanted, matching) }
        return matching.contains(wanted) ? wanted : first
    }
}

extension RunArchive {
    /// As ``find(_:)``, but a run that goes on is found, too, and is the last one where there is one.
    func findIncludingActive(_ wanted: String?) throws(ArchiveError) -> String {
        let active = ((try? store.activeIDs()) ?? []).reversed()
        let all = Array(active) + (try ids())
        guard let wanted else {
            guard let last = all.max() else { throw .empty(path) }
            return last
        }
        let matching = all.filter { $0 == wanted || $0.hasPrefix(wanted) || $0.hasSuffix("-" + wanted) }
        guard let first = matching.first else { throw .unknown(wanted, path) }
        guard matching.count == 1 || matching.contains(wanted) else { throw .ambiguous(wanted, matching) }
        return matching.contains(wanted) ? wanted : first
    }
}

/// What is wrong with a question about kept runs; a sentence for stderr.
enum ArchiveError: Error, CustomStringConvertible {
    case unusable(String)
    case empty(String)
    case unknown(String, String)
    case ambiguous(String, [String])
    case unfinished(String)

    var description: String {
        switch self {
        case .unusable(let reason): reason
        case .empty(let path): "no run was kept in \(path) yet: sentry-run -- COMMAND makes one"
        case .unknown(let id, let path): "no run \(id) in \(path); `sentry-run runs` lists what there is"
        case .ambiguous(let id, let ids): "\(id) could be \(ids.prefix(5).joined(separator: ", ")); say more of it"
        case .unfinished(let id): "run \(id) is not finished (or its record is damaged)"
        }
    }
}

/// Prints one run.
func show(_ wanted: String?, json: Bool, _ plan: RunPlan) throws(ArchiveError) -> String {
    let archive = try RunArchive(plan)
    let id = try archive.find(wanted)
    guard let found = archive.record(id) else { throw .unfinished(id) }
    if json { return String(decoding: found.json, as: UTF8.self) + "\n" }
    return found.record.text(standardOutputStyle())
}

/// Prints a line for each run, the newest first.
func listRuns(limit: Int?, json: Bool, _ plan: RunPlan) throws(ArchiveError) -> String {
    let archive = try RunArchive(plan)
    let found = try archive.ids().lazy.compactMap { archive.record($0) }.prefix(limit ?? .max)
    if json {
        return "[" + found.map { String(decoding: $0.json, as: UTF8.self) }.joined(separator: ",\n") + "]\n"
    }
    if found.isEmpty { return "\(ArchiveError.empty(archive.path))\n" }
    let style = standardOutputStyle()
    return found.map { $0.record.row(style) + "\n" }.joined()
}

func standardOutputStyle() -> TextStyle {
    TextStyle(isTerminal: FileDescriptor.standardOutput.isTerminal, environment: environmentValue)
}
