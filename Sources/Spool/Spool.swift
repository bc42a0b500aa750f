// The spool: one file for each envelope, complete or absent, in order, bounded.

import LinuxSystem
import SentryProtocol
import Synchronization

/// Where an envelope goes.
package enum SpoolDestination: Sendable, Equatable {
    /// The outbox when the envelope has a DSN, else what is kept until somebody sends it.
    case sentry
    /// A copy for the Spotlight at this URL: one try, then forgotten.
    case spotlight(String)
}

/// A part of the spool with a quota of its own.
package enum SpoolCompartment: Sendable, CaseIterable {
    case outbox
    case kept
    /// Files here begin with a line that is the URL.
    case spotlight
}

/// Accepts envelopes of one run, and lists, reads and removes those of all.
///
/// Any number of processes may use one directory; the methods may be called from any thread.
package final class Spool: EnvelopeSink, Sendable {
    package let state: StateDirectory
    /// The run that ``accept(_:)`` writes for.
    package let run: String
    private let quota: SpoolQuota
    private let spotlightQuota = SpoolQuota(bytes: 16 << 20, count: 100)
    private let clock: @Sendable () -> Int64
    private let writer: Mutex<Writer>

    private struct Writer {
        var sequence = 0
        var lastTime: Int64 = 0
        /// Written since the compartment was last listed; `nil` before the first listing.
        var unlisted: [SpoolCompartment: SpoolQuota] = [:]
        var cleaned = false
    }

    /// - Parameters:
    ///   - run: 8–16 lower-case hex digits; part of every file's name.
    ///   - quota: of the outbox and of what is kept, each.
    ///   - resumes: an earlier process may have written for this run; without one the directories need not be listed.
    ///   - clock: wall clock, nanoseconds.
    package init(
        _ state: StateDirectory, run: String, quota: SpoolQuota = SpoolQuota(), resumes: Bool = true,
        clock: @escaping @Sendable () -> Int64 = { wallClockNanoseconds() }
    ) {
        precondition(isRunTag(run), "a run tag is 8–16 lower-case hex digits")
        self.state = state
        self.run = run
        self.quota = quota
        self.clock = clock
        writer = Mutex(Writer())
        if resumes { resume() }
    }

    /// Goes on where an earlier process of the same run stopped, so that names stay unique and in order.
    private func resume() {
        let mine = [SpoolCompartment.outbox, .kept].flatMap { (try? list($0)) ?? [] }.filter { $0.run == run }
        writer.withLock { writer in
            writer.sequence = mine.map(\.sequence).max() ?? 0
            writer.lastTime = mine.map(\.time).max() ?? 0
        }
    }

    // MARK: Accepting

    /// Writes an envelope for Sentry; see ``accept(_:destination:)``.
    package func accept(_ envelope: Envelope) throws(SpoolError) { try accept(envelope, destination: .sentry) }

    /// Writes an envelope. When this returns it is in the spool, and an event or check-in survives a power loss.
    ///
    /// - Parameter isPassing: another report will say all of it and more: this one need not survive a power loss.
    /// - Throws: when it could not be written. Nothing is left behind; the caller counts it as lost.
    package func accept(
        _ envelope: Envelope, destination: SpoolDestination, isPassing: Bool = false
    ) throws(SpoolError) {
        let compartment: SpoolCompartment
        var bytes = envelope.encoded()
        switch destination {
        case .sentry: compartment = envelope.dsn == nil ? .kept : .outbox
        case .spotlight(let url):
            compartment = .spotlight
            bytes = Array(url.utf8) + [0x0A] + bytes
        }
        let limits = limits(of: compartment)
        guard bytes.count <= limits.bytes else { throw .tooLarge(bytes: bytes.count, limit: limits.bytes) }
        let category = SpoolCategory(of: envelope)
        let sync = category.isDurable && !isPassing && compartment != .spotlight
        try store(bytes, category, in: compartment, sync: sync)
    }

    private func store(
        _ bytes: [UInt8], _ category: SpoolCategory, in compartment: SpoolCompartment, sync: Bool
    ) throws(SpoolError) {
        let result: Result<Void, SpoolError> = writer.withLock { writer in
            let entry = next(category, bytes: bytes.count, &writer)
            do throws(SystemError) {
                try AtomicFile.write(bytes, entry.name, in: directory(compartment), tmp: state.tmp, sync: sync)
            } catch {
                return .failure(SpoolError(writing: error))
            }
            keepWithinQuota(compartment, sparing: entry, &writer)
            return .success(())
        }
        try result.get()
    }

    private func next(_ category: SpoolCategory, bytes: Int, _ writer: inout Writer) -> SpoolEntry {
        writer.sequence += 1
        writer.lastTime = max(clock(), writer.lastTime + 1)
        return SpoolEntry(
            category: category, time: writer.lastTime, run: run, sequence: writer.sequence, bytes: bytes)
    }

    /// Writes bytes with the priority, time and run of another entry: an envelope that was changed and goes elsewhere.
    package func put(_ bytes: [UInt8], like entry: SpoolEntry, in compartment: SpoolCompartment) throws(SpoolError) {
        let changed = SpoolEntry(
            category: entry.category, time: entry.time, run: entry.run, sequence: entry.sequence, bytes: bytes.count)
        do throws(SystemError) {
            let sync = entry.category.isDurable
            try AtomicFile.write(bytes, changed.name, in: directory(compartment), tmp: state.tmp, sync: sync)
        } catch {
            throw SpoolError(writing: error)
        }
    }

    // MARK: Quota

    /// Lists the compartment only when what we wrote since the last listing could matter: a sixteenth of the quota.
    /// With n writers the limit so is passed by n sixteenths at most, and only until the next listing.
    private func keepWithinQuota(_ compartment: SpoolCompartment, sparing entry: SpoolEntry, _ writer: inout Writer) {
        let limits = limits(of: compartment)
        if var unlisted = writer.unlisted[compartment] {
            unlisted.bytes += entry.bytes
            unlisted.count += 1
            writer.unlisted[compartment] = unlisted
            if unlisted.bytes < limits.bytes / 16, unlisted.count < limits.count / 16 { return }
        }
        guard let entries = try? list(compartment) else { return }
        writer.unlisted[compartment] = SpoolQuota(bytes: 0, count: 0)
        let victims = limits.victims(among: entries, sparing: entry)
        let discards = victims.flatMap { evict($0, from: compartment) }
        // A ledger that cannot be written loses a count, which must not lose the report that was just accepted.
        if compartment != .spotlight { try? ledger.add(discards, tag: "\(run).\(writer.sequence)") }
        removeLeftovers(&writer)
    }

    /// Removes a file and says what was in it; nothing when another process was faster.
    private func evict(_ entry: SpoolEntry, from compartment: SpoolCompartment) -> [Discard] {
        let envelope = (try? read(entry, from: compartment)).flatMap { $0.flatMap { try? StoredEnvelope($0) } }
        guard (try? remove(entry, from: compartment)) == true else { return [] }
        return Discard.of(entry, envelope, because: .cacheOverflow)
    }

    /// The counts of what was thrown away.
    package var ledger: DiscardLedger { DiscardLedger(state) }

    private func removeLeftovers(_ writer: inout Writer) {
        if writer.cleaned { return }
        writer.cleaned = true
        removeLeftovers()
    }

    /// Removes files that writers which died left in `tmp` more than an hour ago.
    package func removeLeftovers() {
        try? AtomicFile.removeLeftovers(in: state.tmp, olderThan: 3_600_000_000_000, now: clock())
    }

    private func limits(of compartment: SpoolCompartment) -> SpoolQuota {
        compartment == .spotlight ? spotlightQuota : quota
    }

    // MARK: Reading

    /// The complete files, in the order of delivery. Names that are not ours are ignored.
    package func list(_ compartment: SpoolCompartment) throws(SpoolError) -> [SpoolEntry] {
        do throws(SystemError) {
            return try directory(compartment).names().compactMap(SpoolEntry.init(name:)).sorted()
        } catch {
            throw .cannotRead(error)
        }
    }

    /// The bytes of a file; `nil` when it is gone meanwhile.
    ///
    /// - Throws: when it cannot be read, is not a regular file of this user, or is larger than the quota.
    package func read(_ entry: SpoolEntry, from compartment: SpoolCompartment) throws(SpoolError) -> [UInt8]? {
        do throws(SystemError) {
            return try directory(compartment).read(entry.name, limit: limits(of: compartment).bytes)
        } catch {
            throw .cannotRead(error)
        }
    }

    /// Removes a file; `false` when it was gone.
    @discardableResult
    package func remove(_ entry: SpoolEntry, from compartment: SpoolCompartment) throws(SpoolError) -> Bool {
        do throws(SystemError) {
            return try directory(compartment).remove(entry.name)
        } catch {
            throw .cannotWrite(error)
        }
    }

    /// How many envelopes of a run still wait for delivery.
    package func pending(_ run: String) throws(SpoolError) -> Int {
        try list(.outbox).reduce(0) { $0 + ($1.run == run ? 1 : 0) }
    }

    /// Of a compartment's directory, for a watch.
    package func directory(_ compartment: SpoolCompartment) -> Directory {
        switch compartment {
        case .outbox: state.outbox
        case .kept: state.kept
        case .spotlight: state.spotlight
        }
    }

    /// Wakes when envelopes appear in the outbox or leave it: for whoever waits until ``pending(_:)`` is 0.
    package func watchOutbox() throws(SpoolError) -> DirectoryWatch {
        do throws(SystemError) {
            return try DirectoryWatch([state.outbox])
        } catch {
            throw .cannotRead(error)
        }
    }
}

extension SpoolCategory {
    /// The category of a client report that stands for the file as a whole (protocol reference 10.2).
    package var dataCategory: DataCategory {
        switch self {
        case .checkIn: .monitor
        case .event: .error
        case .session: .session
        case .transaction: .transaction
        case .profile: .profileChunk
        case .log: .logItem
        case .clientReport: .internal
        }
    }
}
