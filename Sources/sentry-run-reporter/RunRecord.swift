// What is kept of a run for people: `report.json` in the run's directory, printed by `show` and `runs`.

import CrashReporting
import SentryProtocol

/// A finished run as `sentry-run show --json` prints it.
struct RunRecord: Sendable {
    /// File name in the run's directory.
    static let fileName = "report.json"
    /// How many of the last lines are kept.
    static let maximumLines = 100

    /// `yyyymmdd-hhmmss-mmmxxxxx`.
    var id: String
    var name: String
    var command: [String]
    var directory: String
    var host: String
    var started: Timestamp
    var ended: Timestamp
    var pid: Int64?
    var exit: Exit
    var verdictKind: String
    var summary: String
    /// An event level.
    var level: String
    var isFailure: Bool
    var usage: Usage?
    var output: Output
    /// The last lines, oldest first.
    var lines: [Line]
    /// The programs that the job executed, in order of start.
    var processes: [Process]
    /// Of the job and its children, oldest first; also the stacks of a timeout and of hangs.
    var crashes: [RecordedCrash] = []
    /// That were printed; the one that the run failed of comes last.
    var exceptions: [RecordedException] = []
    var profile: Profile?
    /// Sentences: options that were left out, signals, what was lost.
    var notes: [String]
    /// What was removed from the run's texts, by kind, the most frequent first.
    var removed: [(kind: String, count: Int)] = []
    var release: String?
    var environment: String
    var traceID: String
    var eventID: String?
    var monitor: String?
    /// Where the reports went: the DSN without its secret, or `nil` while they are kept here.
    var destination: String?
    /// Number of items by kind.
    var reports: [(kind: String, count: Int)]

    enum Exit: Sendable, Equatable {
        case code(Int64)
        case signal(Int64, name: String, coreDumped: Bool)
        case notStarted(errno: Int64, reason: String)
        case unknown
    }

    struct Usage: Sendable {
        var wallSeconds: Double
        var userSeconds: Double
        var systemSeconds: Double
        var maxResidentBytes: Int64
        var voluntarySwitches: Int64
        var involuntarySwitches: Int64
        var majorFaults: Int64
        var minorFaults: Int64
        /// In 512-byte units, as getrusage(2) counts.
        var blocksIn: Int64
        var blocksOut: Int64
    }

    struct Output: Sendable {
        var standardOutputBytes: Int64
        var standardErrorBytes: Int64
        /// Bytes of the copy that could not be looked at in time.
        var unseenBytes: Int64
        var lines: Int64
    }

    struct Line: Sendable {
        var time: Timestamp
        var stream: String
        var level: String
        var text: String
    }

    struct Profile: Sendable {
        /// What was sampled, in a few words.
        var headline: String
        var source: String
        var samples: Int64
        var lost: Int64
        /// At the end.
        var frequency: Int64
        /// The file that was written.
        var output: String?
        var wasSent: Bool
        /// The functions that took most, several lines.
        var summary: String
    }

    struct Process: Sendable {
        var title: String
        /// 0 for the job's own program.
        var depth: Int
        var started: Timestamp
        var ended: Timestamp
    }
}

// MARK: - Writing

extension RunRecord: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { report in
            report.field("version", 1)
            report.field("id", id)
            report.field("name", name)
            report.field("command", command)
            report.field("directory", directory)
            report.field("host", host)
            report.field("started", started.rfc3339)
            report.field("started_ns", started.nanoseconds)
            report.field("ended", ended.rfc3339)
            report.field("duration_seconds", Double(ended.nanoseconds - started.nanoseconds) / 1e9)
            report.field("pid", pid)
            report.field("exit", exit)
            report.field("verdict") { verdict in
                verdict.object {
                    $0.field("kind", verdictKind)
                    $0.field("summary", summary)
                    $0.field("level", level)
                    $0.field("failure", isFailure)
                }
            }
            report.field("usage", usage)
            report.field("output", output)
            report.field("lines", lines)
            report.field("processes", processes)
            report.field("crashes", crashes)
            report.field("exceptions", exceptions)
            report.field("profile", profile)
            report.field("notes", notes)
            report.field("removed") { counts in
                counts.object { object in removed.forEach { object.field($0.kind, $0.count) } }
            }
            report.field("release", release)
            report.field("environment", environment)
            report.field("trace_id", traceID)
            report.field("event_id", eventID)
            report.field("monitor", monitor)
            report.field("destination", destination)
            report.field("reports") { counts in
                counts.object { object in reports.forEach { object.field($0.kind, $0.count) } }
            }
        }
    }
}

extension RunRecord.Exit: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { exit in
            switch self {
            case .code(let code): exit.field("code", code)
            case .signal(let number, let name, let coreDumped):
                exit.field("signal", number)
                exit.field("signal_name", name)
                exit.field("core_dumped", coreDumped)
            case .notStarted(let errno, let reason):
                exit.field("errno", errno)
                exit.field("not_started", reason)
            case .unknown: exit.field("unknown", true)
            }
        }
    }
}

extension RunRecord.Usage: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { usage in
            usage.field("wall_seconds", wallSeconds)
            usage.field("user_seconds", userSeconds)
            usage.field("system_seconds", systemSeconds)
            usage.field("max_resident_bytes", maxResidentBytes)
            usage.field("voluntary_switches", voluntarySwitches)
            usage.field("involuntary_switches", involuntarySwitches)
            usage.field("major_faults", majorFaults)
            usage.field("minor_faults", minorFaults)
            usage.field("blocks_in", blocksIn)
            usage.field("blocks_out", blocksOut)
        }
    }
}

extension RunRecord.Output: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { output in
            output.field("stdout_bytes", standardOutputBytes)
            output.field("stderr_bytes", standardErrorBytes)
            output.field("unseen_bytes", unseenBytes)
            output.field("lines", lines)
        }
    }
}

extension RunRecord.Line: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { line in
            line.field("time_ns", time.nanoseconds)
            line.field("stream", stream)
            line.field("level", level)
            line.field("text", text)
        }
    }
}

extension RunRecord.Process: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { process in
            process.field("title", title)
            process.field("depth", depth)
            process.field("started_ns", started.nanoseconds)
            process.field("ended_ns", ended.nanoseconds)
        }
    }
}

extension RunRecord.Profile: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { profile in
            profile.field("headline", headline)
            profile.field("source", source)
            profile.field("samples", samples)
            profile.field("lost", lost)
            profile.field("frequency", frequency)
            profile.field("output", output)
            profile.field("sent", wasSent)
            profile.field("summary", summary)
        }
    }
}

// MARK: - Reading

extension RunRecord {
    /// Reads a `report.json`; `nil` when it is not one (another version, damaged).
    init?(_ report: JSONValue) {
        guard report["version"]?.integer == 1, let id = report["id"]?.string,
            let started = report["started_ns"]?.integer, let seconds = report["duration_seconds"]?.number,
            let verdict = report["verdict"]
        else { return nil }
        self.id = id
        name = report["name"]?.string ?? ""
        command = report["command"]?.array?.compactMap(\.string) ?? []
        directory = report["directory"]?.string ?? ""
        host = report["host"]?.string ?? ""
        self.started = Timestamp(nanoseconds: started)
        ended = Timestamp(nanoseconds: started + Int64(seconds * 1e9))
        pid = report["pid"]?.integer
        exit = Exit(report["exit"])
        verdictKind = verdict["kind"]?.string ?? ""
        summary = verdict["summary"]?.string ?? ""
        level = verdict["level"]?.string ?? ""
        isFailure = verdict["failure"]?.bool ?? false
        usage = report["usage"].flatMap(Usage.init)
        output = Output(report["output"])
        lines = report["lines"]?.array?.compactMap(Line.init) ?? []
        processes = report["processes"]?.array?.compactMap(Process.init) ?? []
        crashes = report["crashes"]?.array?.compactMap(RecordedCrash.init) ?? []
        exceptions = report["exceptions"]?.array?.compactMap(RecordedException.init) ?? []
        profile = report["profile"].flatMap(Profile.init)
        notes = report["notes"]?.array?.compactMap(\.string) ?? []
        removed = report["removed"]?.members?.map { ($0.name, Int($0.value.integer ?? 0)) } ?? []
        release = report["release"]?.string
        environment = report["environment"]?.string ?? ""
        traceID = report["trace_id"]?.string ?? ""
        eventID = report["event_id"]?.string
        monitor = report["monitor"]?.string
        destination = report["destination"]?.string
        reports = report["reports"]?.members?.map { ($0.name, Int($0.value.integer ?? 0)) } ?? []
    }
}

extension RunRecord.Exit {
    fileprivate init(_ exit: JSONValue?) {
        if let code = exit?["code"]?.integer {
            self = .code(code)
        } else if let signal = exit?["signal"]?.integer {
            self = .signal(
                signal, name: exit?["signal_name"]?.string ?? "", coreDumped: exit?["core_dumped"]?.bool ?? false)
        } else if let reason = exit?["not_started"]?.string {
            self = .notStarted(errno: exit?["errno"]?.integer ?? 0, reason: reason)
        } else {
            self = .unknown
        }
    }
}

extension RunRecord.Usage {
    fileprivate init?(_ usage: JSONValue) {
        guard let wall = usage["wall_seconds"]?.number else { return nil }
        func count(_ name: String) -> Int64 { usage[name]?.integer ?? 0 }
        wallSeconds = wall
        userSeconds = usage["user_seconds"]?.number ?? 0
        systemSeconds = usage["system_seconds"]?.number ?? 0
        maxResidentBytes = count("max_resident_bytes")
        voluntarySwitches = count("voluntary_switches")
        involuntarySwitches = count("involuntary_switches")
        majorFaults = count("major_faults")
        minorFaults = count("minor_faults")
        blocksIn = count("blocks_in")
        blocksOut = count("blocks_out")
    }
}

extension RunRecord.Output {
    fileprivate init(_ output: JSONValue?) {
        standardOutputBytes = output?["stdout_bytes"]?.integer ?? 0
        standardErrorBytes = output?["stderr_bytes"]?.integer ?? 0
        unseenBytes = output?["unseen_bytes"]?.integer ?? 0
        lines = output?["lines"]?.integer ?? 0
    }
}

extension RunRecord.Line {
    fileprivate init?(_ line: JSONValue) {
        guard let time = line["time_ns"]?.integer, let text = line["text"]?.string else { return nil }
        self.time = Timestamp(nanoseconds: time)
        self.text = text
        stream = line["stream"]?.string ?? ""
        level = line["level"]?.string ?? ""
    }
}

extension RunRecord.Profile {
    fileprivate init?(_ profile: JSONValue) {
        guard let headline = profile["headline"]?.string else { return nil }
        self.headline = headline
        source = profile["source"]?.string ?? ""
        samples = profile["samples"]?.integer ?? 0
        lost = profile["lost"]?.integer ?? 0
        frequency = profile["frequency"]?.integer ?? 0
        output = profile["output"]?.string
        wasSent = profile["sent"]?.bool ?? false
        summary = profile["summary"]?.string ?? ""
    }
}

extension RunRecord.Process {
    fileprivate init?(_ process: JSONValue) {
        guard let title = process["title"]?.string, let started = process["started_ns"]?.integer,
            let ended = process["ended_ns"]?.integer
        else { return nil }
        self.title = title
        depth = Int(process["depth"]?.integer ?? 0)
        self.started = Timestamp(nanoseconds: started)
        self.ended = Timestamp(nanoseconds: ended)
    }
}
