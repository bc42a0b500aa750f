import LinuxSystem
import SupervisorLink
import Testing

@Suite struct ProcessSnapshotTests {
    static let header = SnapshotHeader(
        reason: .fatalSignal, process: 41, thread: 42, signal: 11, machine: 62, time: 1_790_000_000_000_000_000)

    private func written(_ fill: (inout SnapshotWriter) -> Void) throws -> MappedFile {
        let file = try FileDescriptor.memoryFile(named: "snapshot")
        defer { file.close() }
        var writer = SnapshotWriter(file)
        fill(&writer)
        #expect(writer.failure == nil)
        return try MappedFile(file)
    }

    private func put(_ bytes: [UInt8], at address: UInt64, _ writer: inout SnapshotWriter) {
        bytes.withUnsafeBytes { writer.put(memory: $0, at: address) }
    }

    @Test func whatWasWrittenIsRead() throws {
        let file = try written {
            $0.put(Self.header)
            $0.put(.signalInfo, [11, 0, 0, 0])
            $0.put(.maps, "1000-2000 r-xp")
            $0.put(.thread, of: 42, "worker")
            $0.put(.threadState, of: 42, "R")
            $0.put(.registers, of: 42, [1, 2, 3])
            $0.put(.thread, of: 41, "main")
            $0.put(.threadTrouble, of: 41, "did not stop")
            $0.put(.note, "one stack was left out")
        }
        let snapshot = try #require(ProcessSnapshot(file.bytes))
        #expect(snapshot.header == Self.header)
        #expect(snapshot.signalInfo == [11, 0, 0, 0])
        #expect(snapshot.maps == "1000-2000 r-xp")
        #expect(snapshot.threads.map(\.id) == [42, 41])
        #expect(snapshot.threads[0].registers == [1, 2, 3])
        #expect(snapshot.threads[0].state == "R")
        #expect(snapshot.threads[1].trouble == "did not stop")
        #expect(snapshot.notes == ["one stack was left out"])
    }

    @Test func piecesOfMemoryThatTouchAreOne() throws {
        let file = try written {
            $0.put(Self.header)
            put([3, 4], at: 0x1002, &$0)
            put([1, 2], at: 0x1000, &$0)
            put([9], at: 0x2000, &$0)
        }
        let snapshot = try #require(ProcessSnapshot(file.bytes))
        #expect(
            snapshot.memory == [
                .init(address: 0x1000, bytes: [1, 2, 3, 4]), .init(address: 0x2000, bytes: [9]),
            ])
        #expect(ProcessSnapshot(file.bytes, withMemory: false)?.memory.isEmpty == true)
    }

    @Test func oneThatIsCutIsTakenUpToThere() throws {
        let file = try written {
            $0.put(Self.header)
            $0.put(.name, "job")
            $0.put(.maps, "1000-2000 r-xp")
        }
        let cut = UnsafeRawBufferPointer(rebasing: file.bytes[..<(file.bytes.count - 1)])
        let snapshot = try #require(ProcessSnapshot(cut))
        #expect(snapshot.name == "job")
        #expect(snapshot.maps.isEmpty)
        #expect(snapshot.notes.count == 1)
    }

    @Test func anyBytesAreReadOrRefused() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<2000 {
            let bytes = (0..<count % 200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            bytes.withUnsafeBytes { _ = ProcessSnapshot($0) }
        }
    }

    @Test func aFileOfAnotherKindIsRefused() throws {
        let file = try written { $0.put(.name, "no header") }
        #expect(ProcessSnapshot(file.bytes) == nil)
    }
}
