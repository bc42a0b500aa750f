// One process as it stood still: what the supervisor reads of it, and what an unwinder needs.
//
// The file is a sequence of records, so that it can be written while the process is read: u32 kind, u32 index of what it
// belongs to, u64 count of bytes, the bytes. Little-endian, not aligned. It begins with a `header`; a `thread` comes before
// what belongs to it. A reader passes over kinds it does not know.

import LinuxSystem

/// What one record holds.
package enum SnapshotRecord: UInt32, Sendable, CaseIterable {
    /// ``SnapshotHeader``
    case header = 1
    /// The raw `siginfo_t` of the fatal signal, 128 bytes.
    case signalInfo = 2
    /// UTF-8: the command line of the process that sent it.
    case sender = 3
    /// `/proc/PID/` files as they are: comm, cmdline, the target of exe, status, maps, auxv.
    case name = 4
    case commandLine = 5
    case executable = 6
    case status = 7
    case maps = 8
    case auxiliaryVector = 9
    /// A thread; `index` is its id. Its bytes are its name.
    case thread = 16
    /// Of the thread `index`: one character, the state in `/proc/PID/task/TID/stat` before it was stopped.
    case threadState = 17
    /// Of the thread `index`: NT_PRSTATUS (`user_regs_struct`), NT_PRFPREG, NT_X86_XSTATE.
    case registers = 18
    case floatingPoint = 19
    case extendedState = 20
    /// Of the thread `index`: UTF-8, why it has no registers ("did not stop within 100 ms, in futex_wait").
    case threadTrouble = 21
    /// u64 address, then the memory from there on. In any order, never overlapping.
    case memory = 32
    /// UTF-8: what was left out, and why, as a sentence.
    case note = 33
}

/// The first record.
package struct SnapshotHeader: Sendable, Equatable {
    package var reason: SnapshotReason
    package var process: Int32
    /// The thread that got the signal; the main thread where there was none.
    package var thread: Int32
    /// The signal's number, 0 where there was none.
    package var signal: Int32
    /// `e_machine` of the machine: 62 is x86-64, 183 AArch64. Source: elf.h.
    package var machine: UInt16
    /// CLOCK_REALTIME in nanoseconds.
    package var time: Int64

    package init(
        reason: SnapshotReason, process: Int32, thread: Int32, signal: Int32, machine: UInt16, time: Int64
    ) {
        self.reason = reason
        self.process = process
        self.thread = thread
        self.signal = signal
        self.machine = machine
        self.time = time
    }
}

/// Why a process was read.
package enum SnapshotReason: UInt8, Sendable, CaseIterable {
    /// A signal is about to end it.
    case fatalSignal = 1
    /// `--timeout` has passed: before the TERM, and before the KILL.
    case timeout = 2
    case timeoutKill = 3
    /// `--hang-timeout` has passed; it lives on.
    case hang = 4
}

// MARK: - Writing

/// Appends records to a file. The first failure (a full memory cgroup, say) ends it: ``failure`` says so.
package struct SnapshotWriter {
    package let file: FileDescriptor
    package private(set) var failure: SystemError?
    /// Bytes written so far.
    package private(set) var size = 0

    /// `file` is written from its present position on, and not closed.
    package init(_ file: FileDescriptor) { self.file = file }

    package mutating func put(_ kind: SnapshotRecord, of index: Int32 = 0, _ bytes: UnsafeRawBufferPointer) {
        put(kind, of: index, [], bytes)
    }

    package mutating func put(_ kind: SnapshotRecord, of index: Int32 = 0, _ bytes: [UInt8]) {
        put(kind, of: index, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    package mutating func put(_ kind: SnapshotRecord, of index: Int32 = 0, _ text: String) {
        put(kind, of: index, Array(text.utf8))
    }

    package mutating func put(_ header: SnapshotHeader) { put(.header, header.encoded()) }

    /// The memory of the process from `address` on.
    package mutating func put(memory bytes: UnsafeRawBufferPointer, at address: UInt64) {
        put(.memory, of: 0, littleEndianBytes(address), bytes)
    }

    private mutating func put(
        _ kind: SnapshotRecord, of index: Int32, _ prefix: [UInt8], _ bytes: UnsafeRawBufferPointer
    ) {
        guard failure == nil else { return }
        let head =
            littleEndianBytes(kind.rawValue) + littleEndianBytes(index)
            + littleEndianBytes(UInt64(prefix.count + bytes.count)) + prefix
        do throws(SystemError) {
            try file.writeAll(head)
            try file.writeAll(bytes)
            size += head.count + bytes.count
        } catch {
            failure = error
        }
    }
}

// MARK: - Reading

/// A snapshot, taken apart. Nothing in it can be trusted to be consistent: the process was broken.
package struct ProcessSnapshot: Sendable, Equatable {
    package var header: SnapshotHeader
    /// Empty where there was no signal.
    package var signalInfo: [UInt8] = []
    package var sender: String?
    package var name = ""
    /// The words, NUL-terminated each.
    package var commandLine: [UInt8] = []
    package var executable = ""
    package var status = ""
    package var maps = ""
    package var auxiliaryVector: [UInt8] = []
    /// In the order in which they were read; the one of ``SnapshotHeader/thread`` first.
    package var threads: [Thread] = []
    /// By address, without overlaps; neighbours are joined.
    package var memory: [Memory] = []
    package var notes: [String] = []

    package struct Thread: Sendable, Equatable {
        package var id: Int32
        package var name: String
        package var state = ""
        package var registers: [UInt8] = []
        package var floatingPoint: [UInt8] = []
        package var extendedState: [UInt8] = []
        package var trouble: String?

        package init(id: Int32, name: String) {
            self.id = id
            self.name = name
        }
    }

    package struct Memory: Sendable, Equatable {
        package var address: UInt64
        package var bytes: [UInt8]

        package init(address: UInt64, bytes: [UInt8]) {
            self.address = address
            self.bytes = bytes
        }
    }

    package init(header: SnapshotHeader) { self.header = header }

    /// Takes a snapshot apart. One that ends in the middle of a record is taken up to there, with a note.
    ///
    /// - Parameter withMemory: leaves ``memory`` empty where it is false: what a crash's title needs is a few kilobytes.
    /// - Returns: `nil` where it does not begin with a header that we understand.
    package init?(_ file: UnsafeRawBufferPointer, withMemory: Bool = true) {
        var reader = SnapshotReader(file)
        guard let first = reader.next(), first.kind == SnapshotRecord.header.rawValue,
            let header = SnapshotHeader(first.bytes)
        else { return nil }
        self.init(header: header)
        while let record = reader.next() {
            if let kind = SnapshotRecord(rawValue: record.kind), withMemory || kind != .memory {
                take(kind, record.index, record.bytes)
            }
        }
        if reader.isCut { notes.append("the snapshot is incomplete: it ends in the middle of a record") }
        joinMemory()
    }

    private mutating func take(_ kind: SnapshotRecord, _ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        switch kind {
        case .header: break
        case .signalInfo: signalInfo = Array(bytes)
        case .sender: sender = text(bytes)
        case .name: name = text(bytes)
        case .commandLine: commandLine = Array(bytes)
        case .executable: executable = text(bytes)
        case .status: status = text(bytes)
        case .maps: maps = text(bytes)
        case .auxiliaryVector: auxiliaryVector = Array(bytes)
        case .thread: threads.append(Thread(id: index, name: text(bytes)))
        case .threadState: change(index) { $0.state = text(bytes) }
        case .registers: change(index) { $0.registers = Array(bytes) }
        case .floatingPoint: change(index) { $0.floatingPoint = Array(bytes) }
        case .extendedState: change(index) { $0.extendedState = Array(bytes) }
        case .threadTrouble: change(index) { $0.trouble = text(bytes) }
        case .memory:
            guard bytes.count > 8 else { return }
            let address = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            memory.append(Memory(address: address, bytes: Array(bytes[8...])))
        case .note: notes.append(text(bytes))
        }
    }

    private mutating func change(_ thread: Int32, _ body: (inout Thread) -> Void) {
        // What belongs to a thread follows it at once.
        guard let last = threads.indices.last, threads[last].id == thread else { return }
        body(&threads[last])
    }

    private mutating func joinMemory() {
        memory.sort { $0.address < $1.address }
        var joined: [Memory] = []
        for piece in memory {
            if let last = joined.last, last.address &+ UInt64(last.bytes.count) == piece.address {
                joined[joined.count - 1].bytes += piece.bytes
            } else {
                joined.append(piece)
            }
        }
        memory = joined
    }
}

private func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

private struct SnapshotReader {
    private let file: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var isCut = false

    init(_ file: UnsafeRawBufferPointer) { self.file = file }

    mutating func next() -> (kind: UInt32, index: Int32, bytes: UnsafeRawBufferPointer)? {
        let rest = file.count - offset
        if rest == 0 || isCut { return nil }
        guard rest >= 16 else { return cut() }
        let kind = UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let index = Int32(littleEndian: file.loadUnaligned(fromByteOffset: offset + 4, as: Int32.self))
        let count = UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        guard count <= UInt64(rest - 16) else { return cut() }
        let start = offset + 16
        offset = start + Int(count)
        return (kind, index, UnsafeRawBufferPointer(rebasing: file[start..<offset]))
    }

    private mutating func cut() -> (kind: UInt32, index: Int32, bytes: UnsafeRawBufferPointer)? {
        isCut = true
        return nil
    }
}

// MARK: - The header's bytes

/// Raised with every change of what a record means.
private let snapshotVersion: UInt16 = 1

extension SnapshotHeader {
    fileprivate func encoded() -> [UInt8] {
        littleEndianBytes(snapshotVersion) + littleEndianBytes(machine) + littleEndianBytes(process)
            + littleEndianBytes(thread) + littleEndianBytes(signal) + littleEndianBytes(time) + [reason.rawValue]
    }

    fileprivate init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 25, UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self)) == snapshotVersion,
            let reason = SnapshotReason(rawValue: bytes[24])
        else { return nil }
        func word(_ offset: Int) -> Int32 {
            Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        }
        self.init(
            reason: reason, process: word(4), thread: word(8), signal: word(12),
            machine: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)),
            time: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self)))
    }
}

private func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
