// What `/proc/PID/stat` says of a process or a thread.

import LinuxSystem

/// Source: proc(5).
struct ProcessStat: Sendable, Equatable {
    /// One letter: R, S, D, T, t, Z …
    var state: String
    /// User and system time in clock ticks, of all its threads.
    var processorTicks: UInt64
    /// In clock ticks since boot: with the id it names one process.
    var started: UInt64

    init?(text: String) {
        // The name may hold anything, but it ends at the last parenthesis.
        guard let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text.utf8[text.utf8.index(after: end)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let user = Self.number(fields[11]), let system = Self.number(fields[12]),
            let started = Self.number(fields[19])
        else { return nil }
        state = String(decoding: fields[0], as: UTF8.self)
        processorTicks = user + system
        self.started = started
    }

    /// `nil` where it is gone.
    static func of(process: Int32) -> ProcessStat? { read(processFile(process, "stat")) }

    static func of(thread: Int32, in process: Int32) -> ProcessStat? { read("/proc/\(process)/task/\(thread)/stat") }

    private static func read(_ path: String) -> ProcessStat? {
        do throws(SystemError) {
            return ProcessStat(text: String(decoding: try readSmallFile(path), as: UTF8.self))
        } catch { return nil }
    }

    private static func number(_ text: Substring.UTF8View) -> UInt64? { UInt64(Substring(text)) }
}

/// The threads of a process, by `/proc/PID/task`; empty where it is gone.
func threadsListed(of process: Int32) -> [Int32] {
    do throws(SystemError) {
        let directory = try Directory.open(processFile(process, "task"))
        defer { directory.close() }
        return try directory.names().compactMap { Int32($0) }.sorted()
    } catch { return [] }
}

/// The process that a thread belongs to, and its parent, by `/proc/TID/status`.
struct ThreadOrigin: Sendable, Equatable {
    var process: Int32
    var parent: Int32

    init?(status: String) {
        var process: Int32?
        var parent: Int32?
        for line in status.utf8.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "Tgid:\t".utf8) { process = Int32(Substring(line.dropFirst(6))) }
            if line.starts(with: "PPid:\t".utf8) { parent = Int32(Substring(line.dropFirst(6))) }
        }
        guard let process, let parent else { return nil }
        self.process = process
        self.parent = parent
    }

    static func of(thread: Int32) -> ThreadOrigin? {
        do throws(SystemError) {
            return ThreadOrigin(
                status: String(decoding: try readSmallFile(processFile(thread, "status")), as: UTF8.self))
        } catch { return nil }
    }
}
