// One envelope, from stored bytes to what became of it.

import SentryProtocol
import Spool

/// What became of an envelope.
package enum DeliveryOutcome: Sendable, Equatable {
    case delivered
    /// Nothing of it is wanted, or could ever be: it is counted, and may be deleted.
    case discarded(DiscardReason, why: String)
    /// There was no answer; it has to be kept.
    case unreachable(TransportError)
}

/// Prepares, posts and accounts. Used by one thread.
package final class EnvelopeSender {
    private let transport: any Transport
    private let clock: () -> Int64
    private var limits: RateLimitBook
    private var tally: DiscardTally
    private var openings: DeliveredOpenings
    /// After a refusal nobody knows whether the report in it was to blame, so it takes no other envelope along.
    private var reportsTravelAlone = false
    private var lastDSN: DSN?

    /// - Parameters:
    ///   - state: where limits and counts outlive this process; `nil` keeps them in memory.
    ///   - clientReports: whether the server is told what was lost.
    ///   - clock: wall clock, nanoseconds.
    package init(
        transport: any Transport, state: StateDirectory?, clientReports: Bool = true, clock: @escaping () -> Int64
    ) {
        self.transport = transport
        self.clock = clock
        limits = RateLimitBook(in: state, now: Timestamp(nanoseconds: clock()))
        tally = DiscardTally(in: state, counts: clientReports)
        openings = DeliveredOpenings(in: state)
        tally.takeLedger()
    }

    private var now: Timestamp { Timestamp(nanoseconds: clock()) }

    /// What still has to be told to somebody.
    package var unreported: [Discard] { tally.discards }

    /// Sends an envelope.
    ///
    /// - Parameters:
    ///   - envelope: as it was spooled, without `sent_at`.
    ///   - entry: what the spool says about it: category and age.
    ///   - closingWaits: the closing check-in of the same run is waiting too.
    package func send(
        _ envelope: StoredEnvelope, to dsn: DSN, as entry: SpoolEntry, closingWaits: Bool = false
    ) -> DeliveryOutcome {
        lastDSN = dsn
        switch refreshed(envelope, entry, closingWaits: closingWaits) {
        case .drop: return discard(envelope, because: .networkError, why: "too old to be of use")
        case .send(let fresh): return sendWanted(fresh, to: dsn)
        }
    }

    /// Sends an envelope to the DSN in its header; without a usable one it is counted and dropped.
    package func deliver(_ envelope: StoredEnvelope, as entry: SpoolEntry, closingWaits: Bool) -> DeliveryOutcome {
        guard let dsn = envelope.dsn.flatMap({ try? DSN($0) }) else { return discardUnreadable(entry) }
        return send(envelope, to: dsn, as: entry, closingWaits: closingWaits)
    }

    /// Counts what was lost elsewhere.
    package func count(_ discards: [Discard]) { tally.add(discards) }

    /// A file that cannot be read, parsed or addressed: counted, so that it never comes back.
    package func discardUnreadable(_ entry: SpoolEntry) -> DeliveryOutcome {
        tally.add(Discard.of(entry, nil, because: .internalError))
        return .discarded(.internalError, why: "not a readable envelope")
    }

    private func discard(_ envelope: StoredEnvelope, because reason: DiscardReason, why: String) -> DeliveryOutcome {
        tally.add(envelope.items.flatMap { Discard.of($0, because: reason, dsn: envelope.dsn) })
        return .discarded(reason, why: why)
    }

    // MARK: Age

    private enum Refreshed {
        case drop
        case send(StoredEnvelope)
    }

    private func refreshed(_ envelope: StoredEnvelope, _ entry: SpoolEntry, closingWaits: Bool) -> Refreshed {
        let checkIn = StoredCheckIn(in: envelope)
        let phase: StalenessRule.CheckInPhase? = checkIn.map {
            $0.isOpening
                ? .opening(closingWaits: closingWaits) : .closing(openingDelivered: openings.contains($0.id))
        }
        switch StalenessRule.verdict(entry.category, age: clock() - entry.time, checkIn: phase) {
        case .send: return .send(envelope)
        case .drop: return .drop
        case .replaceByEvent:
            guard let checkIn else { return .drop }
            return .send(checkIn.replaced(in: envelope, at: Timestamp(nanoseconds: entry.time)))
        }
    }

    // MARK: Limits

    private func sendWanted(_ envelope: StoredEnvelope, to dsn: DSN) -> DeliveryOutcome {
        let (wanted, unwanted) = ItemFilter.split(envelope.items, by: limits[dsn.text], at: now)
        guard !wanted.isEmpty else {
            tally.add(unwanted.flatMap { Discard.of($0, because: .rateLimitBackoff, dsn: dsn.text) })
            return .discarded(.rateLimitBackoff, why: "the server asked for a pause")
        }
        var reduced = envelope
        reduced.items = wanted
        let outcome = post(reduced, to: dsn)
        // Not counted as long as the envelope stays in the spool: it will be looked at again.
        if case .unreachable = outcome { return outcome }
        tally.add(unwanted.flatMap { Discard.of($0, because: .rateLimitBackoff, dsn: dsn.text) })
        return outcome
    }

    // MARK: The conversation

    private func post(_ envelope: StoredEnvelope, to dsn: DSN) -> DeliveryOutcome {
        let report = reportsTravelAlone ? [] : tally.report(for: dsn.text)
        var outgoing = envelope
        if let item = DiscardTally.item(report, at: now) { outgoing.items.append(item) }
        outgoing.setHeader("sent_at", .string(now.rfc3339))
        let response: TransportResponse
        do throws(TransportError) {
            response = try transport.send(EnvelopeRequest.make(outgoing.encoded(), to: dsn))
        } catch {
            return .unreachable(error)
        }
        limits.update(response, dsn: dsn.text, now: now)
        return account(for: envelope, report, DeliveryVerdict(status: response.status), response)
    }

    private func account(
        for envelope: StoredEnvelope, _ report: [Discard], _ verdict: DeliveryVerdict, _ response: TransportResponse
    ) -> DeliveryOutcome {
        switch verdict {
        case .delivered:
            tally.told(report)
            if let checkIn = StoredCheckIn(in: envelope) { openings.delivered(checkIn, now: now) }
            return .delivered
        case .limited:
            tally.told(report)
            return .discarded(.rateLimitBackoff, why: "the server limits this (429)")
        case .refused(let status):
            reportsTravelAlone = reportsTravelAlone || !report.isEmpty
            let detail = String(decoding: response.body.prefix(200), as: UTF8.self)
            return discard(envelope, because: .sendError, why: "the server answered \(status) \(detail)")
        }
    }

    // MARK: Reports

    /// Tells each destination what was lost, in envelopes of their own. What cannot be told now stays for the next time.
    ///
    /// - Parameter isReachable: asked for each origin first.
    package func sendReports(isReachable: (DSN) -> Bool) {
        tally.takeLedger()
        for text in Set(tally.discards.map { $0.dsn ?? lastDSN?.text ?? "" }).sorted() {
            guard let dsn = try? DSN(text), isReachable(dsn), limits[text].deadlineForEverything(at: now) == nil else {
                continue
            }
            sendReport(to: dsn)
        }
    }

    private func sendReport(to dsn: DSN) {
        let report = tally.report(for: dsn.text)
        guard let item = DiscardTally.item(report, at: now) else { return tally.told(report) }
        let request = EnvelopeRequest.make(StoredEnvelope(to: dsn, at: now, items: [item]).encoded(), to: dsn)
        guard let response = try? transport.send(request) else { return }
        limits.update(response, dsn: dsn.text, now: now)
        // Told or refused: either way there is nothing to be gained by repeating it.
        tally.told(report)
    }
}
