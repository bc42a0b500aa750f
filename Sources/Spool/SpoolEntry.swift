// A spooled file's name says everything that order and quota need, so that neither opens a file:
//
//     1-1795234329050120000-3fa9c1d2-0001-1432.event
//     priority-time-run-sequence-bytes.category

import SentryProtocol

/// What an envelope mainly carries: its first item that is not an attachment. A check-in's file may hold nothing else.
package enum SpoolCategory: String, Sendable, CaseIterable {
    case checkIn = "check_in"
    case event
    case session
    case transaction
    case profile = "profile_chunk"
    case log
    case clientReport = "client_report"

    /// 0 is sent first: what is worth nothing when late, then what somebody waits for.
    package var priority: Int {
        switch self {
        case .checkIn: 0
        case .event, .session: 1
        case .transaction: 2
        case .profile: 3
        case .log: 4
        case .clientReport: 5
        }
    }

    /// 0 is thrown away first when the spool is full (protocol reference 12.5).
    package var value: Int {
        switch self {
        case .log, .profile: 0
        case .transaction, .clientReport: 1
        case .session, .checkIn: 2
        case .event: 3
        }
    }

    /// Whether the file and its directory are synchronised before it counts as kept: what nobody can produce again.
    package var isDurable: Bool { self == .event || self == .checkIn }

    /// The highest priority among the items: an event that travels with a session is an event.
    package init(of envelope: Envelope) { self.init(kinds: envelope.items.map(\.kind)) }

    /// The same for an envelope that was read back.
    package init(of envelope: StoredEnvelope) {
        self.init(kinds: envelope.items.compactMap { ItemKind(rawValue: $0.type) })
    }

    private init(kinds: [ItemKind]) {
        let present = kinds.compactMap { SpoolCategory($0) }
        let order: [SpoolCategory] = [.checkIn, .event, .transaction, .session, .profile, .log]
        self = order.first(where: present.contains) ?? .clientReport
    }

    private init?(_ kind: ItemKind) {
        switch kind {
        case .event: self = .event
        case .transaction: self = .transaction
        case .session: self = .session
        case .checkIn: self = .checkIn
        case .log: self = .log
        case .profile, .profileChunk: self = .profile
        case .clientReport: self = .clientReport
        case .attachment: return nil
        }
    }
}

/// One file of the spool, as its name describes it.
package struct SpoolEntry: Sendable, Hashable, Comparable {
    package let category: SpoolCategory
    /// When it was accepted: wall clock, nanoseconds since 1970; increasing within a run even when the clock is not.
    package let time: Int64
    /// The run it belongs to: 8–16 lower-case hex digits.
    package let run: String
    /// Counts within the run.
    package let sequence: Int
    /// Size of the file.
    package let bytes: Int

    package init(category: SpoolCategory, time: Int64, run: String, sequence: Int, bytes: Int) {
        self.category = category
        self.time = time
        self.run = run
        self.sequence = sequence
        self.bytes = bytes
    }

    package var name: String {
        let digits = String(sequence)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(category.priority)-\(time)-\(run)-\(padded)-\(bytes).\(category.rawValue)"
    }

    /// Reads a name; `nil` for anything that this program would not have written.
    package init?(name: String) {
        let halves = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let category = SpoolCategory(rawValue: String(halves[1])) else { return nil }
        let fields = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 5, let time = Int64(fields[1]), let sequence = Int(fields[3]), let bytes = Int(fields[4]),
            isRunTag(String(fields[2]))
        else { return nil }
        self.init(category: category, time: time, run: String(fields[2]), sequence: sequence, bytes: bytes)
        // Also refuses signs, other spellings of numbers and a priority that is not the category's.
        guard time >= 0, sequence >= 0, bytes >= 0, self.name == name else { return nil }
    }

    /// The order of delivery: by priority, then oldest first. A run's opening check-in so comes before its closing one.
    package static func < (left: SpoolEntry, right: SpoolEntry) -> Bool {
        (left.category.priority, left.time, left.run, left.sequence)
            < (right.category.priority, right.time, right.run, right.sequence)
    }
}

/// Whether a text can name a run in the spool: 8–16 lower-case hex digits.
package func isRunTag(_ text: String) -> Bool {
    (8...16).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}
