// `sentry-run profile -p PID`: a process that runs already.

import CrashReporting
import JobControl
import LinuxSystem
import Profiling
import RunOptions
import SentryProtocol
import SupervisorLink

/// Samples a process and what it starts until it ends, the time is over, or somebody says so.
///
/// Nothing of it is changed, and nothing is left when this ends, however it ends: the events go with their
/// descriptors, and what is traced with the thread that traces it.
struct AttachCommand {
    private let process: Int32
    private let duration: Int64?
    private let plan: RunPlan
    private let options: ProfilePlan
    private let name: String

    private enum Token {
        static let signals: UInt64 = 1
        static let end: UInt64 = 2
        static let time: UInt64 = 3
    }

    init(process: Int32, duration: Int64?, plan: RunPlan) {
        self.process = process
        self.duration = duration
        self.plan = plan
        options = plan.profile ?? ProfilePlan()
        name = ProcessIdentity.name(of: process) ?? "process"
    }

    /// - Returns: the exit status.
    func run() -> Int32 {
        let signals = CallerSignals.block()
        ResourceLimit.raiseDescriptors(to: 16384)
        if options.source == .ptrace { return runByTracer(signals, because: nil) }
        do {
            let end = try DetachedProgram.end(of: process)
            let started = MonotonicTime.now
            let wall = wallClockNanoseconds()
            var sampling = try PerfSampling(
                process, PerfSamplingOptions(frequency: options.frequency, startsAtExec: false))
            defer { sampling.close() }
            let source = PerfStackSource(
                try PerfSampleRings(sampling.descriptors), period: 1_000_000_000 / Int64(options.frequency))
            var wanted = ProfileRecorder.Options(started: started, recordsMappings: source.recordsMappings)
            wanted.period = 1_000_000_000 / Int64(options.frequency)
            guard let recorder = ProfileRecorder(wanted) else { return complain("memory is short", status: 1) }
            for process in sampling.followRest(of: process) { recorder.found(process: process) }
            let session = try ProfilingSession(recorder, [source], budget: options.budget)
            if options.mode == .wall { try session.add(BlockedThreadSource(process)) }
            try watch(session, [end])
            sampling.stop()
            session.takeAll()
            // A second ^C ends it at once.
            signals.restore()
            return finish(session, sampling, started: started, wall: wall)
        } catch let error as PerfTaskError {
            if options.source == .automatic, error.isRefusal { return runByTracer(signals, because: error) }
            return complain(sentence(error), status: 1)
        } catch {
            return complain("process \(process) cannot be profiled: \(error)", status: 1)
        }
    }

    /// Where the kernel takes no samples: by stopping threads that run.
    ///
    /// - Parameter refusal: why it takes none; `nil` where it was not asked to.
    private func runByTracer(_ signals: CallerSignals, because refusal: PerfTaskError?) -> Int32 {
        do {
            // Of its children, which are traced as well, some may go on.
            let end = try DetachedProgram.end(of: process)
            let started = MonotonicTime.now
            let wall = wallClockNanoseconds()
            let ring = try SampleRing(capacity: SampleRing.usualCapacity * (options.frequency > 250 ? 4 : 1))
            defer { ring.close() }
            guard
                let recorder = ProfileRecorder(ProfileRecorder.Options(started: started, recordsMappings: false))
            else { return complain("memory is short", status: 1) }
            let source = RingSource(try SampleRingReader(file: ring.file, wakeUp: ring.wakeUp.descriptor))
            let session = try ProfilingSession(recorder, [source], budget: options.budget)
            let attachment = try SamplingAttachment()
            try attachment.start(
                process, SamplingPlan(frequency: options.frequency, ring: ring, budget: options.budget))
            if options.mode == .wall { try session.add(BlockedThreadSource(process)) }
            try watch(session, [end, attachment.ended.descriptor])
            attachment.stop()
            _ = attachment.ended.descriptor.waitReadable(milliseconds: 1000)
            session.takeAll()
            signals.restore()
            return finish(session, nil, started: started, wall: wall)
        } catch {
            let perf = refusal.map { "; " + sentence($0) } ?? ""
            return complain("process \(process) cannot be profiled: \(error)\(perf)", status: 1)
        }
    }

    private func watch(_ session: ProfilingSession, _ ends: [FileDescriptor]) throws(SystemError) {
        // The tracer takes the others: one for each stop.
        let signals = try SignalDescriptor(of: [.interrupt, .terminate, .hangUp, .quit])
        try session.watch(signals.descriptor, token: Token.signals)
        for end in ends { try session.watch(end, token: Token.end) }
        let timer = try Timer()
        if let duration {
            try timer.arm(after: duration)
            try session.watch(timer.descriptor, token: Token.time)
        }
        var line = LiveLine(title: "\(name) (\(process))", started: .now, isWanted: !plan.quiet)
        defer { line.clear() }
        while true {
            let ready = try session.wait()
            if ready.contains(Token.end) || ready.contains(Token.time) { return }
            if ready.contains(Token.signals), try signals.take().contains(where: { Self.isEnd($0.signal) }) { return }
            line.show(session.recorder.tally)
        }
    }

    private static func isEnd(_ signal: Signal) -> Bool {
        [.interrupt, .terminate, .hangUp, .quit].contains(signal)
    }

    // MARK: At the end

    private func finish(
        _ session: ProfilingSession, _ sampling: PerfSampling?, started: MonotonicTime, wall: Int64
    ) -> Int32 {
        let description = ProfileDescription(
            title: "\(name) (\(process))", started: Timestamp(nanoseconds: wall), frequency: options.frequency,
            mode: options.mode == .wall ? .wall : .cpu, source: session.sourceName)
        var profile = session.recorder.profile(description, ended: .now, rules)
        profile.notes += notes(session, sampling)
        let file = ProfileFile(path: options.output, format: options.format, title: "\(name)-\(process)")
        do throws(SystemError) { try file.write(profile) } catch {
            return complain("the profile could not be written: \(error)", status: 1)
        }
        report(profile, file)
        return 0
    }

    private func notes(_ session: ProfilingSession, _ sampling: PerfSampling?) -> [String] {
        var notes = session.notes
        guard let sampling else { return notes }
        if sampling.isOnlyUser {
            notes.append("time in the kernel is not sampled: kernel.perf_event_paranoid does not permit it")
        }
        if sampling.missedThreads > 0 { notes.append("\(sampling.missedThreads) threads could not be sampled") }
        return notes
    }

    private func report(_ profile: Profile, _ file: ProfileFile) {
        guard !plan.quiet else { return }
        say(ProfileSummary(width: 100).text(of: profile), on: .standardError)
        if file.path != "-" { say("sentry-run: the profile is in \(file.path)\n", on: .standardError) }
    }

    private var rules: NamingRules {
        let executable = (try? readLink("/proc/\(process)/exe")) ?? ""
        var rules = NamingRules(
            InAppRules(include: plan.inAppInclude, exclude: plan.inAppExclude, executable: executable))
        rules.symbolPaths = plan.symbolPaths
        return rules
    }

    private func sentence(_ error: PerfTaskError) -> String {
        switch error {
        case .refused(let reason) where reason.isNoProcess: "there is no process \(process)"
        case .refused(let reason): "process \(process) may not be sampled: \(reason)"
        case .tooManyProcessors: "this machine has more processors than can be followed"
        case .noMemory(let reason): "memory for the samples may not be locked: \(reason)"
        }
    }
}

extension PerfTaskError {
    /// The kernel takes no samples for us, though there is such a process.
    fileprivate var isRefusal: Bool {
        switch self {
        case .refused(let reason): !reason.isNoProcess
        case .tooManyProcessors, .noMemory: true
        }
    }
}
