import LinuxSystem
import Testing

@testable import SupervisorLink

@Suite struct SampleRingTests {
    private func pair(_ capacity: Int = SampleRing.leastCapacity) throws -> (SampleRing, SampleRingReader) {
        let ring = try SampleRing(capacity: capacity)
        return (ring, try SampleRingReader(file: ring.file, wakeUp: ring.wakeUp.descriptor))
    }

    @discardableResult
    private func put(_ ring: SampleRing, _ number: Int, stack: [UInt8] = [], registers: [UInt8] = [1, 2, 3]) -> Bool {
        registers.withUnsafeBytes { registers in
            stack.withUnsafeBytes { stack in
                var record = SampleRecord(
                    .sample, process: 7, thread: 8, time: MonotonicTime(nanoseconds: Int64(number)))
                record.weight = Int64(number) * 10
                record.address = 0xFFFF_FFFF_FFFF_FFF8
                record.first = registers
                record.second = stack
                return ring.put(record)
            }
        }
    }

    private func take(_ reader: SampleRingReader, until: MonotonicTime? = nil) -> [Int64] {
        var times: [Int64] = []
        reader.take(until: until) { times.append($0.time.nanoseconds) }
        return times
    }

    @Test func `a record comes out as it was put in`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        put(ring, 5, stack: Array(0..<99))
        reader.take { record in
            #expect(record.kind == .sample && record.process == 7 && record.thread == 8)
            #expect(record.time.nanoseconds == 5 && record.weight == 50 && record.address == 0xFFFF_FFFF_FFFF_FFF8)
            #expect(Array(record.first) == [1, 2, 3] && Array(record.second) == Array(0..<99))
        }
        #expect(take(reader) == [])
    }

    @Test func `records that wrap around are whole`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        for number in 1...2000 {
            let stack = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number * 37 % 5000)
            #expect(put(ring, number, stack: stack))
            // One stays: where all is taken the next one begins at the front.
            var seen: [Int64] = []
            reader.take(until: MonotonicTime(nanoseconds: Int64(number) - 1)) {
                let number = Int($0.time.nanoseconds)
                #expect($0.second.count == number * 37 % 5000)
                #expect($0.second.allSatisfy { $0 == UInt8(truncatingIfNeeded: number) })
                seen.append($0.time.nanoseconds)
            }
            #expect(seen == (number == 1 ? [] : [Int64(number) - 1]))
        }
    }

    @Test func `what was taken is written over first, so that little memory is used`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let memory = try SharedRingMemory(ring.file)
        for number in 1...100 {
            put(ring, 2 * number, stack: [UInt8](repeating: 1, count: 5000))
            put(ring, 2 * number + 1, stack: [UInt8](repeating: 2, count: 5000))
            #expect(take(reader) == [Int64(2 * number), Int64(2 * number + 1)])
        }
        let used = UnsafeRawBufferPointer(start: memory.data, count: memory.capacity)
        #expect(used.lastIndex { $0 != 0 } ?? 0 < 11000)
    }

    @Test func `what finds no room is counted, and room comes back`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let stack = [UInt8](repeating: 1, count: 60000)
        let written = (1...10).filter { put(ring, $0, stack: stack) }
        #expect(written == [1, 2, 3, 4])
        #expect(!ring.hasRoom(forStack: 65536))
        #expect(reader.takeLost() == 6 && reader.takeLost() == 0)
        #expect(take(reader) == [1, 2, 3, 4])
        #expect(put(ring, 11, stack: stack) && take(reader) == [11])
    }

    @Test func `what is later than asked for stays`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        for number in 1...5 { put(ring, number) }
        #expect(take(reader, until: MonotonicTime(nanoseconds: 3)) == [1, 2, 3])
        #expect(take(reader) == [4, 5])
    }

    @Test func `the reader is woken when the ring is a quarter full, and once`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let stack = [UInt8](repeating: 1, count: 60000)
        put(ring, 1, stack: stack)
        #expect(!ring.wakeUp.descriptor.waitReadable(milliseconds: 0))
        put(ring, 2, stack: stack)
        #expect(ring.wakeUp.descriptor.waitReadable(milliseconds: 0))
        _ = take(reader)
        #expect(!ring.wakeUp.descriptor.waitReadable(milliseconds: 0))
    }

    @Test func `either side can be replaced`() throws {
        let (ring, first) = try pair()
        put(ring, 1)
        put(ring, 2)
        #expect(take(first, until: MonotonicTime(nanoseconds: 1)) == [1])
        let second = try SampleRingReader(file: ring.file, wakeUp: ring.wakeUp.descriptor)
        #expect(take(second) == [2])
        put(ring, 3)
        ring.close()
        #expect(take(second) == [3])
    }

    // MARK: Nobody is trusted

    @Test func `a reader that writes nonsense costs samples and no more`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let memory = try SharedRingMemory(ring.file)
        put(ring, 1)
        for position in [UInt64.max, 1 << 40] {
            memory[SampleRingWord.taken] = position
            #expect(!put(ring, 2) && !ring.hasRoom(forStack: 0))
            #expect(take(reader).isEmpty)
        }
        #expect(put(ring, 3))
        #expect(take(reader) == [3])
    }

    @Test func `a writer that writes nonsense is read no further than it makes sense`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let memory = try SharedRingMemory(ring.file)
        for (offset, value) in [(0, UInt32.max), (0, 0), (0, 50), (40, UInt32.max), (44, 1 << 20), (0, 1 << 17)] {
            put(ring, 1)
            put(ring, 2)
            let start = Int((memory[SampleRingWord.taken] - memory[SampleRingWord.front]) % UInt64(memory.capacity))
            memory.data.storeBytes(of: value, toByteOffset: start + offset, as: UInt32.self)
            let resets = reader.resets
            #expect(take(reader).isEmpty)
            #expect(reader.resets == resets + 1)
            put(ring, 3)
            #expect(take(reader) == [3])
        }
        for position in [UInt64.max, memory[SampleRingWord.taken] + (1 << 30)] {
            memory[SampleRingWord.written] = position
            #expect(take(reader).isEmpty)
        }
    }

    @Test func `a record of a kind that is not known is passed over`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        let memory = try SharedRingMemory(ring.file)
        put(ring, 1)
        memory.data.storeBytes(of: 99, toByteOffset: 4, as: UInt16.self)
        put(ring, 2)
        #expect(take(reader) == [2])
    }

    @Test func `times and weights that no sum could hold are cut`() throws {
        let (ring, reader) = try pair()
        defer { ring.close() }
        var record = SampleRecord(.sample, process: 1, thread: 1, time: MonotonicTime(nanoseconds: .max))
        record.weight = .min
        ring.put(record)
        reader.take { #expect($0.time.nanoseconds == 1 << 59 && $0.weight == 0) }
    }

    @Test func `a file whose size could change, or that is no ring, is refused`() throws {
        let wakeUp = try WakeUp()
        defer { wakeUp.descriptor.close() }
        let file = try FileDescriptor.memoryFile(named: "test")
        defer { file.close() }
        #expect(throws: SystemError.self) { try SampleRingReader(file: file, wakeUp: wakeUp.descriptor) }
        let empty = try SharedRingMemory.makeFile(named: "test", capacity: 1 << 16)
        defer { empty.close() }
        #expect(throws: SystemError.self) { try SampleRingReader(file: empty, wakeUp: wakeUp.descriptor) }
    }
}
