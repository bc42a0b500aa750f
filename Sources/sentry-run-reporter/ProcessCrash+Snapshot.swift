// A snapshot's facts, as the rules of crash reporting want them.

import CrashReporting
import LinuxSystem
import OutputCapture
import RunOptions
import SentryProtocol
import SupervisorLink

extension ProcessCrash {
    /// - Parameters:
    ///   - snapshot: its memory is not looked at (`ProcessSnapshot(_:withMemory: false)`).
    ///   - job: the pid of the job's own process.
    init(_ snapshot: ProcessSnapshot, _ notice: SnapshotNotice, job: Int32, scrubber: Scrubber) {
        let header = snapshot.header
        self.init(
            reason: Reason(header.reason), process: header.process, thread: header.thread,
            parent: Self.parent(snapshot.status), name: snapshot.name.trimmedLine,
            executable: scrubber.scrub(snapshot.executable),
            commandLine: Self.words(snapshot.commandLine, scrubber),
            isJob: header.process == job, signal: header.signal,
            signalInfo: snapshot.signalInfo.isEmpty ? nil : SignalInfo(snapshot.signalInfo),
            senderCommand: snapshot.sender.map { Self.command($0, scrubber) },
            time: Timestamp(nanoseconds: header.time),
            stoppedNanoseconds: notice.stoppedNanoseconds)
    }

    /// The `PPid:` of `/proc/PID/status`.
    private static func parent(_ status: String) -> Int32? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line?.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " }).last.flatMap { Int32($0) }
    }

    private static func words(_ commandLine: [UInt8], _ scrubber: Scrubber) -> [String] {
        scrubber.scrub(
            arguments: commandLine.split(separator: 0, omittingEmptySubsequences: false)
                .dropLast(commandLine.last == 0 ? 1 : 0).map { String(decoding: $0, as: UTF8.self) })
    }

    /// Words are told apart by blanks here: what separated them is not known any more.
    private static func command(_ command: String, _ scrubber: Scrubber) -> String {
        scrubber.scrub(arguments: command.trimmedLine.split(separator: " ").map(String.init)).joined(separator: " ")
    }
}

extension ProcessCrash.Reason {
    fileprivate init(_ reason: SnapshotReason) {
        self =
            switch reason {
            case .fatalSignal: .fatalSignal
            case .timeout: .timeout
            case .timeoutKill: .timeoutKill
            case .hang: .hang
            }
    }
}

extension InAppRules {
    /// - Parameter executable: of the process that crashed.
    init(_ plan: RunPlan, executable: String) {
        self.init(include: plan.inAppInclude, exclude: plan.inAppExclude, executable: executable)
    }
}

extension String {
    /// `/proc/PID/comm` ends in a line feed.
    fileprivate var trimmedLine: String {
        var bytes = Array(utf8)[...]
        while let last = bytes.last, last == 0 || last == 0x0A || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
