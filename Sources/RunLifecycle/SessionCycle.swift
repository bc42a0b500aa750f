// The release-health session of one run (protocol reference 9.3).

import SentryProtocol

/// At most two updates: one after ``initialDelay`` for a run that still goes on then, and the terminal one. A short run
/// sends the terminal one alone, which then is the one that counts the session.
package struct SessionCycle: Sendable {
    /// Nanoseconds from the run's start to the first update of a long run.
    package static let initialDelay: Int64 = 10_000_000_000

    private let identity: RunIdentity
    private let release: String
    private let environment: String?
    /// The update with `init` was made. Whoever resumes a run's report says so: repeated, it would count twice.
    package private(set) var hasBegun: Bool
    package private(set) var hasEnded = false

    /// `nil` without a release: the server takes no session then.
    package init?(identity: RunIdentity, release: String?, environment: String?, hasBegun: Bool = false) {
        guard let release, ReleaseName.problem(release) == nil else { return nil }
        self.identity = identity
        self.release = release
        self.environment = environment
        self.hasBegun = hasBegun
    }

    /// The update that says the run is under way. `nil` when there already was one.
    package mutating func beginning(at now: Timestamp) -> Session? {
        guard !hasBegun, !hasEnded else { return nil }
        return update(.ok, at: now, errors: 0, duration: nil)
    }

    /// The last update. `nil` when there already was one: a terminal session must not be updated again.
    ///
    /// - Parameter errors: error events of the run so far; a failure counts as one at least.
    package mutating func ending(_ outcome: RunOutcome, at end: Timestamp, errors: Int = 0) -> Session? {
        guard !hasEnded else { return nil }
        hasEnded = true
        return update(
            outcome.sessionStatus, at: end, errors: max(errors, outcome.isFailure ? 1 : 0),
            duration: max(0, end.nanoseconds - identity.started.nanoseconds))
    }

    private mutating func update(
        _ status: Session.Status, at now: Timestamp, errors: Int, duration: Int64?
    ) -> Session {
        defer { hasBegun = true }
        return Session(
            id: identity.sessionID, isInitial: !hasBegun, started: identity.started,
            timestamp: max(now, identity.started),
            status: status, errors: errors, duration: duration, release: release, environment: environment)
    }
}
