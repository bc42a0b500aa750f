// `sentry-run logs`: what a run said, as it was kept, for people and for programs.

import LinuxSystem
import RunOptions
import SentryProtocol
import Spool

/// Prints the records of one run.
final class LogPrinter {
    private let id: String
    private let query: LogsQuery
    private let json: Bool
    private let style: TextStyle
    private let store: RunStore
    private let directory: Directory
    private var reader: RunLogReader
    private var last: [[UInt8]] = []
    private var hasReader = true

    init(_ wanted: String?, _ query: LogsQuery, json: Bool, _ plan: RunPlan) throws(ArchiveError) {
        let archive = try RunArchive(plan)
        id = try archive.findIncludingActive(wanted)
        guard let directory = archive.store.existingDirectory(of: id) else { throw .unknown(id, archive.path) }
        self.query = query
        self.json = json
        self.directory = directory
        store = archive.store
        reader = RunLogReader(directory)
        style = standardOutputStyle()
    }

    /// - Returns: a sentence for stderr about what is not there, if anything.
    func print() -> String? {
        var written = 0
        collect { line in
            last.append(line)
            // A ring would be quicker than this for very many; the files are bounded.
            if let count = query.last, last.count > 2 * count + 64 { last.removeFirst(last.count - count) }
        }
        for line in query.last.map({ last.suffix($0) }) ?? last[...] { written += write(line) ? 1 : 0 }
        last = []
        if query.follows { follow(&written) }
        return remark(written)
    }

    private func remark(_ written: Int) -> String? {
        if !hasReader { return nil }
        if reader.dropped > 0, query.last == nil {
            return "\(reader.dropped) earlier records of run \(id) are not kept any more"
        }
        return written == 0 && !query.follows && query.level == .trace && query.last != 0
            ? "nothing was kept of what run \(id) said" : nil
    }

    /// Until the run's report is finished, or nobody makes one any more.
    private func follow(_ written: inout Int) {
        let watch = try? DirectoryWatch(growthIn: directory)
        defer { watch?.close() }
        var isOver = false
        while hasReader, !isOver {
            // Asked before reading: what is written until the end is read.
            isOver = !store.isActive(id) || isAbandoned
            collect { written += write($0) ? 1 : 0 }
            if isOver { return }
            if let watch { _ = watch.wait(milliseconds: Self.pause) } else { sleepMilliseconds(Self.pause) }
        }
    }

    /// Where the end of a run is not told: a look once a second.
    private static let pause: Int32 = 1000

    /// Neither a reporter nor its supervisor lives; a later run will finish it.
    private var isAbandoned: Bool {
        guard !FileLock.isHeld(RunHome.lockName, in: directory), let header = journalHeader(in: directory) else {
            return false
        }
        return !header.supervisorIsAlive
    }

    private func collect(_ take: ([UInt8]) -> Void) {
        do throws(SystemError) {
            try reader.read { line in if let shown = shown(line) { take(shown) } }
        } catch {
            // The directory went away: there is no more.
            hasReader = false
        }
    }

    /// The record as it is printed; `nil` for one that was not asked for or is damaged.
    private func shown(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard let record = try? JSONValue(parsing: line), let level = record["level"]?.string,
            let weight = LogLevel.allCases.first(where: { $0.name == level }), weight >= query.level
        else { return nil }
        if json { return Array(line) + [0x0A] }
        let time = Timestamp(nanoseconds: record["time_ns"]?.integer ?? 0).rfc3339
        let stream = record["stream"]?.string == "stderr" ? "err" : "out"
        let prefix = style.dim("\(time.dropFirst(11).prefix(12)) \(stream)")
        let name = level + String(repeating: " ", count: max(0, 5 - level.count))
        var lines = (record["body"]?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable(String($0)) }
        let first = lines.removeFirst()
        // What has lines of its own, such as a traceback, is shown as it was printed.
        let others = lines.map { "    " + style.level(level, $0) + "\n" }.joined()
        return Array(
            "\(prefix) \(style.level(level, "\(name) \(first)"))\(attributes(record, isLong: !lines.isEmpty))\n\(others)"
                .utf8)
    }

    /// - Parameter isLong: the text itself says what was raised.
    private func attributes(_ record: JSONValue, isLong: Bool) -> String {
        let members = (record["attributes"]?.members ?? []).filter { !isLong || $0.name != "exception.message" }
        guard !members.isEmpty else { return "" }
        let pairs = members.map { member in
            "\(printable(member.name))=\(printable(member.value.string ?? String(decoding: member.value.jsonBytes, as: UTF8.self)))"
        }
        return "  " + style.dim(pairs.joined(separator: " "))
    }

    /// `false` once nobody reads.
    private func write(_ line: [UInt8]) -> Bool {
        guard hasReader else { return false }
        do throws(SystemError) {
            try FileDescriptor.standardOutput.writeAll(line)
            return true
        } catch {
            hasReader = false
            return false
        }
    }
}
