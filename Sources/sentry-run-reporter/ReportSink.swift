// Where envelopes go: the spool, or the memory of a courier where the spool cannot be written.

import LinuxSystem
import OutputCapture
import SentryProtocol
import Spool

/// The last gate: nothing passes with a secret that the rules know. Counts what was accepted and what was lost on the way, by kind of item.
///
/// Where the spool cannot take an envelope (no state directory, a full disk), it goes straight into the memory of a
/// courier, if there is a destination.
final class ReportSink: EnvelopeSink {
    private let spool: Spool?
    /// Where a copy of everything goes.
    private let spotlight: String?
    private let startCourier: () -> CourierPipe?
    private let scrubber: Scrubber
    private var memory: CourierPipe?
    /// Items accepted, by wire name.
    private(set) var accepted: [String: Int] = [:]
    /// Sentences for people about what could not be kept.
    private(set) var troubles: [String] = []

    /// - Parameters:
    ///   - spool: `nil` where the state directory cannot be used, for the `reason` given.
    ///   - scrubber: removes secrets from whatever is accepted.
    ///   - startCourier: makes a courier that keeps envelopes in memory; `nil` where there is no destination or it fails.
    init(
        spool: Spool?, because reason: String?, spotlight: String?, scrubber: Scrubber,
        startCourier: @escaping () -> CourierPipe?
    ) {
        self.scrubber = scrubber
        self.spool = spool
        self.spotlight = spotlight
        self.startCourier = startCourier
        if let reason { fallBack(because: reason) }
    }

    /// Never throws: what cannot be kept is counted and said.
    func accept(_ envelope: Envelope) { accept(envelope, isPassing: false) }

    /// As ``accept(_:)``.
    ///
    /// - Parameter isPassing: the run's end will say all of it and more.
    func accept(_ envelope: Envelope, isPassing: Bool) {
        var envelope = envelope
        envelope.items = envelope.items.map(scrubbed)
        guard keep(envelope, isPassing: isPassing) || keepInMemory(envelope) else { return }
        for item in envelope.items { accepted[item.kind.rawValue, default: 0] += 1 }
    }

    /// The item without secrets. What was scrubbed before stays as it is.
    func scrubbed(_ item: EnvelopeItem) -> EnvelopeItem {
        var item = item
        switch item.kind {
        case .event, .transaction, .log: item.payload = scrubber.scrub(json: item.payload)
        // The same few paths stand in it for every frame: what is removed of them would drown all other counts.
        case .profile, .profileChunk: item.payload = scrubber.scrub(json: item.payload, counts: false)
        case .attachment:
            if item.contentType?.hasPrefix("text/") ?? false { item.payload = scrubber.scrub(lines: item.payload) }
        case .session, .checkIn, .clientReport: break
        }
        return item
    }

    private func keep(_ envelope: Envelope, isPassing: Bool) -> Bool {
        guard let spool else { return false }
        do throws(SpoolError) {
            if let spotlight { try spool.accept(envelope, destination: .spotlight(spotlight)) }
            try spool.accept(envelope, destination: .sentry, isPassing: isPassing)
            return true
        } catch {
            fallBack(because: error.description)
            return false
        }
    }

    private func keepInMemory(_ envelope: Envelope) -> Bool {
        guard let memory else { return false }
        do throws(SystemError) {
            try memory.send(envelope)
            return true
        } catch {
            note("could not hand a report to the courier: \(error)")
            return false
        }
    }

    private func fallBack(because reason: String) {
        if memory == nil { memory = startCourier() }
        let risk =
            memory == nil
            ? "reports could not be kept" : "reports are only in memory, and lost if they cannot be delivered at once"
        note("\(reason); \(risk)")
    }

    /// Adds a sentence once.
    func note(_ trouble: String) {
        if !troubles.contains(trouble) { troubles.append(trouble) }
    }

    /// No more envelopes will come: lets a memory courier finish by itself.
    ///
    /// - Returns: readable once it has; `nil` where there is none to wait for.
    @discardableResult
    func close() -> FileDescriptor? {
        defer { memory = nil }
        return memory?.close()
    }
}

/// A courier that reads envelopes from a pipe (u32 length, little-endian, then the envelope) and keeps them in memory.
struct CourierPipe {
    private let pipe: FileDescriptor
    private let process: Int32

    /// - Throws: when the courier's program cannot be started.
    init(courier path: String, _ flags: [String], keepsErrors: Bool) throws(SystemError) {
        let ends = try Pipe(size: 1 << 20)
        defer { ends.readEnd.close() }
        do throws(SystemError) {
            process = try DetachedProgram.start(
                path, ["stdin"] + flags, standardInput: ends.readEnd, keepsErrors: keepsErrors)
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

    /// - Returns: readable once the courier has ended.
    func close() -> FileDescriptor? {
        pipe.close()
        return try? DetachedProgram.end(of: process)
    }
}
