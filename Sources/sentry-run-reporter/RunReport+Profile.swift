// A run's profile: what is asked of the profiler, what of its answer goes to Sentry, and what people are told.

import LinuxSystem
import OutputCapture
import RunLifecycle
import RunOptions
import SentryProtocol
import SupervisorLink

/// What came of the profile of a run.
struct RunProfile {
    let use: ProfileUse
    /// The file that is to be written, absolute; empty for none.
    let output: String
    /// The profile of a short run, until the transaction takes it with it.
    fileprivate(set) var whole: (piece: ProfilePiece, json: [UInt8])?
    fileprivate(set) var result: Result<ProfileOutcome, ProfilerFailure>?
    /// How samples were taken, if not as one would expect; a clause, may be empty.
    fileprivate(set) var remark = ""
    fileprivate(set) var chunks = 0
    /// Of the run's main thread, or of one that has samples.
    fileprivate(set) var thread: (id: Int32, name: String)?
    fileprivate(set) var wasSent = false
}

extension RunReport {
    // MARK: The question

    /// `nil` where the run is not to be profiled.
    static func makeProfile(_ setting: RunSetting) -> RunProfile? {
        guard let use = setting.plan.profileUse(seed: setting.identity.seed, setting.trace) else { return nil }
        return RunProfile(use: use, output: outputPath(use.plan, setting))
    }

    /// A profile without a name is written to the working directory, or where that cannot be written to beside other files
    /// that are soon gone.
    private static func outputPath(_ plan: ProfilePlan, _ setting: RunSetting) -> String {
        if let given = plan.output { return given.hasPrefix("/") ? given : "\(setting.workingDirectory)/\(given)" }
        guard plan.isLocal else { return "" }
        let name = ProfileFileName.make(
            job: setting.name, started: setting.identity.started, format: plan.format ?? .html)
        let temporary = environmentValue("TMPDIR").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        return "\(isWritable(setting.workingDirectory) ? setting.workingDirectory : temporary)/\(name)"
    }

    func profilerParameters(_ sampling: SamplingState) -> ProfilerParameters? {
        guard let profile, let source = sampling.source else { return nil }
        let plan = profile.use.plan
        var parameters = ProfilerParameters(
            source: source, frequency: UInt32(plan.frequency), budgetMillionths: UInt32(plan.budget * 1_000_000),
            descriptors: sampling.descriptors, startedWall: facts.start.startedWall,
            startedMonotonic: facts.start.startedMonotonic)
        parameters.includesBlocked = plan.mode == .wall
        parameters.stackBytes = sampling.stackBytes
        parameters.isSent = profile.use.isSent
        parameters.restarts = facts.start.reporterRestarts
        (parameters.transactionLimit, parameters.chunkLimit) = profileLimits
        parameters.symbolicationTime = UInt32(clamping: setting.plan.symbolicationTimeout / 1_000_000)
        (parameters.output, parameters.format) = (profile.output, plan.format?.rawValue ?? "")
        (parameters.title, parameters.command) = (setting.name, setting.command)
        parameters.symbolPaths = setting.plan.symbolPaths
        parameters.inAppInclude = setting.plan.inAppInclude
        parameters.inAppExclude = setting.plan.inAppExclude
        return parameters
    }

    /// The server's limits, in milliseconds. For tests, which do not wait half a minute, `SENTRY_RUN_TEST_PROFILE_LIMITS` has
    /// smaller ones: `2000,1000`.
    private var profileLimits: (transaction: UInt32, chunk: UInt32) {
        let smaller = environmentValue("SENTRY_RUN_TEST_PROFILE_LIMITS")?.split(separator: ",").compactMap {
            UInt32($0)
        }
        guard let smaller, smaller.count == 2 else { return (30_000, 60_000) }
        return (min(smaller[0], 30_000), min(max(smaller[1], 100), 60_000))
    }

    // MARK: The answer

    func profiled(_ profiler: RunProfiler) {
        profile?.whole = profiler.whole
        profile?.result = profiler.result
        profile?.remark = profiler.remark
        if let piece = profiler.whole?.piece { profile?.thread = (piece.thread, piece.threadName) }
    }

    /// A part of a long run's profile.
    func send(_ piece: ProfilePiece, _ json: [UInt8]) {
        guard let profile, profile.use.isSent, !isSettled else { return }
        let number = "chunk \(facts.start.reporterRestarts).\(profile.chunks)"
        let chunk = ProfileChunk(
            id: setting.identity.id(number), profilerID: profilerID, release: setting.release,
            environment: setting.plan.environment, samples: json)
        sink.accept(setting.envelope([chunk.item]))
        if !facts.profileWasSent { remember(.profileSent) }
        facts.partOfProfileWasSent()
        self.profile?.chunks += 1
        self.profile?.thread = (piece.thread, piece.threadName)
        self.profile?.wasSent = true
        startCourier()
    }

    private var profilerID: HexID16 { setting.identity.id("profiler") }

    /// Links the transaction with its profile, and takes that along where it is one whole.
    ///
    /// - Returns: the items that go with the transaction.
    func attachProfile(to transaction: inout Transaction) -> [EnvelopeItem] {
        guard let profile, profile.use.isSent else {
            if let asked = setting.plan.profile, !asked.isLocal { discards.add(.sampleRate, .profile) }
            return []
        }
        if let thread = profile.thread {
            let name = thread.name.isEmpty ? [:] : ["thread.name": JSONValue.string(thread.name)]
            let data = ["thread.id": JSONValue.string(String(thread.id))].merging(name) { $1 }
            transaction.trace.data.merge(data) { $1 }
        }
        // A transaction has one kind of profile.
        if facts.profileWasSent {
            transaction.contexts["profile"] = ["profiler_id": .string(profilerID.description)]
        } else if let whole = profile.whole, whole.piece.samples > 1 {
            self.profile?.wasSent = true
            return [transactionProfile(whole, of: transaction).item]
        }
        return []
    }

    private func transactionProfile(
        _ whole: (piece: ProfilePiece, json: [UInt8]), of transaction: Transaction
    ) -> TransactionProfile {
        var profile = TransactionProfile(
            id: setting.identity.id("profile"), started: setting.identity.started, architecture: machineName(),
            kernelVersion: String(HostFacts.current.kernelRelease.prefix { $0 != "-" }), transactionID: transaction.id,
            transactionName: transaction.name, traceID: setting.trace.traceID, activeThread: whole.piece.thread,
            samples: whole.json)
        profile.release = setting.release
        profile.environment = setting.plan.environment
        profile.dist = setting.plan.dist
        return profile
    }

    // MARK: For people

    /// What was not seen of the job, and why; a run that could not be started has no profile to miss.
    func noteProfile() {
        guard let profile, facts.execFailure == nil else { return }
        switch profile.result {
        case .success(let outcome):
            // Otherwise the summary has them.
            if outcome.summary.isEmpty { facts.notes += outcome.notes.map { "profile: \(setting.scrubber.scrub($0))" } }
            if !profile.remark.isEmpty { facts.notes.append("profile: \(profile.remark)") }
            if !outcome.outputFailure.isEmpty {
                note("the profile could not be written to \(profile.output): \(outcome.outputFailure)")
            }
        case .failure(let failure): facts.notes.append("there is no profile: \(failure)")
        case nil: facts.notes.append("there is no profile: the run's end was not seen")
        }
        if facts.start.reporterRestarts > 0, profile.result != nil {
            facts.notes.append("profile: samples from before the reporter was started anew are not in it")
        }
    }

    /// What `sentry-run profile` prints at the end; empty where there was nothing to profile.
    var profileNotice: String {
        guard let profile, facts.execFailure == nil else { return "" }
        guard case .success(let outcome)? = profile.result else {
            let reason = if case .failure(let failure)? = profile.result { failure.description } else { "it was lost" }
            return "sentry-run: there is no profile: \(printable(reason))"
        }
        var lines = ["sentry-run: \(printable(outcome.headline(profile.use.plan)))"] + outcome.table.map(printable)
        if outcome.summary.isEmpty { lines += outcome.notes.map { "sentry-run: \(printable($0))" } }
        if !profile.remark.isEmpty { lines.append("sentry-run: \(printable(profile.remark))") }
        lines.append(
            outcome.outputFailure.isEmpty
                ? "sentry-run: the profile is in \(printable(profile.output))"
                : "sentry-run: \(printable(profile.output)) could not be written: \(printable(outcome.outputFailure))")
        return lines.joined(separator: "\n")
    }

    var recordedProfile: RunRecord.Profile? {
        guard let profile, case .success(let outcome)? = profile.result else { return nil }
        return RunRecord.Profile(
            headline: outcome.headline(profile.use.plan), source: outcome.source,
            samples: Int64(clamping: outcome.taken), lost: Int64(clamping: outcome.lost),
            frequency: Int64(outcome.frequency),
            output: profile.output.isEmpty || !outcome.outputFailure.isEmpty ? nil : profile.output,
            wasSent: profile.wasSent, summary: setting.scrubber.scrub(outcome.table.joined(separator: "\n")))
    }
}

extension ProfileOutcome {
    /// The first line of the summary; where there is none, `1234 samples of 2 processes and 5 threads at 101 Hz by perf`.
    fileprivate func headline(_ plan: ProfilePlan) -> String {
        if let first = summary.split(separator: "\n").first { return String(first) }
        let rate = Int(frequency) == plan.frequency ? "\(frequency) Hz" : "\(frequency) Hz at the end"
        var text =
            "\(count(Int64(clamping: taken), "sample")) of \(processes == 1 ? "1 process" : "\(processes) processes")"
        text += " and \(count(Int64(threads), "thread")) at \(rate) by \(source)"
        if lost > 0 { text += ", \(lost) lost" }
        return text
    }

    /// The rest of the summary, without empty lines at its ends.
    fileprivate var table: [String] {
        let lines = summary.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map(String.init)
        return Array(lines.drop(while: \.isEmpty).reversed().drop(while: \.isEmpty).reversed())
    }
}

/// What a profile is called where nobody gave it a name.
enum ProfileFileName {
    /// `NAME-YYYYMMDD-HHMMSS.html`, in UTC, as runs are named.
    static func make(job: String, started: Timestamp, format: ProfilePlan.Format) -> String {
        let plain = job.unicodeScalars.map { isPlain($0) ? Character($0) : "_" }
        let name = String(plain.prefix(100)).drop { $0 == "." }
        let time = started.rfc3339.filter { $0 != "-" && $0 != ":" }
        return "\(name.isEmpty ? "job" : name)-\(time.prefix(8))-\(time.dropFirst(9).prefix(6)).\(suffix(format))"
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "+": true
        default: false
        }
    }

    private static func suffix(_ format: ProfilePlan.Format) -> String {
        switch format {
        case .html: "html"
        case .svg: "svg"
        case .speedscope: "speedscope.json"
        case .pprof: "pb.gz"
        case .collapsed: "collapsed"
        case .firefox: "firefox.json"
        case .perf: "perf.txt"
        }
    }
}
