// The kernel's own record of the job's processes: who forked whom, what was executed, when each ended.

import CLinux
import Glibc

/// One of the kernel's notes about a process. Threads are left out. Times are CLOCK_MONOTONIC.
package enum PerfTaskRecord: Sendable, Equatable {
    case fork(parent: Int32, pid: Int32, time: MonotonicTime)
    /// `name` is the kernel's: the program's base name, at most 15 bytes.
    case exec(pid: Int32, name: String, time: MonotonicTime)
    /// The file that an exec mapped first: the executable (the interpreter, for a script).
    case executable(pid: Int32, path: String, time: MonotonicTime)
    /// The process's first thread ended. Where another thread executes a program, an ``exec`` of the same pid follows.
    case exit(pid: Int32, time: MonotonicTime)
    /// The ring was full: so many records are missing.
    case lost(count: UInt64, time: MonotonicTime)

    package var time: MonotonicTime {
        switch self {
        case .fork(_, _, let time), .exec(_, _, let time), .executable(_, _, let time), .exit(_, let time),
            .lost(_, let time):
            time
        }
    }
}

/// Follows the processes of one job from outside, without stopping them. Owned by one thread.
///
/// Attached by the reporter once the job runs, not by the supervisor before it: where nobody else uses perf, the first
/// event for a task makes the kernel patch its scheduler and wait for all CPUs (9–24 ms measured), which must not delay
/// the job's start. What is already running then is found in /proc; a program that began and ended before
/// ``attachedAt`` is not seen.
///
/// ``descriptors`` become readable (EPOLLIN) when a ring is a page full; a reader that wants the rest calls ``read()``
/// from time to time and at the end. They report EPOLLHUP once the job's first process is gone: stop watching then.
///
/// Needs no privileges at perf_event_paranoid 2, only a job of the same user. A full ring loses records, never the
/// job's time. Programs that run as another user (set-id) are lost from sight with what they start.
///
/// Source: perf_event_open(2).
package struct PerfTaskReader: ~Copyable {
    private static let maximumTakes = 8

    /// One for each CPU, to be watched for EPOLLIN.
    package var descriptors: [FileDescriptor] { attachment.descriptors }
    /// From when on nothing is missed.
    package let attachedAt: MonotonicTime

    private let attachment: PerfTaskAttachment
    private var found: [PerfTaskRecord]
    /// Processes whose next mapping is their executable.
    private var executing: Set<Int32> = []

    /// - Parameter root: the job's process; its descendants so far are followed too.
    package init(attachingTo root: Int32) throws(PerfTaskError) {
        var attachment = try PerfTaskAttachment()
        do throws(PerfTaskError) {
            found = try attachment.follow(root)
        } catch {
            attachment.close()
            throw error
        }
        self.attachment = attachment
        attachedAt = .now
    }

    deinit { attachment.close() }

    /// Everything that was recorded since the last call, oldest first. The first call begins with the processes that
    /// were found running: their records are made up from /proc, with times that are exact to 10 ms.
    ///
    /// A process that moves between CPUs may have a record that comes only with the next call though it is older than
    /// some of this one's.
    package mutating func read() -> [PerfTaskRecord] {
        var notes: [PerfNote] = []
        for ring in attachment.rings {
            // Bounded: a fork bomb may write as fast as we read.
            for _ in 0..<Self.maximumTakes {
                let bytes = ring.take()
                if bytes.isEmpty { break }
                bytes.withUnsafeBytes { notes += PerfNote.parse($0) }
            }
        }
        let sorted = notes.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        defer { found = [] }
        return found + records(sorted.map(\.element))
    }

    /// Keeps of the many mappings the first after each exec.
    private mutating func records(_ notes: [PerfNote]) -> [PerfTaskRecord] {
        notes.compactMap { note in
            switch note {
            case .record(let record):
                switch record {
                case .exec(let pid, _, _): executing.insert(pid)
                case .exit(let pid, _): executing.remove(pid)
                case .fork, .executable, .lost: break
                }
                return record
            case .mapping(let pid, let path, let time):
                guard executing.remove(pid) != nil else { return nil }
                return .executable(pid: pid, path: path, time: time)
            }
        }
    }
}

/// A record as the ring has it.
enum PerfNote: Equatable {
    case record(PerfTaskRecord)
    case mapping(pid: Int32, path: String, time: MonotonicTime)

    var time: MonotonicTime {
        switch self {
        case .record(let record): record.time
        case .mapping(_, _, let time): time
        }
    }

    private enum Kind {
        static let mapping: UInt32 = 1
        static let lost: UInt32 = 2
        static let command: UInt32 = 3
        static let exit: UInt32 = 4
        static let fork: UInt32 = 7
        /// PERF_RECORD_MISC_COMM_EXEC: the name changed because of an exec, not by prctl.
        static let byExec: UInt16 = 1 << 13
    }

    /// Reads consecutive records. Each ends with sample_id: pid, tid, time.
    ///
    /// Source: perf_event_open(2), "MMAP layout".
    static func parse(_ bytes: UnsafeRawBufferPointer) -> [PerfNote] {
        var notes: [PerfNote] = []
        var offset = 0
        while offset + 8 <= bytes.count {
            let size = Int(bytes.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
            guard size >= 24, offset + size <= bytes.count else { break }
            if let note = one(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + size)])) { notes.append(note) }
            offset += size
        }
        return notes
    }

    private static func one(_ record: UnsafeRawBufferPointer) -> PerfNote? {
        let time = MonotonicTime(nanoseconds: record.loadUnaligned(fromByteOffset: record.count - 8, as: Int64.self))
        switch record.loadUnaligned(as: UInt32.self) {
        case Kind.fork: return task(record).map { .record(.fork(parent: $0.parent, pid: $0.pid, time: time)) }
        case Kind.exit: return task(record).map { .record(.exit(pid: $0.pid, time: time)) }
        case Kind.command:
            guard record.loadUnaligned(fromByteOffset: 4, as: UInt16.self) & Kind.byExec != 0, record.count >= 32 else {
                return nil
            }
            return .record(.exec(pid: pid(record), name: text(record, from: 16), time: time))
        case Kind.mapping:
            guard record.count >= 56 else { return nil }
            return .mapping(pid: pid(record), path: text(record, from: 40), time: time)
        case Kind.lost:
            guard record.count >= 40 else { return nil }
            return .record(.lost(count: record.loadUnaligned(fromByteOffset: 16, as: UInt64.self), time: time))
        default: return nil
        }
    }

    private static func pid(_ record: UnsafeRawBufferPointer) -> Int32 {
        record.loadUnaligned(fromByteOffset: 8, as: Int32.self)
    }

    /// pid, ppid, tid, ptid, time. `nil` for a thread: only a process's first thread has the process's own number.
    private static func task(_ record: UnsafeRawBufferPointer) -> (pid: Int32, parent: Int32)? {
        guard record.count >= 48 else { return nil }
        let parent = record.loadUnaligned(fromByteOffset: 12, as: Int32.self)
        let thread = record.loadUnaligned(fromByteOffset: 16, as: Int32.self)
        guard thread == pid(record) else { return nil }
        return (pid(record), parent)
    }

    private static func text(_ record: UnsafeRawBufferPointer, from start: Int) -> String {
        String(decoding: record[start..<(record.count - 16)].prefix { $0 != 0 }, as: UTF8.self)
    }
}
