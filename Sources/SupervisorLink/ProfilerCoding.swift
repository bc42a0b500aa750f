// The bytes of the packets between reporter and profiler.

// MARK: - Reporter to profiler

extension ProfilerMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .start(let parameters): return parameters.packet(kind: 201)
        case .descriptors(let count): return packet(202) { $0.put(count) }
        case .jobStarted(let pid): return packet(203) { $0.put(pid) }
        case .finish(let milliseconds): return packet(204) { $0.put(milliseconds) }
        }
    }

    package init(packet: [UInt8]) throws(LinkError) {
        var reader = try PacketReader(packet)
        switch reader.kind {
        case 201: self = .start(try ProfilerParameters(from: &reader))
        case 202: self = .descriptors(count: try reader.take())
        case 203: self = .jobStarted(pid: try reader.take())
        case 204: self = .finish(milliseconds: try reader.take())
        default: throw .unknownKind(reader.kind)
        }
    }
}

extension ProfilerParameters {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(source.rawValue)
        writer.put(includesBlocked)
        for value in [frequency, stackBytes, budgetMillionths, descriptors] { writer.put(value) }
        writer.put(startedWall)
        writer.put(startedMonotonic)
        writer.put(isSent)
        for value in [transactionLimit, chunkLimit, symbolicationTime] { writer.put(value) }
        writer.put(restarts)
        for text in [output, format, title] { writer.put(text, most: 4096) }
        for texts in [command, symbolPaths, inAppInclude, inAppExclude] { writer.put(texts) }
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let raw: UInt8 = try reader.take()
        guard let source = SampleSource(rawValue: raw) else { throw .unknownKind(UInt16(raw)) }
        let includesBlocked = try reader.takeBool()
        let frequency: UInt32 = try reader.take()
        let stackBytes: UInt32 = try reader.take()
        self.init(
            source: source, frequency: frequency, budgetMillionths: try reader.take(), descriptors: try reader.take(),
            startedWall: try reader.take(), startedMonotonic: try reader.take())
        self.includesBlocked = includesBlocked
        self.stackBytes = stackBytes
        isSent = try reader.takeBool()
        transactionLimit = try reader.take()
        chunkLimit = try reader.take()
        symbolicationTime = try reader.take()
        restarts = try reader.take()
        output = try reader.takeText()
        format = try reader.takeText()
        title = try reader.takeText()
        command = try reader.takeTexts()
        symbolPaths = try reader.takeTexts()
        inAppInclude = try reader.takeTexts()
        inAppExclude = try reader.takeTexts()
    }
}

// MARK: - Profiler to reporter

extension ProfilerAnswer {
    package func encoded() -> [UInt8] {
        switch self {
        case .chunk(let piece): return piece.packet(kind: 301)
        case .profile(let piece): return piece.packet(kind: 302)
        case .done(let outcome): return outcome.packet(kind: 303)
        case .failed(let reason): return packet(304) { $0.put(reason) }
        }
    }

    package init(packet: [UInt8]) throws(LinkError) {
        var reader = try PacketReader(packet)
        switch reader.kind {
        case 301: self = .chunk(try ProfilePiece(from: &reader))
        case 302: self = .profile(try ProfilePiece(from: &reader))
        case 303: self = .done(try ProfileOutcome(from: &reader))
        case 304: self = .failed(reason: try reader.takeText())
        default: throw .unknownKind(reader.kind)
        }
    }
}

extension ProfilePiece {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(startedWall)
        writer.put(endedWall)
        writer.put(samples)
        writer.put(thread)
        writer.put(threadName)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        self.init(
            startedWall: try reader.take(), endedWall: try reader.take(), samples: try reader.take(),
            thread: try reader.take(), threadName: try reader.takeText())
    }
}

extension ProfileOutcome {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(source)
        for value in [taken, lost, throttled, late, truncated] { writer.put(value) }
        for value in [frequency, processes, threads] { writer.put(value) }
        writer.put(outputFailure)
        writer.put(summary, most: 20_000)
        writer.put(notes)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let source = try reader.takeText()
        let counts: [UInt64] = [
            try reader.take(), try reader.take(), try reader.take(), try reader.take(), try reader.take(),
        ]
        self.init(source: source, frequency: try reader.take())
        (taken, lost, throttled, late, truncated) = (counts[0], counts[1], counts[2], counts[3], counts[4])
        processes = try reader.take()
        threads = try reader.take()
        outputFailure = try reader.takeText()
        summary = try reader.takeText()
        notes = try reader.takeTexts()
    }
}

// MARK: - Lists

/// What a list of texts may take of a packet, in bytes; what does not fit is left out.
private let mostOfList = 8192

extension PacketWriter {
    /// A u16 count and the texts.
    fileprivate mutating func put(_ texts: [String]) {
        var fitting: [String] = []
        var used = 0
        for text in texts {
            used += text.utf8.count + 2
            if used > mostOfList { break }
            fitting.append(text)
        }
        put(UInt16(fitting.count))
        for text in fitting { put(text) }
    }
}

extension PacketReader {
    fileprivate mutating func takeTexts() throws(LinkError) -> [String] {
        let count: UInt16 = try take()
        var texts: [String] = []
        for _ in 0..<count { texts.append(try takeText()) }
        return texts
    }
}
