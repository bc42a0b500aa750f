// A job, for the reporter that started us.

import CrashReporting
import LinuxSystem
import Profiling
import RunOptions
import SentryProtocol
import SupervisorLink

/// Samples a job by the descriptors that the supervisor made, and answers on the reporter's link.
///
/// The end of the link is the reporter's end, and ours.
final class FollowCommand {
    private let link = PacketSocket(ProfilerDescriptors.link)
    private var parameters: ProfilerParameters
    private var descriptors: [FileDescriptor] = []
    private var job: Int32?
    private var executable = ""
    private var seesWaiting = false

    private static let linkToken: UInt64 = 1

    /// - Returns: the exit status; nobody reads it but to see whether we were killed.
    static func run() -> Int32 {
        _ = CallerSignals.block()
        ResourceLimit.raiseDescriptors(to: 16384)
        do {
            guard let parameters = try firstMessage() else { return 1 }
            try FollowCommand(parameters).follow()
            return 0
        } catch {
            _ = try? PacketSocket(ProfilerDescriptors.link).send(
                ProfilerAnswer.failed(reason: String(describing: error)).encoded())
            return complain("the job cannot be profiled: \(error)", status: 1)
        }
    }

    private init(_ parameters: ProfilerParameters) { self.parameters = parameters }

    private static func firstMessage() throws -> ProfilerParameters? {
        let link = PacketSocket(ProfilerDescriptors.link)
        ProfilerDescriptors.link.waitReadable(milliseconds: 10_000)
        guard case .packet(let packet, _) = try link.receive(capacity: maximumProfilerPacket),
            case .start(let parameters) = try ProfilerMessage(packet: packet)
        else { return nil }
        return parameters
    }

    // MARK: While the job runs

    private func follow() throws {
        // The job may have ended already: what it left in the rings is its profile.
        var ending = try gatherDescriptors()
        if case .gone? = ending { return }
        let source = try source()
        var options = ProfileRecorder.Options(
            started: MonotonicTime(nanoseconds: parameters.startedMonotonic),
            recordsMappings: source.recordsMappings)
        options.keepsChunks = parameters.isSent
        options.period = 1_000_000_000 / Int64(max(1, parameters.frequency))
        guard let recorder = ProfileRecorder(options) else { return }
        let session = try ProfilingSession(
            recorder, [source], budget: Double(parameters.budgetMillionths) / 1_000_000)
        try session.watch(link.descriptor, token: Self.linkToken)
        let answers = ProfileAnswers(link, parameters)
        while ending == nil {
            addWaitingThreads(to: session)
            let ready = try session.wait()
            answers.sendDueChunk(session, rules, mainProcess: job)
            if ready.contains(Self.linkToken) { ending = try takeMessages() }
        }
        guard case .finish(let milliseconds)? = ending else { return }
        session.takeAll()
        answers.finish(session, rules, mainProcess: job, milliseconds: milliseconds)
    }

    private func gatherDescriptors() throws -> Ending? {
        var ending: Ending?
        while descriptors.count < Int(parameters.descriptors) {
            ending = try takeMessages()
            if descriptors.count >= Int(parameters.descriptors) { break }
            guard ending == nil, ProfilerDescriptors.link.waitReadable(milliseconds: 10_000) else {
                throw SystemError("recvmsg", on: "samples", code: SystemError.noBuffers)
            }
        }
        return ending
    }

    /// Once the job is known, and only if they are wanted.
    private func addWaitingThreads(to session: ProfilingSession) {
        guard parameters.includesBlocked, let job, !seesWaiting else { return }
        seesWaiting = true
        do throws(SystemError) { try session.add(try BlockedThreadSource(job)) } catch {
            // It is gone already, or nothing may be seen of it: what ran is sampled all the same.
        }
    }

    private enum Ending {
        case finish(milliseconds: UInt32)
        /// The reporter is gone.
        case gone
    }

    private func takeMessages() throws -> Ending? {
        while true {
            switch try link.receive(capacity: maximumProfilerPacket) {
            case .nothing: return nil
            case .end: return .gone
            case .packet(let packet, let passed):
                switch try ProfilerMessage(packet: packet) {
                case .start: break
                case .descriptors: descriptors += passed
                case .jobStarted(let pid): started(pid)
                case .finish(let milliseconds): return .finish(milliseconds: milliseconds)
                }
            }
        }
    }

    private func started(_ pid: Int32) {
        job = pid
        executable = (try? readLink("/proc/\(pid)/exe")) ?? ""
    }

    private func source() throws -> any StackSource {
        switch parameters.source {
        case .perf:
            return PerfStackSource(
                try PerfSampleRings(descriptors), period: 1_000_000_000 / Int64(max(1, parameters.frequency)))
        case .ring:
            guard descriptors.count >= 2 else {
                throw SystemError("recvmsg", on: "sample ring", code: SystemError.noBuffers)
            }
            return RingSource(try SampleRingReader(file: descriptors[0], wakeUp: descriptors[1]))
        }
    }

    private var rules: NamingRules {
        var rules = NamingRules(
            InAppRules(
                include: parameters.inAppInclude, exclude: parameters.inAppExclude, executable: executable))
        rules.symbolPaths = parameters.symbolPaths
        rules.timeLimit = Int64(parameters.symbolicationTime) * 1_000_000
        return rules
    }
}
