// What the records in a sampling event's ring say.

import CLinux

/// One record. What it points to is valid as long as the record's bytes.
package enum PerfSampleRecord {
    package struct Sample {
        package let process: Int32
        package let thread: Int32
        package let time: MonotonicTime
        /// In the kernel's order (``PerfRegisters``); empty for a program of another word size, and where there were none.
        package let registers: UnsafeRawBufferPointer
        /// From the stack pointer on, as far as it could be read.
        package let stack: UnsafeRawBufferPointer
    }

    package struct Mapping {
        package let process: Int32
        package let start: UInt64
        package let length: UInt64
        package let fileOffset: UInt64
        /// Empty where there is none.
        package let buildID: UnsafeRawBufferPointer
        /// Where there is no build-id.
        package let major: UInt32
        package let minor: UInt32
        package let inode: UInt64
        package let isExecutable: Bool
        /// Until the first NUL.
        package let path: UnsafeRawBufferPointer
    }

    /// Of a process or of one of its threads, by whether the first two are equal.
    package struct Task {
        package let process: Int32
        package let parent: Int32
        package let thread: Int32
        package let time: MonotonicTime
    }

    case sample(Sample)
    case mapping(Mapping)
    case name(process: Int32, thread: Int32, name: String, isExec: Bool, time: MonotonicTime)
    case fork(Task)
    case exit(Task)
    /// At a thread's end: the nanoseconds that it ran on one of the CPUs. There is one for each CPU.
    case time(process: Int32, thread: Int32, nanoseconds: UInt64)
    case lost(count: UInt64)
    case throttle

    private enum Kind {
        static let lost: UInt32 = 2
        static let command: UInt32 = 3
        static let exit: UInt32 = 4
        static let throttle: UInt32 = 5
        static let fork: UInt32 = 7
        static let read: UInt32 = 8
        static let sample: UInt32 = 9
        static let mapping: UInt32 = 10
        static let lostSamples: UInt32 = 13
    }

    private enum Miscellaneous {
        /// PERF_RECORD_MISC_COMM_EXEC: the name changed because of an exec, not by prctl.
        static let byExec: UInt16 = 1 << 13
        /// PERF_RECORD_MISC_MMAP_BUILD_ID
        static let hasBuildID: UInt16 = 1 << 14
    }

    /// - Returns: `nil` for a kind that is of no interest, and for a record that is too short to be what it says.
    ///
    /// Source: perf_event_open(2), "MMAP layout".
    package init?(_ record: UnsafeRawBufferPointer) {
        guard record.count >= 16 else { return nil }
        let parsed: PerfSampleRecord?
        switch record.loadUnaligned(as: UInt32.self) {
        case Kind.sample: parsed = Self.sample(record)
        case Kind.mapping: parsed = Self.mapping(record)
        case Kind.command: parsed = Self.command(record)
        case Kind.fork: parsed = Self.task(record).map { .fork($0) }
        case Kind.exit: parsed = Self.task(record).map { .exit($0) }
        case Kind.lost: parsed = record.count >= 24 ? .lost(count: record.u64(16)) : nil
        case Kind.lostSamples: parsed = .lost(count: record.u64(8))
        case Kind.throttle: parsed = .throttle
        case Kind.read where record.count >= 24:
            parsed = .time(process: record.i32(8), thread: record.i32(12), nanoseconds: record.u64(16))
        default: parsed = nil
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// pid, tid, time, registers' ABI, registers, the stack's size, the stack, how much of it was read.
    private static func sample(_ record: UnsafeRawBufferPointer) -> PerfSampleRecord? {
        guard record.count >= 40 else { return nil }
        let abi = record.u64(24)
        var at = 32
        var registers = record[at..<at]
        if abi != 0 {
            let end = at + PerfRegisters.count * 8
            guard record.count >= end + 8 else { return nil }
            // PERF_SAMPLE_REGS_ABI_64: those of a 32-bit program are of no use.
            if abi == 2 { registers = record[at..<end] }
            at = end
        }
        var stack = record[at..<at]
        if let size = Int(exactly: record.u64(at)), size > 0 {
            let start = at + 8
            guard size <= record.count - start - 8, let filled = Int(exactly: record.u64(start + size)) else {
                return nil
            }
            stack = record[start..<(start + min(filled, size))]
        }
        return .sample(
            Sample(
                process: record.i32(8), thread: record.i32(12), time: record.time(16),
                registers: UnsafeRawBufferPointer(rebasing: registers),
                stack: UnsafeRawBufferPointer(rebasing: stack)))
    }

    private static func mapping(_ record: UnsafeRawBufferPointer) -> PerfSampleRecord? {
        guard record.count >= 72 + 16 else { return nil }
        let hasBuildID = record.loadUnaligned(fromByteOffset: 4, as: UInt16.self) & Miscellaneous.hasBuildID != 0
        let size = hasBuildID ? min(Int(record[40]), 20) : 0
        return .mapping(
            Mapping(
                process: record.i32(8), start: record.u64(16), length: record.u64(24), fileOffset: record.u64(32),
                buildID: UnsafeRawBufferPointer(rebasing: record[44..<(44 + size)]),
                major: hasBuildID ? 0 : UInt32(bitPattern: record.i32(40)),
                minor: hasBuildID ? 0 : UInt32(bitPattern: record.i32(44)), inode: hasBuildID ? 0 : record.u64(48),
                // PROT_EXEC
                isExecutable: record.i32(64) & 4 != 0, path: record.text(from: 72)))
    }

    private static func command(_ record: UnsafeRawBufferPointer) -> PerfSampleRecord? {
        guard record.count >= 32 else { return nil }
        let isExec = record.loadUnaligned(fromByteOffset: 4, as: UInt16.self) & Miscellaneous.byExec != 0
        return .name(
            process: record.i32(8), thread: record.i32(12),
            name: String(decoding: record.text(from: 16), as: UTF8.self), isExec: isExec,
            time: record.time(record.count - 8))
    }

    /// pid, ppid, tid, ptid, time.
    private static func task(_ record: UnsafeRawBufferPointer) -> Task? {
        guard record.count >= 32 else { return nil }
        return Task(
            process: record.i32(8), parent: record.i32(12), thread: record.i32(16), time: record.time(24))
    }
}

extension UnsafeRawBufferPointer {
    // Callers have looked at the count.
    fileprivate func i32(_ offset: Int) -> Int32 { loadUnaligned(fromByteOffset: offset, as: Int32.self) }
    fileprivate func u64(_ offset: Int) -> UInt64 { loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    fileprivate func time(_ offset: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    /// Up to its NUL, at most to where sample_id begins.
    fileprivate func text(from start: Int) -> UnsafeRawBufferPointer {
        let all = self[start..<(count - 16)]
        return UnsafeRawBufferPointer(rebasing: all[..<(all.firstIndex(of: 0) ?? all.endIndex)])
    }
}

/// The registers of a sample. A file of CLinux for each architecture says which they are.
package enum PerfRegisters {
    static let count = Int(clinux_perf_register_count)

    /// Puts them where NT_PRSTATUS has them; what the kernel does not give stays as it is.
    ///
    /// - Parameters:
    ///   - registers: ``PerfSampleRecord/Sample/registers``, not empty.
    ///   - status: ``RegisterLayout/size`` bytes.
    package static func store(_ registers: UnsafeRawBufferPointer, in status: UnsafeMutableRawBufferPointer) {
        guard registers.count >= count * 8, status.count >= RegisterLayout.size else { return }
        for index in 0..<count {
            let value = registers.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
            status.storeBytes(of: value, toByteOffset: offsets[index], as: UInt64.self)
        }
    }

    private static let offsets = (0..<clinux_perf_register_count).map { Int(clinux_perf_register_offset($0)) }
}
