// Whether a run is profiled: the supervisor and the reporter must agree on it.

import RunOptions
import SentryProtocol

/// What becomes of a run's profile.
package struct ProfileUse: Sendable, Equatable {
    package let plan: ProfilePlan
    /// It goes to Sentry, with the run's transaction.
    package let isSent: Bool
}

extension RunPlan {
    /// `nil` where the run is not to be profiled: nobody asked for it, or the draw was against it and no file is wanted.
    ///
    /// - Parameter seed: the run's (``RunIdentity/seed``).
    package func profileUse(seed: [UInt8], _ trace: TraceContext) -> ProfileUse? {
        guard let profile else { return nil }
        let identity = RunIdentity(seed: seed, startedWall: Timestamp(nanoseconds: 0))
        let isSent = !profile.isLocal && trace.sendsTransaction && identity.draw("profile") < profile.sampleRate
        guard isSent || profile.isLocal || profile.output != nil else { return nil }
        return ProfileUse(plan: profile, isSent: isSent)
    }
}
