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

    private struct Frame: Equatable {
        let stream: JobStream
        let wall: Int64
        let text: String
    }

    private func frames(_ pieces: [[UInt8]], capacity: Int = 512 << 10) -> [Frame] {
        let reader = CopyFrameReader(runSeed: seed, capacity: capacity)
        var frames: [Frame] = []
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                let room = reader.room
                let part = rest.prefix(room.count)
                room.copyBytes(from: part)
                rest = rest.dropFirst(part.count)
                frames += reader.take(part.count).map {
                    Frame(stream: $0.stream, wall: $0.wall, text: String(decoding: $0.bytes, as: UTF8.self))
                }
            }
        }
        return frames
    }

    private func frame(_ text: String, _ stream: JobStream, wall: Int64 = 7) -> Frame {
        Frame(stream: stream, wall: wall, text: text)
    }

    @Test func aFrameMayFillTheWholeBufferAndALongerOneIsPassedOver() throws {
        let channel = try CopyChannel(runSeed: seed)
        let fits = String(repeating: "x", count: 1000 - copyFrameHeader)
        for text in [fits, fits + "y", "after"] { _ = offer(text, .output, to: channel) }
        #expect(frames([try read(channel)], capacity: 1000) == [frame(fits, .output), frame("after", .output)])
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
        let large = String(repeating: "x", count: 400_000)
        for _ in 0..<2 {
            #expect(offer(large, .output, to: channel) == 0, "the pipe grows before anything is refused")
        }
        #expect(offer(large, .output, to: channel) == 0, "a frame of which a part fits is taken")
        #expect(offer("more", .error, to: channel) == 4, "the pipe is full")
        var pieces = [try read(channel)]
        #expect(offer("again", .error, to: channel) == 0)
        while try channel.readEnd.bytesWaiting() > 0 { pieces.append(try read(channel)) }
        #expect(frames(pieces) == Array(repeating: frame(large, .output), count: 3) + [frame("again", .error)])
    }

    private func pipe(with text: String) throws -> Pipe {
        let pipe = try Pipe(size: 1 << 20)
        try pipe.writeEnd.writeAll(Array(text.utf8))
        return pipe
    }

    @Test func whatWaitsInAPipeIsOfferedAndStaysThere() throws {
        let channel = try CopyChannel(runSeed: seed)
        channel.grow(to: 1 << 20)
        let text = String(repeating: "0123456789", count: 20_000)
        let source = try pipe(with: text + "next")
        guard case .offered = channel.offer(text.utf8.count, of: source.readEnd, from: .error, wall: 5) else {
            Issue.record("there is room for it")
            return
        }
        #expect(try source.readEnd.bytesWaiting() == text.utf8.count + 4)
        #expect(offer("after", .output, to: channel) == 0)
        #expect(frames([try read(channel)]) == [frame(text, .error, wall: 5), frame("after", .output)])
    }

    @Test func aFrameOfWhichAPartFitsIsTakenFromItsPipe() throws {
        let channel = try CopyChannel(runSeed: seed)
        let text = String(repeating: "0123456789", count: 20_000)
        let source = try pipe(with: text + "next")
        guard case .taken(let bytes) = channel.offer(text.utf8.count, of: source.readEnd, from: .output, wall: 7) else {
            Issue.record("the reporter's pipe holds a third of it")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
        #expect(try source.readEnd.bytesWaiting() == 4)
        #expect(offer("other", .error, to: channel) == 5, "nothing may come before the frame's end")
        guard case .lost = channel.offer(4, of: source.readEnd, from: .output, wall: 8) else {
            Issue.record("the pipe is full")
            return
        }
        #expect(try source.readEnd.bytesWaiting() == 4)
        var pieces = [try read(channel)]
        while offer("again", .error, to: channel) != 0 { pieces.append(try read(channel)) }
        pieces.append(try read(channel))
        #expect(frames(pieces) == [frame(text, .output), frame("again", .error)])
    }

    @Test func aClosedChannelTakesNothing() throws {
        let channel = try CopyChannel(runSeed: seed)
        channel.close()
        #expect(offer("late", .output, to: channel) == 4)
    }
}
