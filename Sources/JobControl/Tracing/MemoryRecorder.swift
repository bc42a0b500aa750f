// Ranges of a process's memory, copied into its snapshot once each.

import LinuxSystem
import SupervisorLink

struct MemoryRecorder {
    /// Bytes so far.
    private(set) var copied = 0
    /// What was left out, and why.
    var notes: [String] = []
    /// Of stacks that were left for an alternate one; from the stacks copied so far.
    private(set) var interruptedStackPointers: [UInt64] = []

    private let memory: ProcessMemory
    private let budget: SnapshotBudget
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// By address, without overlaps.
    private var done: [Range<UInt64>] = []
    private var isClosed = false

    init(_ memory: ProcessMemory, budget: SnapshotBudget) {
        self.memory = memory
        self.budget = budget
        if let note = budget.note { notes.append(note) }
    }

    func release() { buffer.deallocate() }

    /// Nothing more is copied.
    var isSpent: Bool { isClosed || copied >= budget.total }

    mutating func copyStack(
        at stackPointer: UInt64, _ limits: StackLimits, of map: MemoryMap, to writer: inout SnapshotWriter
    ) {
        for range in map.stackRanges(at: stackPointer, limits: limits) {
            copy(range, to: &writer, lookingForFrames: limits == .crashed)
        }
    }

    /// Copies what can be read of the range and was not copied before.
    mutating func copy(
        _ range: Range<UInt64>, to writer: inout SnapshotWriter, lookingForFrames: Bool = false
    ) {
        for piece in takeMissing(range) { copyPiece(piece, to: &writer, lookingForFrames) }
    }

    private mutating func copyPiece(
        _ piece: Range<UInt64>, to writer: inout SnapshotWriter, _ lookingForFrames: Bool
    ) {
        var address = piece.lowerBound
        // A range may have holes: a guard page, the part of a mapping behind its file's end.
        var holes = 0
        while address < piece.upperBound, !isSpent, writer.failure == nil, holes < 64 {
            let wanted = min(Int(min(piece.upperBound - address, UInt64(buffer.count))), budget.total - copied)
            let count = read(at: address, wanted)
            if count == 0 {
                let (next, over) = (address & ~(pageBytes - 1)).addingReportingOverflow(pageBytes)
                if over { return }
                address = next
                holes += 1
                continue
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            writer.put(memory: bytes, at: address)
            if lookingForFrames {
                interruptedStackPointers += AlternateStack.interruptedStackPointers(in: bytes, at: address)
            }
            copied += count
            address += UInt64(count)
        }
    }

    private mutating func read(at address: UInt64, _ count: Int) -> Int {
        do throws(SystemError) {
            return try memory.read(at: address, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        } catch {
            isClosed = true
            notes.append("its memory could not be read: \(error)")
            return 0
        }
    }

    /// The parts of the range that were not asked for before; from now on they were.
    private mutating func takeMissing(_ range: Range<UInt64>) -> [Range<UInt64>] {
        var missing: [Range<UInt64>] = []
        var start = range.lowerBound
        for known in done where known.overlaps(range) {
            if known.lowerBound > start { missing.append(start..<known.lowerBound) }
            start = max(start, known.upperBound)
        }
        if start < range.upperBound { missing.append(start..<range.upperBound) }
        done += missing
        done.sort { $0.lowerBound < $1.lowerBound }
        return missing
    }
}

/// The smallest page there is: reading on from there misses nothing.
private let pageBytes: UInt64 = 4096
