// From facts to a verdict.

import CrashReporting
import LinuxSystem
import OutputCapture
import RunLifecycle
import SentryProtocol
import SupervisorLink

/// A verdict and what it was made of.
struct JudgedRun {
    let evidence: Evidence
    let verdict: Verdict

    /// - Parameter tail: the last lines of both streams, oldest first.
    init(
        _ facts: RunFacts, setting: RunSetting, tail: [TailLine], crashes: RunCrashes, exceptions: [ReportedException],
        host: HostSnapshot
    ) {
        var evidence = Evidence(jobName: setting.name, ending: facts.evidenceEnding)
        evidence.okExitCodes = (0...255).filter(setting.plan.okExitCodes.contains)
        evidence.timeoutStage = facts.timeoutStage
        evidence.timeout = setting.plan.timeout
        evidence.signals = facts.signals.map { seen in
            Evidence.ReceivedSignal(
                number: seen.signal, senderPID: seen.sender, senderUser: seen.user, senderCommand: seen.senderCommand,
                beforeEnd: max(0, facts.ended.nanoseconds - seen.time.nanoseconds))
        }
        evidence.oomKillRose = facts.outOfMemoryKill
        if facts.outOfMemoryKill { (evidence.memoryUsage, evidence.memoryLimit) = host.memoryAtKill }
        evidence.processorTimeLimit = ResourceLimit.processorTime
        evidence.fileSizeLimit = ResourceLimit.fileSize
        evidence.processorTime = facts.exit.map { ($0.userMicroseconds + $0.systemMicroseconds) * 1000 }
        evidence.crash = crashes.ofJob?.facts
        evidence.childDeaths = crashes.childDeaths
        evidence.hang = crashes.hang
        evidence.startupWindow = setting.plan.startupWindow
        evidence.runTime = facts.job == 0 ? nil : facts.duration
        evidence.exceptions = exceptions
        evidence.lastErrorLines = tail.filter { $0.stream == .standardError }.map(\.text)
        self.evidence = evidence
        verdict = Verdict(evidence)
    }
}

extension RunFacts {
    /// Nanoseconds from the job's start to its end.
    var duration: Int64 { max(0, ended.nanoseconds - startedWall) }

    fileprivate var evidenceEnding: Evidence.Ending {
        if let execFailure { return .notStarted(errno: execFailure.errno, reason: execFailure.reason) }
        return waitStatus.map { Evidence.Ending(waitStatus: $0) } ?? .unknown
    }

    /// `nil` where nobody could ask the kernel.
    var usage: RunLifecycle.ResourceUsage? {
        exit.map { exit in
            RunLifecycle.ResourceUsage(
                userMicroseconds: exit.userMicroseconds, systemMicroseconds: exit.systemMicroseconds,
                maxResidentKiB: exit.maxResidentKiB, majorFaults: exit.majorFaults, blocksIn: exit.blocksIn,
                blocksOut: exit.blocksOut, voluntarySwitches: exit.voluntarySwitches,
                involuntarySwitches: exit.involuntarySwitches)
        }
    }

    var usageContext: JSONValue? {
        exit.map { exit in
            [
                "wall_seconds": .number(Double(duration) / 1e9),
                "user_seconds": .number(Double(exit.userMicroseconds) / 1e6),
                "system_seconds": .number(Double(exit.systemMicroseconds) / 1e6),
                "max_resident_bytes": .integer(exit.maxResidentKiB * 1024),
                "minor_faults": .integer(exit.minorFaults), "major_faults": .integer(exit.majorFaults),
                "disk_read_bytes": .integer(exit.blocksIn * 512), "disk_written_bytes": .integer(exit.blocksOut * 512),
                "voluntary_switches": .integer(exit.voluntarySwitches),
                "involuntary_switches": .integer(exit.involuntarySwitches),
                "stdout_bytes": .integer(Int64(clamping: exit.outputBytes)),
                "stderr_bytes": .integer(Int64(clamping: exit.errorBytes)),
            ]
        }
    }
}
