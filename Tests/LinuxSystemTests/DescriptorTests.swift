import LinuxSystem
import Testing

@Suite struct DescriptorTests {
    @Test func aDuplicateIsTheSameOpenFileAndASecondOpenIsNot() throws {
        let first = try FileDescriptor.open("/dev/null", OpenFlags.readOnly)
        let duplicate = try first.duplicate()
        let second = try FileDescriptor.open("/dev/null", OpenFlags.readOnly)
        defer { [first, duplicate, second].forEach { $0.close() } }
        #expect(first.isSameOpenFile(as: duplicate))
        #expect(!first.isSameOpenFile(as: second))
    }

    @Test func aReplacedDescriptorNamesTheOtherFile() throws {
        let old = try Pipe()
        let new = try Pipe()
        defer { [old.readEnd, old.writeEnd, new.readEnd, new.writeEnd].forEach { $0.close() } }
        try old.writeEnd.replace(by: new.writeEnd)
        try old.writeEnd.writeAll([7])
        #expect(try new.readEnd.bytesWaiting() == 1)
    }

    @Test func aFullPipeTakesWhatFitsAndAReaderlessOneNothing() throws {
        let pipe = try Pipe()
        defer { pipe.writeEnd.close() }
        try pipe.writeEnd.setNonBlocking(true)
        let bytes = [UInt8](repeating: 1, count: 100_000)
        #expect(bytes.withUnsafeBytes { pipe.writeEnd.writeWhatFits($0) } == 65536)
        pipe.readEnd.close()
        let signals = CallerSignals.block()
        #expect(bytes.withUnsafeBytes { pipe.writeEnd.writeWhatFits($0) } == 0)
        // The SIGPIPE that came of it is taken before the mask is as it was.
        _ = try SignalDescriptor().take()
        signals.restore()
    }
}

@Suite struct PacketSocketTests {
    /// The kernel reports the reset before what was sent before it: a reporter that took that for the end would not know
    /// of the job it has to take over.
    @Test func packetsOfAnEndThatDiedBeforeReadingEverythingAreReceived() throws {
        let (ours, theirs) = try PacketSocket.pair()
        defer { theirs.descriptor.close() }
        _ = try ours.send([1])
        _ = try ours.send([2])
        _ = try theirs.send([9])
        ours.descriptor.close()
        #expect(try theirs.receive(capacity: 8) == .packet([1]))
        #expect(try theirs.receive(capacity: 8) == .packet([2]))
        #expect(try theirs.receive(capacity: 8) == .end)
    }

    @Test func packetsKeepTheirBordersAndTheEndIsSeenAfterThem() throws {
        let (one, other) = try PacketSocket.pair()
        #expect(try one.send([1, 2, 3]) == .sent)
        #expect(try one.send([4]) == .sent)
        one.descriptor.close()
        #expect(try other.receive(capacity: 16) == .packet([1, 2, 3]))
        #expect(try other.receive(capacity: 16) == .packet([4]))
        #expect(try other.receive(capacity: 16) == .end)
        #expect(try other.send([5]) == .gone)
        other.descriptor.close()
    }

    @Test func aSocketNobodyReadsIsFullAndNeverBlocks() throws {
        let (one, other) = try PacketSocket.pair()
        defer { [one, other].forEach { $0.descriptor.close() } }
        let packet = [UInt8](repeating: 0, count: 4096)
        var outcome = PacketSocket.SendOutcome.sent
        for _ in 0..<10_000 where outcome == .sent { outcome = try one.send(packet) }
        #expect(outcome == .full)
        #expect(try other.receive(capacity: 4096) == .packet(packet))
        #expect(try one.receive(capacity: 16) == .nothing)
    }
}

@Suite struct RawWordsTests {
    @Test func additionsReplaceEntriesOfTheirNameOnly() {
        let base = makeRawWords(["A=1", "AB=2", "B=3", "A=4", "broken"])
        let block = rawEnvironment(base, replacing: [(key: "A", value: "new"), (key: "C", value: "x")])
        #expect(texts(of: block) == ["A=new", "C=x", "AB=2", "B=3", "broken"])
    }

    @Test func anotherProgramsArgumentsFollowWithoutItsName() {
        let others = makeRawWords(["name", "one", "two"])
        #expect(texts(of: makeRawWords(["a", "b"], thenArgumentsOf: others)) == ["a", "b", "one", "two"])
        #expect(texts(of: makeRawWords(["a"], thenArgumentsOf: makeRawWords([]))) == ["a"])
        #expect(texts(of: others, from: 1) == ["one", "two"])
        #expect(texts(of: makeRawWords([]), from: 1) == [])
    }
}
