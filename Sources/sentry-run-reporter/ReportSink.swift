// Where envelopes go: the spool, or the memory of a courier where the spool cannot be written.

import LinuxSystem
import SentryProtocol
import Spool

/// Counts what was accepted and what was lost on the way, by kind of item.
final class ReportSink: EnvelopeSink {
    private enum Store {
        case spool(Spool)
        case memory(CourierPipe)
        case nowhere
    }

    private var store: Store
    /// Items accepted, by wire name.
    private(set) var accepted: [String: Int] = [:]
    /// Sentences for people about what could not be kept.
    private(set) var troubles: [String] = []

    private init(_ store: Store, troubles: [String]) {
        self.store = store
        self.troubles = troubles
    }

    static func spool(_ spool: Spool) -> ReportSink { ReportSink(.spool(spool), troubles: []) }

    /// The state directory cannot be used: envelopes go straight into a courier's memory, if there is a destination.
    ///
    /// - Parameter reason: why, for the user.
    static func memory(_ courier: CourierPipe?, because reason: String) -> ReportSink {
        guard let courier else { return ReportSink(.nowhere, troubles: ["\(reason); no report could be kept"]) }
        let risk = "\(reason); reports are only in memory and are lost if they cannot be delivered at once"
        return ReportSink(.memory(courier), troubles: [risk])
    }

    /// Whether reports survive this process.
    var isDurable: Bool {
        if case .spool = store { return true }
        return false
    }

    /// Never throws: what cannot be kept is counted and said.
    func accept(_ envelope: Envelope) {
        do {
            switch store {
            case .spool(let spool): try spool.accept(envelope)
            case .memory(let courier): try courier.send(envelope)
            case .nowhere: return
            }
            for item in envelope.items { accepted[item.kind.rawValue, default: 0] += 1 }
        } catch {
            let kinds = envelope.items.map(\.kind.rawValue).joined(separator: ", ")
            note("could not keep \(kinds): \(error)")
        }
    }

    /// Adds a sentence once.
    func note(_ trouble: String) {
        if !troubles.contains(trouble) { troubles.append(trouble) }
    }

    /// No more envelopes will come: lets a memory courier finish by itself.
    func close() {
        if case .memory(let courier) = store { courier.close() }
    }
}

/// A courier that reads envelopes from a pipe (u32 length, little-endian, then the envelope) and keeps them in memory.
struct CourierPipe {
    private let pipe: FileDescriptor

    /// - Throws: when the courier's program cannot be started.
    init(courier path: String) throws(SystemError) {
        let ends = try Pipe(size: 1 << 20)
        defer { ends.readEnd.close() }
        do throws(SystemError) {
            try DetachedProgram.start(path, ["stdin"], standardInput: ends.readEnd)
        } catch {
            ends.writeEnd.close()
            throw error
        }
        pipe = ends.writeEnd
    }

    func send(_ envelope: Envelope) throws(SystemError) {
        let bytes = envelope.encoded()
        let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
        try pipe.writeAll(length + bytes)
    }

    func close() { pipe.close() }
}
