// The packets' bytes. Layout: u16 version, u16 kind, then the fields in their order of declaration, little-endian;
// a text is a u16 count and UTF-8.

/// Why a packet was not understood.
package enum LinkError: Error, Sendable, Equatable {
    case otherVersion(UInt16)
    case unknownKind(UInt16)
    case tooShort
}

/// Raised with every change of the layout: the programs of one installation belong together.
package let linkVersion: UInt16 = 3

/// The largest packet, in bytes.
package let maximumPacket = 4096

package struct PacketWriter {
    package private(set) var bytes: [UInt8] = []

    init(kind: UInt16) {
        put(linkVersion)
        put(kind)
    }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Bool) { put(UInt8(value ? 1 : 0)) }

    /// Cut to what fits a packet beside fixed fields.
    mutating func put(_ text: String, most: Int = 3000) {
        let utf8 = Array(text.utf8.prefix(most))
        put(UInt16(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func put(exactly count: Int, _ raw: [UInt8]) {
        bytes.append(contentsOf: raw.prefix(count))
        bytes.append(contentsOf: repeatElement(0, count: max(0, count - raw.count)))
    }
}

package struct PacketReader {
    private var rest: ArraySlice<UInt8>
    package let kind: UInt16

    package init(_ packet: [UInt8]) throws(LinkError) {
        var rest = packet[...]
        let version: UInt16 = try Self.take(&rest)
        guard version == linkVersion else { throw .otherVersion(version) }
        kind = try Self.take(&rest)
        self.rest = rest
    }

    mutating func take<Value: FixedWidthInteger>() throws(LinkError) -> Value { try Self.take(&rest) }

    mutating func takeBool() throws(LinkError) -> Bool { try take() as UInt8 != 0 }

    mutating func takeText() throws(LinkError) -> String {
        let count: UInt16 = try take()
        return String(decoding: try takeBytes(Int(count)), as: UTF8.self)
    }

    mutating func takeBytes(_ count: Int) throws(LinkError) -> [UInt8] {
        guard rest.count >= count else { throw .tooShort }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func take<Value: FixedWidthInteger>(_ rest: inout ArraySlice<UInt8>) throws(LinkError) -> Value {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { throw .tooShort }
        var value: Value = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: rest.prefix(size)) }
        rest = rest.dropFirst(size)
        return Value(littleEndian: value)
    }
}

// MARK: - Supervisor to reporter

extension LinkMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .runStart(let start): return start.packet(kind: 1)
        case .jobStarted(let pid): return packet(2) { $0.put(pid) }
        case .execFailed(let code, let reason):
            return packet(3) {
                $0.put(code)
                $0.put(reason)
            }
        case .signalForwarded(let signal, let sender, let user): return signalPacket(4, signal, sender, user)
        case .signalSeen(let signal, let sender, let user): return signalPacket(5, signal, sender, user)
        case .timeout(let stage): return packet(6) { $0.put(stage) }
        case .jobStopped(let signal): return packet(7) { $0.put(signal) }
        case .jobContinued: return packet(8) { _ in }
        case .jobExited(let exit): return exit.packet(kind: 9)
        case .closeStream(let stream): return packet(10) { $0.put(stream.rawValue) }
        case .drainSignals: return packet(11) { _ in }
        case .snapshot(let notice): return notice.packet(kind: 12)
        case .processForked(let pid, let parent, let time):
            return packet(13) {
                $0.put(pid)
                $0.put(parent)
                $0.put(time)
            }
        case .processExecuted(let pid, let name, let time):
            return packet(14) {
                $0.put(pid)
                $0.put(name)
                $0.put(time)
            }
        case .processEnded(let pid, let status, let time):
            return packet(15) {
                $0.put(pid)
                $0.put(status)
                $0.put(time)
            }
        case .tracing(let state): return state.packet(kind: 16)
        case .sampling(let state): return state.packet(kind: 17)
        case .samplingDescriptors(let count): return packet(18) { $0.put(count) }
        }
    }

    package init(packet: [UInt8]) throws(LinkError) {
        var reader = try PacketReader(packet)
        switch reader.kind {
        case 1: self = .runStart(try RunStart(from: &reader))
        case 2: self = .jobStarted(pid: try reader.take())
        case 3: self = .execFailed(errno: try reader.take(), reason: try reader.takeText())
        case 4:
            self = .signalForwarded(signal: try reader.take(), sender: try reader.take(), senderUser: try reader.take())
        case 5: self = .signalSeen(signal: try reader.take(), sender: try reader.take(), senderUser: try reader.take())
        case 6: self = .timeout(stage: try reader.take())
        case 7: self = .jobStopped(signal: try reader.take())
        case 8: self = .jobContinued
        case 9: self = .jobExited(try JobExit(from: &reader))
        case 10: self = .closeStream(try JobStream(from: &reader))
        case 11: self = .drainSignals
        case 12: self = .snapshot(try SnapshotNotice(from: &reader))
        case 13: self = .processForked(pid: try reader.take(), parent: try reader.take(), time: try reader.take())
        case 14: self = .processExecuted(pid: try reader.take(), name: try reader.takeText(), time: try reader.take())
        case 15:
            self = .processEnded(pid: try reader.take(), waitStatus: try reader.take(), time: try reader.take())
        case 16: self = .tracing(try TracingState(from: &reader))
        case 17: self = .sampling(try SamplingState(from: &reader))
        case 18: self = .samplingDescriptors(count: try reader.take())
        default: throw .unknownKind(reader.kind)
        }
    }
}

// MARK: - Reporter to supervisor

extension ReporterMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .ready: return packet(101) { _ in }
        case .closedStream(let stream): return packet(102) { $0.put(stream.rawValue) }
        case .settled(let notice, let pending, let urgent):
            return packet(103) {
                $0.put(notice)
                $0.put(pending)
                $0.put(urgent)
            }
        case .delivered: return packet(104) { _ in }
        case .drained: return packet(105) { _ in }
        case .samplingAbandoned: return packet(106) { _ in }
        }
    }

    package init(packet: [UInt8]) throws(LinkError) {
        var reader = try PacketReader(packet)
        switch reader.kind {
        case 101: self = .ready
        case 102: self = .closedStream(try JobStream(from: &reader))
        case 103:
            self = .settled(
                notice: try reader.takeText(), pending: try reader.takeBool(), urgent: try reader.takeBool())
        case 104: self = .delivered
        case 105: self = .drained
        case 106: self = .samplingAbandoned
        default: throw .unknownKind(reader.kind)
        }
    }
}

func packet(_ kind: UInt16, _ fill: (inout PacketWriter) -> Void) -> [UInt8] {
    var writer = PacketWriter(kind: kind)
    fill(&writer)
    return writer.bytes
}

private func signalPacket(_ kind: UInt16, _ signal: Int32, _ sender: Int32, _ user: UInt32) -> [UInt8] {
    packet(kind) {
        $0.put(signal)
        $0.put(sender)
        $0.put(user)
    }
}

extension JobStream {
    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let raw: UInt8 = try reader.take()
        guard let stream = JobStream(rawValue: raw) else { throw .unknownKind(UInt16(raw)) }
        self = stream
    }
}

extension RunStart {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(exactly: 16, runSeed)
        writer.put(exactly: 16, traceID)
        writer.put(exactly: 8, spanID)
        writer.put(sampleRandMillionths)
        writer.put(supervisor)
        writer.put(startedWall)
        writer.put(startedMonotonic)
        writer.put(reporterRestarts)
        writer.put(capturesOutput)
        writer.put(capturesError)
        writer.put(mergedStreams)
        writer.put(terminal)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        self.init(
            runSeed: try reader.takeBytes(16), traceID: try reader.takeBytes(16), spanID: try reader.takeBytes(8),
            sampleRandMillionths: try reader.take(), supervisor: try reader.take(), startedWall: try reader.take(),
            startedMonotonic: try reader.take(), reporterRestarts: try reader.take(),
            capturesOutput: try reader.takeBool(), capturesError: try reader.takeBool(),
            mergedStreams: try reader.takeBool(), terminal: try reader.takeBool())
    }
}

extension JobExit {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(waitStatus)
        for value in [
            endedWall, endedMonotonic, userMicroseconds, systemMicroseconds, maxResidentKiB, minorFaults, majorFaults,
            blocksIn, blocksOut, voluntarySwitches, involuntarySwitches,
        ] { writer.put(value) }
        for value in [outputBytes, errorBytes, lostBytes] { writer.put(value) }
        writer.put(timeoutStage)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        self.init(
            waitStatus: try reader.take(), endedWall: try reader.take(), endedMonotonic: try reader.take(),
            userMicroseconds: try reader.take(), systemMicroseconds: try reader.take(),
            maxResidentKiB: try reader.take(), minorFaults: try reader.take(), majorFaults: try reader.take(),
            blocksIn: try reader.take(), blocksOut: try reader.take(), voluntarySwitches: try reader.take(),
            involuntarySwitches: try reader.take(), outputBytes: try reader.take(), errorBytes: try reader.take(),
            lostBytes: try reader.take(), timeoutStage: try reader.take())
    }
}

extension SnapshotNotice {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(reason.rawValue)
        writer.put(process)
        writer.put(thread)
        writer.put(signal)
        writer.put(stoppedNanoseconds)
        writer.put(descriptors)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let raw: UInt8 = try reader.take()
        guard let reason = SnapshotReason(rawValue: raw) else { throw .unknownKind(UInt16(raw)) }
        self.init(
            reason: reason, process: try reader.take(), thread: try reader.take(), signal: try reader.take(),
            stoppedNanoseconds: try reader.take(), descriptors: try reader.take())
    }
}

extension TracingState {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(mode.rawValue)
        writer.put(stoppedNanoseconds)
        writer.put(processesLetGo)
        writer.put(detail)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let raw: UInt8 = try reader.take()
        guard let mode = Mode(rawValue: raw) else { throw .unknownKind(UInt16(raw)) }
        self.init(
            mode: mode, stoppedNanoseconds: try reader.take(), processesLetGo: try reader.take(),
            detail: try reader.takeText())
    }
}

extension SamplingState {
    fileprivate func packet(kind: UInt16) -> [UInt8] {
        var writer = PacketWriter(kind: kind)
        writer.put(source?.rawValue ?? 0)
        writer.put(stackBytes)
        writer.put(descriptors)
        writer.put(detail)
        return writer.bytes
    }

    fileprivate init(from reader: inout PacketReader) throws(LinkError) {
        let raw: UInt8 = try reader.take()
        let source = SampleSource(rawValue: raw)
        guard raw == 0 || source != nil else { throw .unknownKind(UInt16(raw)) }
        self.init(
            source: source, stackBytes: try reader.take(), descriptors: try reader.take(),
            detail: try reader.takeText())
    }
}
