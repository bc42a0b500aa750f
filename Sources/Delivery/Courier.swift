// Serves one spool: sends what is in it, waits a little for more, and goes.

import LinuxSystem
import SentryProtocol
import Spool

/// The holder of the spool's lock: of all couriers on a host only one works on a state directory.
///
/// A file is deleted only after the server's answer, so the courier may be killed at any moment; ids make a repeated
/// delivery harmless.
package final class Courier {
    /// Nanoseconds.
    package struct Patience: Sendable {
        /// How long to stay when there is nothing to do: the next run of a busy host finds a warm connection.
        package var idle: Int64 = 5 * second
        /// How long to go on trying while nothing is reachable; the next `sentry-run` starts another courier.
        package var unreachable: Int64 = 600 * second
        package var backoff = Backoff.Limits()

        package init() {}
    }

    private static let second: Int64 = 1_000_000_000
    /// A backlog of at least this age is replayed slowly: its server may just have recovered.
    private static let backlogAge = 60 * second
    private static let backlogPause = second / 10

    private let spool: Spool
    private let sender: EnvelopeSender
    private let spotlight: SpotlightSender
    private let clock: any CourierClock
    private let patience: Patience
    private let log: (String) -> Void

    private var origins: [String: Backoff] = [:]
    /// Where a waiting file wants to go, once it has been read: a closed circuit then costs no reading.
    private var originOf: [SpoolEntry: String] = [:]
    /// Sent or unreadable, but the directory does not let go of them.
    private var stuck: Set<SpoolEntry> = []
    /// What the last look at the outbox found and could not deliver.
    private var seen: Set<SpoolEntry> = []
    package private(set) var summary = DeliverySummary()

    package init(
        spool: Spool, transport: any Transport, clock: any CourierClock, patience: Patience = Patience(),
        clientReports: Bool = true, log: @escaping (String) -> Void = { _ in }
    ) {
        self.spool = spool
        self.clock = clock
        self.patience = patience
        self.log = log
        sender = EnvelopeSender(
            transport: transport, state: spool.state, clientReports: clientReports, clock: { clock.wall })
        spotlight = SpotlightSender(transport: transport)
    }

    /// Works until there is nothing left to do, or nothing that can be done.
    ///
    /// - Returns: `false` when another courier serves this spool.
    package func run() throws(SpoolError) -> Bool {
        var served = false
        while let lock = try takeLock() {
            served = true
            try serveAndRelease(lock)
            // Whoever wrote an envelope in this very moment may have found the lock held and gone away.
            if try waitingFiles().isSubset(of: seen) { break }
        }
        return served
    }

    private func takeLock() throws(SpoolError) -> FileLock? {
        do throws(SystemError) {
            return try FileLock.take(StateDirectory.courierLock, in: spool.state.root)
        } catch {
            throw .cannotWrite(error)
        }
    }

    private func waitingFiles() throws(SpoolError) -> Set<SpoolEntry> {
        try Set(spool.list(.outbox)).union(spool.list(.spotlight)).subtracting(stuck)
    }

    // MARK: One life

    private func serveAndRelease(_ lock: FileLock) throws(SpoolError) {
        defer { lock.release() }
        spool.removeLeftovers()
        try serve()
        sender.sendReports { !isBlocked($0.origin) }
        summary.remaining = seen.count
    }

    private func serve() throws(SpoolError) {
        var idleSince = clock.monotonic
        while true {
            if try pass() {
                idleSince = clock.monotonic
                continue
            }
            let deadline = nextAttempt ?? idleSince + patience.idle
            let end = givingUp ?? deadline
            guard clock.monotonic < end else { return }
            clock.waitForArrivals(min(deadline, end) - clock.monotonic)
        }
    }

    private var blocking: [Backoff] { Set(originOf.values).compactMap { origins[$0] }.filter { $0.retryAt != nil } }

    /// When a closed way may be tried again; `nil` when no file waits for one.
    private var nextAttempt: Int64? { blocking.compactMap(\.retryAt).min() }

    /// When every way on which files wait has been closed for too long.
    private var givingUp: Int64? {
        blocking.compactMap(\.failingSince).max().map { $0 + patience.unreachable }
    }

    private func isBlocked(_ origin: String) -> Bool { origins[origin]?.isOpen(at: clock.monotonic) ?? false }

    /// Goes through the spool once, or until something arrives that may have to go first.
    ///
    /// - Returns: whether anything changed.
    private func pass() throws(SpoolError) -> Bool {
        let entries = try spool.list(.outbox).filter { !stuck.contains($0) }
        seen = Set(entries)
        originOf = originOf.filter { seen.contains($0.key) }
        var progress = false
        for entry in entries {
            if let origin = originOf[entry], isBlocked(origin) { continue }
            guard deliver(entry, among: entries) else { continue }
            progress = true
            if clock.wall - entry.time > Self.backlogAge { clock.pause(Self.backlogPause) }
            if clock.mayHaveArrivals() { return true }
        }
        return try passSpotlight() || progress
    }

    // MARK: One file

    /// - Returns: whether the file is done with.
    private func deliver(_ entry: SpoolEntry, among entries: [SpoolEntry]) -> Bool {
        let bytes: [UInt8]
        do throws(SpoolError) {
            // Somebody's quota may have taken it since it was listed.
            guard let read = try spool.read(entry, from: .outbox) else { return false }
            bytes = read
        } catch {
            log("\(entry.name): \(error)")
            return finish(entry, sender.discardUnreadable(entry), in: .outbox)
        }
        guard let envelope = try? StoredEnvelope(bytes), let dsn = envelope.dsn.flatMap({ try? DSN($0) }) else {
            return finish(entry, sender.discardUnreadable(entry), in: .outbox)
        }
        originOf[entry] = dsn.origin
        if isBlocked(dsn.origin) { return false }
        return deliver(envelope, to: dsn, as: entry, among: entries)
    }

    private func deliver(
        _ envelope: StoredEnvelope, to dsn: DSN, as entry: SpoolEntry, among entries: [SpoolEntry]
    ) -> Bool {
        let closingWaits = entries.contains {
            $0.category == .checkIn && $0.run == entry.run && $0.sequence > entry.sequence
        }
        let outcome = sender.send(envelope, to: dsn, as: entry, closingWaits: closingWaits)
        note(outcome, from: dsn.origin)
        guard case .unreachable = outcome else { return finish(entry, outcome, in: .outbox) }
        summary.record(outcome)
        return false
    }

    private func note(_ outcome: DeliveryOutcome, from origin: String) {
        switch outcome {
        case .delivered, .discarded(.sendError, _): origins[origin] = nil
        case .discarded: break
        case .unreachable:
            origins[origin, default: Backoff(patience.backoff)].failed(at: clock.monotonic, jitter: clock.jitter())
            log("\(origin): \(outcome)")
        }
    }

    /// Deletes the file. One that does not go away is left alone for the rest of this courier's life.
    private func finish(_ entry: SpoolEntry, _ outcome: DeliveryOutcome, in compartment: SpoolCompartment) -> Bool {
        log("\(entry.name): \(outcome)")
        summary.record(outcome)
        originOf[entry] = nil
        seen.remove(entry)
        do throws(SpoolError) {
            try spool.remove(entry, from: compartment)
        } catch {
            log("\(entry.name): \(error)")
            stuck.insert(entry)
        }
        return true
    }

    // MARK: Spotlight

    private func passSpotlight() throws(SpoolError) -> Bool {
        let entries = try spool.list(.spotlight).filter { !stuck.contains($0) }
        for entry in entries {
            if let bytes = (try? spool.read(entry, from: .spotlight)) ?? nil {
                spotlight.send(bytes, now: clock.monotonic)
            }
            do throws(SpoolError) {
                try spool.remove(entry, from: .spotlight)
            } catch {
                stuck.insert(entry)
            }
        }
        return !entries.isEmpty
    }
}
