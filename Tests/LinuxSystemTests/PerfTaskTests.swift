import Glibc
import Testing

@testable import LinuxSystem

/// A shell that waits for a line on its stdin before it runs the script.
private struct WaitingShell {
    let pid: pid_t
    private let gate: FileDescriptor

    init(_ script: String) throws {
        let pipe = try Pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe.readEnd.raw, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let words = ["sh", "-c", script].map { (word: String) in strdup(word) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, "sh", &actions, nil, words, environ)
        pipe.readEnd.close()
        gate = pipe.writeEnd
        guard code == 0 else { throw SystemError("posix_spawn", on: "sh", code: code) }
        pid = child
    }

    /// Lets it run and waits for its end.
    func finish() throws {
        try gate.writeAll([0x0A])
        var status: Int32 = 0
        try checkedErrno("waitpid") { waitpid(pid, &status, 0) }
        gate.close()
    }
}

/// What the records say, by process.
private struct Tree {
    var parents: [Int32: Int32] = [:]
    var names: [Int32: String] = [:]
    var paths: [Int32: String] = [:]
    var started: [Int32: MonotonicTime] = [:]
    var ended: [Int32: MonotonicTime] = [:]
    var lost: UInt64 = 0

    init(_ records: [PerfTaskRecord]) {
        for record in records {
            switch record {
            case .fork(let parent, let pid, let time):
                parents[pid] = parent
                started[pid] = time
            case .exec(let pid, let name, _): names[pid] = name
            case .executable(let pid, let path, _): paths[pid] = path
            case .exit(let pid, let time): ended[pid] = time
            case .lost(let count, _): lost += count
            }
        }
    }

    func pid(_ name: String) -> Int32? { names.first { $0.value == name }?.key }
}

@Suite struct PerfTaskTests {
    static let isPermitted: Bool = {
        do {
            _ = try PerfTaskReader(attachingTo: getpid())
            return true
        } catch { return false }
    }()

    @Test(.enabled(if: isPermitted, "perf_event_open is refused here"))
    func `a shell's programs are a tree with names and times`() throws {
        let shell = try WaitingShell("read go; sleep 0.05; ls; (cat /etc/passwd | wc); :")
        var reader = try PerfTaskReader(attachingTo: shell.pid)
        let before = reader.attachedAt
        try shell.finish()
        let after = MonotonicTime.now
        let records = reader.read()
        let tree = Tree(records)
        #expect(Set(tree.names.values) == ["sh", "sleep", "ls", "cat", "wc"])
        #expect(tree.names[shell.pid] == "sh")
        for name in ["sleep", "ls"] { #expect(tree.pid(name).flatMap { tree.parents[$0] } == shell.pid) }
        for name in ["cat", "wc"] {
            let parent = try #require(tree.pid(name).flatMap { tree.parents[$0] })
            #expect(parent == shell.pid || tree.parents[parent] == shell.pid)
        }
        #expect(tree.names.allSatisfy { tree.paths[$0.key]?.hasSuffix($0.value) == true })
        #expect(tree.names.keys.allSatisfy { tree.ended[$0] != nil })
        #expect(tree.lost == 0)
        let sleeper = try #require(tree.pid("sleep"))
        let started = try #require(tree.started[sleeper])
        let ended = try #require(tree.ended[sleeper])
        #expect(ended.since(started) >= 50_000_000)
        #expect(started >= before && ended <= after)
        #expect(records.map(\.time) == records.map(\.time).sorted())
        #expect(reader.read().isEmpty)
    }

    @Test(.enabled(if: isPermitted, "perf_event_open is refused here"))
    func `what already runs is found, and followed like the rest`() throws {
        let shell = try WaitingShell("sh -c 'read go; /bin/true; :'; :")
        // The inner shell is there when it reads: its parent then has a child.
        while try found(shell.pid) < 2 { sched_yield() }
        var reader = try PerfTaskReader(attachingTo: shell.pid)
        try shell.finish()
        let tree = Tree(reader.read())
        let inner = try #require(tree.parents.first { $0.value == shell.pid }?.key)
        #expect(tree.names[inner] == "sh")
        let program = try #require(tree.pid("true"))
        #expect(tree.parents[program] == inner)
        #expect([shell.pid, inner, program].allSatisfy { tree.ended[$0] != nil })
    }

    @Test(.enabled(if: isPermitted, "perf_event_open is refused here"))
    func `a full ring loses records, says how many, and the job ends as ever`() throws {
        let shell = try WaitingShell("read go; i=0; while [ $i -lt 400 ]; do /bin/true; i=$((i+1)); done")
        var reader = try PerfTaskReader(attachingTo: shell.pid)
        try shell.finish()
        let tree = Tree(reader.read())
        #expect(!tree.names.isEmpty)
        #expect(tree.names.count < 400)
    }

    private func found(_ pid: pid_t) throws -> Int {
        var reader = try PerfTaskReader(attachingTo: pid)
        return Tree(reader.read()).names.count
    }

    @Test func `a process that is gone is a typed refusal`() {
        #expect(throws: PerfTaskError.self) { _ = try PerfTaskReader(attachingTo: 2_000_000_000) }
    }

    @Test func `records that are cut short or unknown are passed over`() {
        func record(_ kind: UInt32, _ misc: UInt16, _ body: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            withUnsafeBytes(of: kind) { bytes += $0 }
            withUnsafeBytes(of: misc) { bytes += $0 }
            withUnsafeBytes(of: UInt16(8 + body.count)) { bytes += $0 }
            return bytes + body
        }
        let tail = [UInt8](repeating: 0, count: 8) + [9, 0, 0, 0, 0, 0, 0, 0]
        let fork = record(
            7, 0, [5, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + tail)
        let thread = record(
            7, 0, [5, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + tail)
        let renamed = record(3, 0, [5, 0, 0, 0, 5, 0, 0, 0] + Array("new\0\0\0\0\0".utf8) + tail)
        let executed = record(3, 1 << 13, [5, 0, 0, 0, 5, 0, 0, 0] + Array("new\0\0\0\0\0".utf8) + tail)
        let time = MonotonicTime(nanoseconds: 9)
        let all = fork + thread + renamed + record(99, 0, tail + tail) + executed
        let expected: [PerfNote] = [
            .record(.fork(parent: 4, pid: 5, time: time)), .record(.exec(pid: 5, name: "new", time: time)),
        ]
        #expect(all.withUnsafeBytes { PerfNote.parse($0) } == expected)
        for count in 0..<all.count {
            all[..<count].withUnsafeBytes { bytes in
                let notes = PerfNote.parse(UnsafeRawBufferPointer(rebasing: bytes[...]))
                #expect(expected.starts(with: notes))
            }
        }
        for kind: UInt32 in 0...12 {
            for size in 16...64 {
                _ = record(kind, 1 << 13, [UInt8](repeating: 0xFF, count: size)).withUnsafeBytes { PerfNote.parse($0) }
            }
        }
    }
}
