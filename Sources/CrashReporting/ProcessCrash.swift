// The facts of a crash, a timeout or a hang of one process, beside its stacks.

import SentryProtocol

/// One process that was read as it stood still, and why.
package struct ProcessCrash: Sendable, Equatable {
    package var reason: Reason
    package var process: Int32
    /// The thread that got the signal; the main thread where there was none.
    package var thread: Int32
    package var parent: Int32?
    /// As the kernel knows it, 15 bytes at most.
    package var name: String
    /// Absolute path; empty where it is not known.
    package var executable: String
    /// With secrets already removed.
    package var commandLine: [String]
    /// The job's own process, not a child of it.
    package var isJob: Bool
    /// 0 where there was none.
    package var signal: Int32
    package var signalInfo: SignalInfo?
    /// The command line of the process that sent the signal, with secrets already removed.
    package var senderCommand: String?
    package var time: Timestamp
    /// How long the process stood still to be read.
    package var stoppedNanoseconds: Int64
    /// See ``explain(_:maps:errorLines:)``.
    package var explanation: CrashExplanation?

    /// Why it was read.
    package enum Reason: String, Sendable, CaseIterable {
        /// A signal is about to end it.
        case fatalSignal = "fatal_signal"
        /// `--timeout` has passed: before the TERM, and before the KILL.
        case timeout
        case timeoutKill = "timeout_kill"
        /// `--hang-timeout` has passed; it lives on.
        case hang
    }

    package init(
        reason: Reason, process: Int32, thread: Int32, parent: Int32? = nil, name: String, executable: String = "",
        commandLine: [String] = [], isJob: Bool, signal: Int32 = 0, signalInfo: SignalInfo? = nil,
        senderCommand: String? = nil, time: Timestamp, stoppedNanoseconds: Int64 = 0,
        explanation: CrashExplanation? = nil
    ) {
        self.reason = reason
        self.process = process
        self.thread = thread
        self.parent = parent
        self.name = name
        self.executable = executable
        self.commandLine = commandLine
        self.isJob = isJob
        self.signal = signal
        self.signalInfo = signalInfo
        self.senderCommand = senderCommand
        self.time = time
        self.stoppedNanoseconds = stoppedNanoseconds
        self.explanation = explanation
    }

    /// Sets ``explanation``: without stacks what the facts alone tell, and again, better, when they are there.
    ///
    /// - Parameters:
    ///   - stacks: what the backtracer answered; empty where there is no answer.
    ///   - maps: `/proc/PID/maps` of the process; may be empty.
    ///   - errorLines: the last lines of stderr, oldest first, with secrets already removed. Of a child: of the whole job,
    ///     for nobody knows which process wrote them.
    package mutating func explain(_ stacks: CrashStacks, maps: String, errorLines: [String]) {
        switch reason {
        case .fatalSignal:
            explanation = CrashExplanation(CrashScene(self, stacks, maps: maps, errorLines: errorLines))
        case .timeout, .timeoutKill:
            explanation = CrashExplanation(
                kind: .timeout, title: "\(label) ran longer than its time limit",
                sentence: reason == .timeout
                    ? "its stacks are from the moment before SIGTERM" : "its stacks are from the moment before SIGKILL")
        case .hang:
            explanation = CrashExplanation(
                kind: .hang, title: "\(label) hangs",
                sentence:
                    "it neither wrote nor used a processor for as long as --hang-timeout allows; it was left running")
        }
    }

    /// The signal came from another process.
    package var isSentByAnother: Bool {
        guard let sender = signalInfo?.sender else { return false }
        return sender.process > 0 && sender.process != process
    }

    /// What people call it: the file's name, for the kernel cuts its own.
    package var label: String { executable.isEmpty ? name : String(executable.baseName) }
}

// MARK: - JSON

extension ProcessCrash: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { crash in
            crash.field("reason", reason.rawValue)
            crash.field("pid", Int(process))
            crash.field("tid", Int(thread))
            crash.field("parent", parent.map(Int.init))
            crash.field("name", name)
            crash.field("executable", executable)
            crash.field("command", commandLine)
            crash.field("job", isJob)
            crash.field("signal", Int(signal))
            crash.field("signal_info", signalInfo)
            crash.field("sender", senderCommand)
            crash.field("time_ns", time.nanoseconds)
            crash.field("stopped_ns", stoppedNanoseconds)
            crash.field("explanation", explanation)
        }
    }

    /// Reads what ``write(to:)`` wrote; `nil` where the reason, the process or the time is missing.
    package init?(_ json: JSONValue) {
        guard let reason = json["reason"]?.string.flatMap(Reason.init), let process = json.number32("pid"),
            let time = json["time_ns"]?.integer
        else { return nil }
        self.init(
            reason: reason, process: process, thread: json.number32("tid") ?? process, parent: json.number32("parent"),
            name: json["name"]?.string ?? "", executable: json["executable"]?.string ?? "",
            commandLine: json["command"]?.array?.compactMap(\.string) ?? [], isJob: json["job"]?.bool ?? false,
            signal: json.number32("signal") ?? 0, signalInfo: json["signal_info"].flatMap(SignalInfo.init),
            senderCommand: json["sender"]?.string, time: Timestamp(nanoseconds: time),
            stoppedNanoseconds: json["stopped_ns"]?.integer ?? 0,
            explanation: json["explanation"].flatMap(CrashExplanation.init))
    }
}

extension SignalInfo: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { info in
            info.field("signal", Int(signal))
            info.field("code", Int(code))
            switch detail {
            case .none: break
            case .sent(let process, let user):
                info.field("sender_pid", Int(process))
                info.field("sender_user", Int(user))
            case .fault(let address): info.field("address", hexText(address))
            case .bounds(let address, let lower, let upper):
                info.field("address", hexText(address))
                info.field("lower", hexText(lower))
                info.field("upper", hexText(upper))
            case .protectionKey(let address, let key):
                info.field("address", hexText(address))
                info.field("key", Int(key))
            case .systemCall(let instruction, let number, let architecture):
                info.field("address", hexText(instruction))
                info.field("syscall", Int(number))
                info.field("arch", Int(architecture))
            }
        }
    }

    package init?(_ json: JSONValue) {
        guard let signal = json.number32("signal"), let code = json.number32("code") else { return nil }
        self.init(signal: signal, code: code, detail: Self.detail(json))
    }

    private static func detail(_ json: JSONValue) -> Detail {
        if let process = json.number32("sender_pid") {
            return .sent(process: process, user: UInt32(clamping: json["sender_user"]?.integer ?? 0))
        }
        guard let address = json.address("address") else { return .none }
        if let lower = json.address("lower"), let upper = json.address("upper") {
            return .bounds(address: address, lower: lower, upper: upper)
        }
        if let key = json["key"]?.integer { return .protectionKey(address: address, key: UInt32(clamping: key)) }
        if let number = json.number32("syscall") {
            return .systemCall(
                instruction: address, number: number, architecture: UInt32(clamping: json["arch"]?.integer ?? 0))
        }
        return .fault(address: address)
    }
}

extension CrashExplanation: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { explanation in
            explanation.field("kind", kind.rawValue)
            explanation.field("title", title)
            explanation.field("sentence", sentence)
            explanation.field("message", message)
        }
    }

    package init?(_ json: JSONValue) {
        guard let title = json["title"]?.string, let sentence = json["sentence"]?.string else { return nil }
        self.init(
            kind: json["kind"]?.string.flatMap(Kind.init) ?? .other, title: title, sentence: sentence,
            message: json["message"]?.string)
    }
}

extension JSONValue {
    fileprivate func number32(_ name: String) -> Int32? { self[name]?.integer.flatMap { Int32(exactly: $0) } }

    fileprivate func address(_ name: String) -> UInt64? {
        guard let text = self[name]?.string, text.hasPrefix("0x") else { return nil }
        return UInt64(text.dropFirst(2), radix: 16)
    }
}
