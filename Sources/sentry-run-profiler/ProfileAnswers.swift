// What the reporter gets: chunks while the job runs, or one profile of a short run; a file; a summary.

import LinuxSystem
import Profiling
import RunOptions
import SentryProtocol
import SupervisorLink

/// The answering half of following a job.
final class ProfileAnswers {
    private let link: PacketSocket
    private let parameters: ProfilerParameters
    private var chunkStarted: MonotonicTime
    private var chunks = 0

    /// A chunk ends earlier where it has so many samples.
    private static let mostInChunk = 100_000
    /// Milliseconds that an answer may wait for the reporter to read.
    private static let patience: Int32 = 1000

    init(_ link: PacketSocket, _ parameters: ProfilerParameters) {
        self.link = link
        self.parameters = parameters
        chunkStarted = MonotonicTime(nanoseconds: parameters.startedMonotonic)
    }

    /// Sends what was sampled so far where a chunk is due: not before it is known that the run is too long for one profile.
    func sendDueChunk(_ session: ProfilingSession, _ rules: NamingRules, mainProcess: Int32?) {
        let now = MonotonicTime.now
        guard parameters.isSent, !isShort(now) else { return }
        let isLong = now.since(chunkStarted) >= Int64(parameters.chunkLimit) * 1_000_000
        guard isLong || session.recorder.chunkCount >= Self.mostInChunk else { return }
        sendChunk(session, rules, mainProcess)
        chunkStarted = now
    }

    private func isShort(_ now: MonotonicTime) -> Bool {
        chunks == 0
            && now.nanoseconds - parameters.startedMonotonic <= Int64(parameters.transactionLimit) * 1_000_000
    }

    private func sendChunk(_ session: ProfilingSession, _ rules: NamingRules, _ mainProcess: Int32?) {
        chunks += 1
        let part = session.recorder.takeChunkProfile(description(session), rules)
        guard let piece = part?.sentryProfile(.chunk, mainProcess: mainProcess) else { return }
        send(piece, as: ProfilerAnswer.chunk)
    }

    /// The last answers.
    ///
    /// - Parameter milliseconds: until they are due.
    func finish(_ session: ProfilingSession, _ rules: NamingRules, mainProcess: Int32?, milliseconds: UInt32) {
        let ended = MonotonicTime.now
        var rules = rules
        // Writing takes time, too.
        rules.timeLimit = min(rules.timeLimit, Int64(milliseconds) * 500_000)
        if parameters.isSent {
            if isShort(ended) {
                let part = session.recorder.takeChunkProfile(description(session), rules)
                if let piece = part?.sentryProfile(.transaction, mainProcess: mainProcess) {
                    send(piece, as: ProfilerAnswer.profile)
                }
            } else {
                sendChunk(session, rules, mainProcess)
            }
        }
        var profile = session.recorder.profile(description(session), ended: ended, rules)
        profile.notes += session.notes
        var outcome = outcome(profile, session)
        if !parameters.output.isEmpty { outcome.outputFailure = write(profile) }
        _ = sendWhenTaken(ProfilerAnswer.done(outcome).encoded(), [])
    }

    private func outcome(_ profile: Profile, _ session: ProfilingSession) -> ProfileOutcome {
        var outcome = ProfileOutcome(
            source: profile.source, frequency: parameters.frequency / session.budget.keepsOneOf)
        outcome.taken = profile.tally.taken
        outcome.lost = profile.tally.lost
        outcome.throttled = profile.tally.throttled
        outcome.late = profile.tally.late
        outcome.truncated = profile.tally.truncated
        outcome.processes = UInt32(profile.processes.count)
        outcome.threads = UInt32(profile.threads.count)
        outcome.summary = ProfileSummary().text(of: profile)
        outcome.notes = profile.notes
        return outcome
    }

    /// - Returns: why it could not be; empty where it was.
    private func write(_ profile: Profile) -> String {
        let format = ProfilePlan.Format(rawValue: parameters.format)
        let file = ProfileFile(path: parameters.output, format: format, title: parameters.title)
        do throws(SystemError) {
            try file.write(profile)
            return ""
        } catch { return "\(error)" }
    }

    private func description(_ session: ProfilingSession) -> ProfileDescription {
        var description = ProfileDescription(
            title: parameters.title, started: Timestamp(nanoseconds: parameters.startedWall),
            frequency: Int(parameters.frequency), mode: parameters.includesBlocked ? .wall : .cpu,
            source: session.sourceName)
        description.command = parameters.command
        return description
    }

    // MARK: Sending

    private func send(_ piece: SentryProfile, as answer: (ProfilePiece) -> ProfilerAnswer) {
        let said = ProfilePiece(
            startedWall: piece.started.nanoseconds, endedWall: piece.ended.nanoseconds, samples: piece.samples,
            thread: piece.thread, threadName: piece.threadName)
        do throws(SystemError) {
            let file = try FileDescriptor.memoryFile(named: "profile")
            defer { file.close() }
            try file.writeAll(piece.json)
            _ = sendWhenTaken(answer(said).encoded(), [file])
        } catch {
            // No memory for it: the samples of this piece are lost, and nothing else.
            _ = complain("a part of the profile could not be handed over: \(error)", status: 1)
        }
    }

    /// - Returns: whether it was; `false` where the reporter does not read, or is gone.
    private func sendWhenTaken(_ packet: [UInt8], _ files: [FileDescriptor]) -> Bool {
        for _ in 0..<2 {
            switch try? link.send(packet, with: files) {
            case .sent: return true
            case .full: link.descriptor.waitWritable(milliseconds: Self.patience)
            case .gone, nil: return false
            }
        }
        return false
    }
}
