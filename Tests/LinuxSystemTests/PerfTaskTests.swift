import Glibc
import Testing

@testable import LinuxSystem

@Suite struct PerfTaskTests {
    static let isPermitted: Bool = {
        guard let events = try? PerfTaskEvents.open() else { return false }
        events.descriptors.forEach { $0.close() }
        return true
    }()

    /// Starts a program from this thread and waits for its end.
    private func run(_ arguments: [String]) throws -> pid_t {
        var pid: pid_t = 0
        let words = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let code = posix_spawnp(&pid, arguments[0], &actions, nil, words, environ)
        guard code == 0 else { throw SystemError("posix_spawn", on: arguments[0], code: code) }
        var status: Int32 = 0
        try checkedErrno("waitpid") { waitpid(pid, &status, 0) }
        return pid
    }

    @Test(.enabled(if: isPermitted, "perf_event_open is refused here"))
    func `a shell's programs are a tree with names and times`() throws {
        let events = try PerfTaskEvents.open()
        defer { events.descriptors.forEach { $0.close() } }
        var reader = try PerfTaskReader(events.descriptors)
        let before = MonotonicTime.now
        let root = try run(["sh", "-c", "sleep 0.05; ls; (cat /etc/passwd | wc); :"])
        let after = MonotonicTime.now
        let records = reader.read()

        var parents: [Int32: Int32] = [:]
        var names: [Int32: String] = [:]
        var paths: [Int32: String] = [:]
        var ended: [Int32] = []
        for record in records {
            #expect(record.time >= before && record.time <= after)
            switch record {
            case .fork(let parent, let pid, _): parents[pid] = parent
            case .exec(let pid, let name, _): names[pid] = name
            case .executable(let pid, let path, _): paths[pid] = path
            case .exit(let pid, _): ended.append(pid)
            case .lost: Issue.record("nothing is lost with so few processes")
            }
        }
        #expect(Set(names.values) == ["sh", "sleep", "ls", "cat", "wc"])
        #expect(names[root] == "sh")
        let children = names.filter { $0.value == "sleep" || $0.value == "ls" }.keys
        #expect(children.allSatisfy { parents[$0] == root })
        for pid in names.filter({ $0.value == "cat" || $0.value == "wc" }).keys {
            #expect(parents[pid] == root || parents[pid].flatMap { parents[$0] } == root)
        }
        #expect(
            names.keys.allSatisfy { paths[$0]?.hasSuffix(names[$0] ?? "/") == true }
        )
        #expect(names.keys.allSatisfy { ended.contains($0) })
        let sleeper = try #require(names.first { $0.value == "sleep" }?.key)
        let spans = records.filter {
            if case .exit(sleeper, _) = $0 { true } else { $0 == .exec(pid: sleeper, name: "sleep", time: $0.time) }
        }
        #expect(spans.count == 2)
        #expect(spans[1].time.since(spans[0].time) >= 50_000_000)
        #expect(reader.read().isEmpty)
    }

    @Test(.enabled(if: isPermitted, "perf_event_open is refused here"))
    func `a full ring loses records, says how many, and the job ends as ever`() throws {
        let events = try PerfTaskEvents.open()
        defer { events.descriptors.forEach { $0.close() } }
        var reader = try PerfTaskReader(events.descriptors)
        _ = try run(["sh", "-c", "i=0; while [ $i -lt 400 ]; do /bin/true; i=$((i+1)); done"])
        let first = reader.read()
        #expect(!first.isEmpty)
        // The loss is said with the next record that finds room.
        _ = try run(["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do /bin/true; done"])
        let lost = reader.read().reduce(UInt64(0)) { sum, record in
            if case .lost(let count, _) = record { sum + count } else { sum }
        }
        #expect(lost > 0)
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
