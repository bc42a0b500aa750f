// A ring in shared memory: whoever stops threads writes what it saw, and the profiler unwinds it.
//
// A file of one page of words and the data. The positions `written` and `taken` count bytes since the ring began; a record
// begins where `written` was, less `front` and modulo the size of the data, and may run over the data's end. Whenever all is
// taken the front moves there, so that no more memory is used than there ever was to take. One process writes, one takes. Each
// may die at any moment and be replaced: what is whole in the ring stays.

import LinuxSystem

/// The words of a ring's first page, apart from each other where different sides change them.
enum SampleRingWord {
    static let magic = 0
    /// Nanoseconds between two samples of a thread, as it is now.
    static let interval = 1
    /// The position that is at the data's beginning; another one only while nothing is between `taken` and `written`.
    static let front = 2
    static let written = 8
    static let taken = 16
    static let lost = 24
    static let late = 25

    /// "SRring", and the version of the layout.
    static let magicValue: UInt64 = 0x0002_676E_6972_5253
}

/// The writing end. Used by one thread; nothing here waits.
package final class SampleRing {
    /// To be handed to the taking end, together with ``wakeUp``.
    package let file: FileDescriptor
    package let wakeUp: WakeUp
    private let memory: SharedRingMemory
    /// Never read back from the memory: the other side may have changed it.
    private var written: UInt64
    private var front: UInt64 = 0
    private var lost: UInt64 = 0
    private var late: UInt64 = 0
    private var hasWoken = false

    /// Enough for a second of a busy program at 100 samples a second.
    package static let usualCapacity = 4 << 20
    package static let leastCapacity = 1 << 18

    /// - Parameter capacity: bytes, at least ``leastCapacity``. Pages are taken as they are first written to.
    package init(capacity: Int = usualCapacity) throws(SystemError) {
        file = try SharedRingMemory.makeFile(named: "samples", capacity: max(capacity, Self.leastCapacity))
        do throws(SystemError) {
            wakeUp = try WakeUp()
            memory = try SharedRingMemory(file)
        } catch {
            file.close()
            throw error
        }
        written = 0
        memory[SampleRingWord.magic] = SampleRingWord.magicValue
    }

    /// The memory lives on with whoever else has it.
    package func close() {
        file.close()
        wakeUp.descriptor.close()
    }

    /// Bytes that can be written now.
    private var room: Int {
        let taken = memory[SampleRingWord.taken]
        // A position that cannot be: nothing is overwritten then.
        guard taken <= written, written - taken <= UInt64(memory.capacity) else { return 0 }
        return memory.capacity - Int(written - taken)
    }

    /// Whether a sample with a stack of this size would find room.
    package func hasRoom(forStack bytes: Int) -> Bool { room >= bytes + SampleRecord.mostOverhead }

    /// Appends a record, or counts it as lost.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    package func put(_ record: SampleRecord) -> Bool {
        guard let size = record.encodedSize, size <= room else {
            countLost()
            return false
        }
        returnToFront()
        record.encode(to: memory.data + Int((written - front) % UInt64(memory.capacity)), size: size)
        written += UInt64(size)
        memory[SampleRingWord.written] = written
        wakeIfDue()
        return true
    }

    /// A sample that was due could not be taken for lack of room.
    package func countLost(_ count: Int = 1) {
        lost += UInt64(max(0, count))
        memory[SampleRingWord.lost] = lost
    }

    /// So many ticks came too late and were left out.
    package func countLate(_ count: UInt64) {
        late += count
        memory[SampleRingWord.late] = late
    }

    package func setInterval(_ nanoseconds: Int64) {
        memory[SampleRingWord.interval] = UInt64(max(0, nanoseconds))
    }

    /// Whoever takes sees the new front with the first position behind it.
    private func returnToFront() {
        guard written != front, memory[SampleRingWord.taken] == written else { return }
        front = written
        memory[SampleRingWord.front] = front
    }

    /// Once each time that so much is there: whoever takes looks by himself from time to time.
    private func wakeIfDue() {
        let isWorthIt = memory.capacity - room > min(memory.capacity / 4, Self.mostBeforeWakeUp)
        if isWorthIt, !hasWoken { wakeUp.signal() }
        hasWoken = isWorthIt
    }

    /// Bytes.
    private static let mostBeforeWakeUp = 1 << 19
}

/// The taking end. Nothing that the ring holds is trusted, nor that it stays as it is.
package final class SampleRingReader {
    package let wakeUp: WakeUp
    private let memory: SharedRingMemory
    private var lostSeen: UInt64 = 0
    private var lateSeen: UInt64 = 0
    /// Times that the ring made no sense, and what it held was given up.
    package private(set) var resets: UInt64 = 0

    /// - Throws: EINVAL where the file is no ring of this version.
    package init(file: FileDescriptor, wakeUp: FileDescriptor) throws(SystemError) {
        memory = try SharedRingMemory(file)
        self.wakeUp = WakeUp(wakeUp)
        guard memory[SampleRingWord.magic] == SampleRingWord.magicValue else {
            throw SystemError("mmap", on: "ring", code: SystemError.invalidArgument)
        }
    }

    /// Nanoseconds between two samples of a thread; 0 where nobody has said.
    package var interval: Int64 { Int64(clamping: memory[SampleRingWord.interval]) }

    /// Delivers what is there, oldest first, up to the first record after `until`. A record is valid during the call only.
    package func take(until: MonotonicTime? = nil, _ deliver: (SampleRecord) -> Void) {
        _ = wakeUp.take()
        let written = memory[SampleRingWord.written]
        var taken = memory[SampleRingWord.taken]
        guard taken <= written, written - taken <= UInt64(memory.capacity) else { return reset(to: written) }
        let front = memory[SampleRingWord.front]
        while taken < written {
            let offset = Int((taken &- front) % UInt64(memory.capacity))
            let bytes = UnsafeRawBufferPointer(start: memory.data + offset, count: Int(written - taken))
            guard let (record, size) = SampleRecord.decode(bytes) else { return reset(to: written) }
            if let until, let record, record.time > until { break }
            if let record { deliver(record) }
            taken += UInt64(size)
            // At each record, so that a busy writer finds room as soon as there is some.
            memory[SampleRingWord.taken] = taken
        }
    }

    private func reset(to written: UInt64) {
        resets += 1
        memory[SampleRingWord.taken] = written
    }

    /// Samples that found no room since the last call.
    package func takeLost() -> UInt64 { difference(SampleRingWord.lost, &lostSeen) }

    /// Ticks that were left out since the last call.
    package func takeLate() -> UInt64 { difference(SampleRingWord.late, &lateSeen) }

    private func difference(_ word: Int, _ seen: inout UInt64) -> UInt64 {
        let value = memory[word]
        defer { seen = value }
        return value > seen ? value - seen : 0
    }
}
