import LinuxSystem
import SupervisorLink
import Testing

@Suite struct CopyChannelTests {
    private let seed: [UInt8] = Array(1...16)

    private func offer(_ text: String, _ stream: JobStream, wall: Int64 = 7, to channel: CopyChannel) -> Int {
        var frame = [UInt8](repeating: 0, count: copyFrameHeader) + Array(text.utf8)
        return frame.withUnsafeMutableBytes { channel.offer($0, from: stream, wall: wall) }
    }

    private func read(_ channel: CopyChannel) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: try channel.readEnd.bytesWaiting())
        _ = try bytes.withUnsafeMutableBytes { try channel.readEnd.read(into: $0) }
        return bytes
    }

    private func frames(_ pieces: [[UInt8]]) -> [CopyFrameReader.Frame] {
        var reader = CopyFrameReader(runSeed: seed)
        var frames: [CopyFrameReader.Frame] = []
        for piece in pieces { piece.withUnsafeBytes { reader.take($0) { frames.append($0) } } }
        return frames
    }

    private func frame(_ text: String, _ stream: JobStream, wall: Int64 = 7) -> CopyFrameReader.Frame {
        var reader = CopyFrameReader(runSeed: seed)
        var found: [CopyFrameReader.Frame] = []
        let length = UInt32(text.utf8.count)
        let bytes =
            Array(seed.prefix(8).reversed()) + withUnsafeBytes(of: length.littleEndian) { Array($0) }
            + [stream.rawValue, 0, 0, 0] + withUnsafeBytes(of: wall.littleEndian) { Array($0) } + Array(text.utf8)
        bytes.withUnsafeBytes { reader.take($0) { found.append($0) } }
        return found[0]
    }

    @Test func bothStreamsArriveInTheOrderInWhichTheyWereWritten() throws {
        let channel = try CopyChannel(runSeed: seed)
        #expect(offer("working\n", .output, wall: 1, to: channel) == 0)
        #expect(offer("oops\n", .error, wall: 2, to: channel) == 0)
        #expect(offer("done\n", .output, wall: 3, to: channel) == 0)
        let expected = [
            frame("working\n", .output, wall: 1), frame("oops\n", .error, wall: 2), frame("done\n", .output, wall: 3),
        ]
        #expect(frames([try read(channel)]) == expected)
    }

    @Test func framesAreFoundHoweverTheBytesAreCut() throws {
        let channel = try CopyChannel(runSeed: seed)
        for text in ["one", "", "three"] { _ = offer(text, .output, to: channel) }
        let bytes = try read(channel)
        let expected = [frame("one", .output), frame("", .output), frame("three", .output)]
        for size in 1...bytes.count {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(frames(pieces) == expected)
        }
    }

    @Test func aReporterThatIsStartedAnewFindsTheNextFrame() throws {
        let channel = try CopyChannel(runSeed: seed)
        for text in ["the first one", "the second one"] { _ = offer(text, .error, to: channel) }
        let bytes = try read(channel)
        for cut in 1...copyFrameHeader + 13 {
            #expect(frames([Array(bytes[cut...])]) == [frame("the second one", .error)])
        }
    }

    @Test func whatDoesNotFitIsRefusedWholeAndTheRestComesThroughIntact() throws {
        let channel = try CopyChannel(runSeed: seed)
        let large = String(repeating: "x", count: 550_000)
        #expect(offer(large, .output, to: channel) == 0, "the pipe grows before anything is refused")
        #expect(offer(large, .output, to: channel) == 0, "a frame of which a part fits is taken")
        #expect(offer("more", .error, to: channel) == 4, "the pipe is full")
        var pieces = [try read(channel)]
        #expect(offer("again", .error, to: channel) == 0)
        while try channel.readEnd.bytesWaiting() > 0 { pieces.append(try read(channel)) }
        #expect(frames(pieces) == [frame(large, .output), frame(large, .output), frame("again", .error)])
    }

    @Test func aClosedChannelTakesNothing() throws {
        let channel = try CopyChannel(runSeed: seed)
        channel.close()
        #expect(offer("late", .output, to: channel) == 4)
    }
}
