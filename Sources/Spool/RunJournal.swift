// The journal of one run: what a reporter must know to go on after another one died in the middle of it.
//
// Records: u8 kind, u32 length (little-endian), payload. A record that is cut short (the writer died in it) ends the
// journal. It is written without fsync: it protects against our own death, not against a power cut.

import LinuxSystem

/// One record.
package enum JournalRecord: Sendable, Equatable {
    /// Free-form JSON facts: the run's header, what was already put into the spool, signals, …
    case fact([UInt8])
    /// Output as it arrived. `stream` is JobStream's raw value, `time` CLOCK_REALTIME in nanoseconds.
    case output(stream: UInt8, time: Int64, bytes: [UInt8])
    /// Every line before this record has reached the spool.
    case logsFlushed
    /// The stream has begun a line that is not here: only whole lines are.
    case lineBegun(stream: UInt8)
}

/// An append-only file, compacted when it grows beyond its limit: facts stay, of the output the newest part.
package struct RunJournal {
    /// Name of the file in the run's directory. Its presence says that the run's report is not finished.
    package static let fileName = "journal"
    /// Bytes of output that a compaction keeps, and the most that is kept of one arrival.
    package static let keptOutput = 1 << 16

    /// What a predecessor left, in its order; empty for a new run.
    package let recovered: [JournalRecord]

    private let directory: Directory
    private var file: FileDescriptor
    private var size: Int
    private var facts: [JournalRecord] = []
    private var output: [JournalRecord] = []
    private var outputBytes = 0
    private let limit: Int
    private let keep: Int

    /// Opens the journal in the run's `directory`, creating it if needed.
    ///
    /// - Parameters:
    ///   - limit: bytes of file at which it is compacted.
    ///   - keep: bytes of output that a compaction keeps, and the most that is kept of one arrival.
    /// - Throws: when the file cannot be opened or read; the run then goes on without a journal.
    package init(in directory: Directory, limit: Int = 1 << 19, keep: Int = keptOutput) throws(SystemError) {
        self.directory = directory
        self.limit = limit
        self.keep = keep
        file = try directory.openForAppending(Self.fileName)
        let bytes = try file.readAll()
        recovered = Self.decode(bytes)
        size = bytes.count
        recovered.forEach { remember($0) }
    }

    /// Reads a journal without changing it.
    package static func read(in directory: Directory) throws(SystemError) -> [JournalRecord] {
        decode(try directory.read(fileName, limit: 64 << 20) ?? [])
    }

    package mutating func append(_ record: JournalRecord) throws(SystemError) { try append([record]) }

    /// Appends records that belong together by one write.
    package mutating func append(_ records: [JournalRecord]) throws(SystemError) {
        if records.isEmpty { return }
        let trimmed = records.map { $0.keepingLast(keep) }
        let bytes = trimmed.flatMap(\.encoded)
        try file.writeAll(bytes)
        size += bytes.count
        trimmed.forEach { remember($0) }
        if size > limit { try compact() }
    }

    private mutating func remember(_ record: JournalRecord) {
        switch record {
        case .fact: facts.append(record)
        case .logsFlushed, .lineBegun: output.append(record)
        case .output(_, _, let bytes):
            output.append(record)
            outputBytes += bytes.count
            while outputBytes > 2 * keep, let first = output.first {
                output.removeFirst()
                if case .output(_, _, let dropped) = first { outputBytes -= dropped.count }
            }
        }
    }

    private mutating func compact() throws(SystemError) {
        let temporary = Self.fileName + ".new"
        let bytes = (facts + output).flatMap(\.encoded)
        try directory.remove(temporary)
        let fresh = try directory.openForAppending(temporary)
        do throws(SystemError) {
            try fresh.writeAll(bytes)
            try directory.rename(temporary, to: Self.fileName, in: directory)
        } catch {
            fresh.close()
            throw error
        }
        file.close()
        file = fresh
        size = bytes.count
    }

    private static func decode(_ bytes: [UInt8]) -> [JournalRecord] {
        var records: [JournalRecord] = []
        var rest = bytes[...]
        while rest.count >= 5 {
            let kind = rest[rest.startIndex]
            let length = rest.dropFirst().prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 5 + length else { break }
            let payload = rest.dropFirst(5).prefix(length)
            if let record = JournalRecord(kind: kind, payload: payload) { records.append(record) }
            rest = rest.dropFirst(5 + length)
        }
        return records
    }
}

extension JournalRecord {
    fileprivate var encoded: [UInt8] {
        switch self {
        case .fact(let json): return Self.framed(1, json)
        case .output(let stream, let time, let bytes):
            return Self.framed(2, [stream] + littleEndian(UInt64(bitPattern: time)) + bytes)
        case .logsFlushed: return Self.framed(3, [])
        case .lineBegun(let stream): return Self.framed(4, [stream])
        }
    }

    fileprivate init?(kind: UInt8, payload: ArraySlice<UInt8>) {
        switch kind {
        case 1: self = .fact(Array(payload))
        case 2:
            guard payload.count >= 9, let stream = payload.first else { return nil }
            let time = payload.dropFirst().prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self = .output(stream: stream, time: Int64(bitPattern: time), bytes: Array(payload.dropFirst(9)))
        case 3: self = .logsFlushed
        case 4:
            guard let stream = payload.first else { return nil }
            self = .lineBegun(stream: stream)
        default: return nil
        }
    }

    fileprivate func keepingLast(_ limit: Int) -> JournalRecord {
        guard case .output(let stream, let time, let bytes) = self, bytes.count > limit else { return self }
        return .output(stream: stream, time: time, bytes: Array(bytes.suffix(limit)))
    }

    private static func framed(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [kind] + littleEndian(UInt64(payload.count)).prefix(4) + payload
    }
}

private func littleEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
