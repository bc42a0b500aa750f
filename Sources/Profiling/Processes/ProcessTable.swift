// The processes that are sampled, and where each has its code.

import Backtracing
import LinuxSystem

/// Follows processes through fork, exec and exit, and knows the map of each.
struct ProcessTable {
    let library: ImageLibrary
    private var processes: [Int32: TrackedProcess] = [:]
    /// Those that ended, oldest first: records that are late may still be theirs.
    private var ended: [Int32] = []
    /// Records are missing: what they said is to be looked up.
    private var hasGaps = false
    private let recordsMappings: Bool

    private static let mostEnded = 256
    /// Nanoseconds between two looks at the maps of a process.
    private static let pauseBetweenLooks: Int64 = 100_000_000

    init(library: ImageLibrary, recordsMappings: Bool) {
        self.library = library
        self.recordsMappings = recordsMappings
    }

    // MARK: Events

    mutating func forked(parent: Int32, process: Int32) {
        guard process != parent else { return }
        // Of a parent that is not known its own maps will be read, and so will the child's.
        processes[process] = processes[parent]?.fork(process) ?? newcomer(process)
    }

    mutating func executed(process: Int32, name: String) {
        let executed = TrackedProcess(pid: process, name: name, isRecorded: recordsMappings)
        // Another source may have seen it before this one told of its exec: it is one process all the same.
        if let known = processes[process], known.name == name { executed.takePlace(of: known) }
        processes[process] = executed
    }

    func named(process: Int32, thread: Int32, name: String) {
        guard let known = processes[process] else { return }
        if thread == process, known.threads.isEmpty { known.name = name }
        known.threadNames[thread] = name
    }

    mutating func exited(process: Int32, thread: Int32) {
        processes[process]?.threads[thread] = nil
        processes[process]?.threadNames[thread] = nil
        guard thread == process else { return }
        ended.append(process)
        guard ended.count > Self.mostEnded else { return }
        for process in ended.prefix(ended.count / 2) where !isAlive(process) { processes[process] = nil }
        ended.removeFirst(ended.count / 2)
    }

    mutating func mapped(process: Int32, _ mapping: CodeMapping) {
        if let known = processes[process] { return add(mapping, to: known) }
        let found = newcomer(process)
        processes[process] = found
        // Of a process that began before the records did, this one is not the only mapping.
        if recordsMappings { readMaps(of: found) }
        add(mapping, to: found)
    }

    /// Takes a process in that runs already.
    mutating func found(_ process: Int32) {
        let found = newcomer(process)
        processes[process] = found
        readMaps(of: found)
    }

    mutating func lost() { hasGaps = true }

    // MARK: Looking up

    func known(_ process: Int32) -> TrackedProcess? { processes[process] }

    /// The numbers of stacks have changed.
    func forgetStacks() {
        for process in processes.values { process.sampled = process.sampled.mapValues { ($0.time, $0.thread, -1) } }
    }

    func threadIndex(_ process: Int32, _ thread: Int32) -> Int32? { processes[process]?.threads[thread] }

    /// - Parameter address: where it is known to run: its map is brought up to date where that is in none of its code.
    mutating func process(_ pid: Int32, runningAt address: UInt64, _ time: MonotonicTime) -> TrackedProcess {
        let known = processes[pid] ?? newcomer(pid)
        processes[pid] = known
        guard !known.isRecorded || hasGaps, !known.map.contains(address) else { return known }
        if let last = known.mapsRead, time.since(last) < Self.pauseBetweenLooks { return known }
        known.mapsRead = time
        readMaps(of: known)
        return known
    }

    /// A process that was there before us.
    private func newcomer(_ pid: Int32) -> TrackedProcess {
        TrackedProcess(pid: pid, name: ProcessIdentity.name(of: pid) ?? "", isRecorded: false)
    }

    private func readMaps(of process: TrackedProcess) {
        guard let bytes = try? readSmallFile("/proc/\(process.pid)/maps", limit: 16 << 20) else { return }
        for mapping in MemoryMapping.parse(String(decoding: bytes, as: UTF8.self)) where mapping.isExecutable {
            let identity: FileIdentityClue =
                mapping.file.map { .inode(major: $0.major, minor: $0.minor, inode: $0.inode) } ?? .none
            add(
                CodeMapping(
                    range: mapping.range, fileOffset: mapping.fileOffset,
                    path: mapping.isDeleted ? mapping.path + " (deleted)" : mapping.path, identity: identity),
                to: process)
        }
    }

    private func add(_ mapping: CodeMapping, to process: TrackedProcess) {
        let delta = delta(mapping, process)
        if mapping.isJitDump { process.dump = mapping.path }
        process.map.map(mapping.range, delta: delta ?? 0)
        if let delta, PythonImage.mayBe(mapping.path) {
            // The library comes after a program that is called so too.
            process.python = .candidate(address: mapping.range.lowerBound &+ delta, delta: delta)
        }
    }

    private func delta(_ mapping: CodeMapping, _ process: TrackedProcess) -> UInt64? {
        guard mapping.isOfFile else { return nil }
        return library.delta(
            mapping: mapping.range, fromOffset: mapping.fileOffset, path: mapping.path, identity: mapping.identity,
            access: ImageLibrary.Access(process: process.pid, range: mapping.range))
    }

    private func isAlive(_ process: Int32) -> Bool { fileExists("/proc/\(process)/stat") }
}

extension CodeMapping {
    /// A page of it is mapped as if it were code, so that it is known. Source: jitdump-specification.txt.
    fileprivate var isJitDump: Bool {
        guard path.hasSuffix(".dump"), let slash = path.lastIndex(of: "/") else { return false }
        return path[path.index(after: slash)...].hasPrefix("jit-")
    }

    /// Memory that nobody could read as a file later: what a compiler wrote while the program ran.
    fileprivate var isOfFile: Bool {
        if path == "[vdso]" { return true }
        if isJitDump { return false }
        guard path.hasPrefix("/"), !path.hasPrefix("//") else { return false }
        return !["/memfd:", "/dev/", "/SYSV", "/anon_hugepage"].contains { path.hasPrefix($0) }
    }
}
