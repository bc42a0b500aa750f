import CrashReporting
import SentryProtocol
import Testing

/// What tracing and limits add to a verdict.
private struct Row: CustomTestStringConvertible, Sendable {
    let ending: Evidence.Ending
    let change: @Sendable (inout Evidence) -> Void
    let kind: Verdict.Kind
    let summary: String
    let level: EventLevel
    var type: String
    var tags: [String: String] = [:]

    var testDescription: String { summary }

    var evidence: Evidence {
        var evidence = Evidence(jobName: "nightly", ending: ending)
        evidence.runTime = 60_000_000_000
        change(&evidence)
        return evidence
    }
}

private func crash(_ signal: Int32, _ info: SignalInfo?) -> ProcessCrash {
    var crash = segmentationFault()
    crash.signal = signal
    crash.signalInfo = info
    crash.explain(CrashStacks(), maps: "", errorLines: [])
    return crash
}

private let rows: [Row] = [
    Row(
        ending: .signaled(8, coreDumped: false),
        change: { $0.crash = crash(8, SignalInfo(signal: 8, code: 1, detail: .fault(address: 0x40_1000))) },
        kind: .crashed(signal: 8),
        summary: "nightly crashed with SIGFPE (arithmetic error), integer division by zero", level: .fatal,
        type: "SIGFPE"),
    Row(
        ending: .signaled(11, coreDumped: false),
        change: {
            $0.crash = crash(11, SignalInfo(signal: 11, code: 0, detail: .sent(process: 812, user: 7)))
            $0.crash?.senderCommand = "watchdog --hard"
        }, kind: .killed(signal: 11),
        summary: "nightly was killed by SIGSEGV (segmentation fault), sent by pid 812 (watchdog --hard), user 7",
        level: .error, type: "SIGSEGV"),
    Row(
        ending: .signaled(6, coreDumped: false),
        change: {
            $0.signals = [Evidence.ReceivedSignal(number: 6, senderPID: 1, senderUser: 0, senderCommand: "systemd")]
        },
        kind: .killed(signal: 6),
        summary: "nightly was killed by SIGABRT (aborted), sent by pid 1 (systemd), user 0", level: .error,
        type: "SIGABRT"),
    Row(
        ending: .signaled(11, coreDumped: false),
        change: { $0.crash = crash(11, SignalInfo(signal: 11, code: -6, detail: .sent(process: 4242, user: 7))) },
        kind: .crashed(signal: 11),
        summary: "nightly crashed with SIGSEGV (segmentation fault), SIGSEGV was sent by the program itself",
        level: .fatal, type: "SIGSEGV"),
    Row(
        ending: .signaled(9, coreDumped: false),
        change: {
            $0.oomKillRose = true
            $0.memoryLimit = 512 << 20
            $0.memoryUsage = 509 << 20 + 200 << 10
        }, kind: .outOfMemory,
        summary:
            "nightly was killed by the kernel's out-of-memory killer, inferred from SIGKILL while the cgroup's count "
            + "of OOM kills rose, with 509.2 MiB in use of a limit of 512 MiB", level: .fatal, type: "OutOfMemory"),
    Row(
        ending: .signaled(24, coreDumped: false), change: { $0.crash = crash(24, SignalInfo(signal: 24, code: 0x80)) },
        kind: .processorTimeLimit,
        summary: "nightly used up its CPU time limit, RLIMIT_CPU, and was ended by SIGXCPU", level: .error,
        type: "CPUTimeLimit"),
    Row(
        ending: .signaled(24, coreDumped: false), change: { _ in }, kind: .killed(signal: 24),
        summary: "nightly was killed by SIGXCPU (CPU time limit exceeded), "
            + "which the kernel sends when the CPU time limit is used up", level: .error, type: "SIGXCPU"),
    Row(
        ending: .signaled(24, coreDumped: false),
        change: { $0.crash = crash(24, SignalInfo(signal: 24, code: -6, detail: .sent(process: 4242, user: 0))) },
        kind: .killed(signal: 24), summary: "nightly was killed by SIGXCPU (CPU time limit exceeded)", level: .error,
        type: "SIGXCPU"),
    Row(
        ending: .signaled(9, coreDumped: false),
        change: {
            $0.processorTimeLimit = 5
            $0.processorTime = 5_004_000_000
        }, kind: .processorTimeLimit,
        summary: "nightly used up its CPU time limit, "
            + "inferred from SIGKILL after 5004 ms of CPU time, at a hard limit (RLIMIT_CPU) of 5 s", level: .error,
        type: "CPUTimeLimit"),
    Row(
        ending: .signaled(9, coreDumped: false),
        change: {
            $0.processorTimeLimit = 5
            $0.processorTime = 3_000_000_000
        }, kind: .killed(signal: 9), summary: "nightly was killed by SIGKILL", level: .fatal, type: "SIGKILL"),
    Row(
        ending: .signaled(25, coreDumped: false),
        change: {
            $0.crash = crash(25, SignalInfo(signal: 25, code: 0x80))
            $0.fileSizeLimit = 1 << 20
        }, kind: .fileSizeLimit, summary: "nightly wrote beyond its file size limit, RLIMIT_FSIZE is 1 MiB",
        level: .error,
        type: "FileSizeLimit"),
    Row(
        ending: .exited(code: 139),
        change: { $0.childDeaths = [Evidence.ChildDeath(process: 812, name: "importer", signal: 11)] },
        kind: .failedExit(code: 139),
        summary: "nightly exited with status 139, its child importer (pid 812) crashed with SIGSEGV", level: .error,
        type: "ProcessExit", tags: ["crash.process": "importer", "crash.signal": "SIGSEGV"]),
    Row(
        ending: .exited(code: 1),
        change: {
            $0.childDeaths = [
                Evidence.ChildDeath(process: 812, name: "importer", signal: 6),
                Evidence.ChildDeath(process: 813, name: "head", signal: 13),
            ]
        }, kind: .failedExit(code: 1),
        summary: "nightly exited with status 1, after its child importer (pid 812) crashed with SIGABRT "
            + "(2 children died of signals)", level: .error, type: "ProcessExit",
        tags: ["crash.process": "importer", "crash.signal": "SIGABRT"]),
    Row(
        ending: .exited(code: 0),
        change: { $0.childDeaths = [Evidence.ChildDeath(process: 812, name: "importer", signal: 11)] }, kind: .success,
        summary: "nightly succeeded, although its child importer (pid 812) crashed with SIGSEGV", level: .info,
        type: "ProcessExit"),
    Row(
        ending: .exited(code: 3), change: { $0.hang = 30_000_000_000 }, kind: .failedExit(code: 3),
        summary: "nightly exited with status 3, after it had done nothing for 30 s", level: .error, type: "ProcessExit",
        tags: ["hang": "true"]),
]

private let loaderRows: [(line: String, kind: LoaderError.Kind, subject: String, title: String)] = [
    (
        "./x: error while loading shared libraries: libx.so.1: cannot open shared object file: No such file or directory",
        .missingSharedLibrary, "libx.so.1", "shared library libx.so.1 is missing (needed by x)"
    ),
    (
        "./x: symbol lookup error: /opt/liby.so: undefined symbol: foo, version V1", .missingSymbol, "foo",
        "symbol foo is in no library (needed by liby.so)"
    ),
    (
        "./x: symbol lookup error: ./x: undefined symbol: _Z3foov", .missingSymbol, "_Z3foov",
        "symbol _Z3foov is in no library (needed by x)"
    ),
    (
        "./x: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./x)",
        .missingLibraryVersion,
        "GLIBC_2.38", "GLIBC_2.38 is not provided by the installed library (needed by x)"
    ),
    (
        "./x: error while loading shared libraries: /opt/libx.so.1: wrong ELF class: ELFCLASS32", .wrongArchitecture,
        "shared library libx.so.1 is built for another architecture",
        "shared library libx.so.1 is built for another architecture"
    ),
    (
        "Error loading shared library libx.so.1: No such file or directory (needed by ./x)", .missingSharedLibrary,
        "libx.so.1", "shared library libx.so.1 is missing (needed by x)"
    ),
    ("Error relocating ./x: foo: symbol not found", .missingSymbol, "foo", "symbol foo is in no library (needed by x)"),
]

@Suite struct CrashVerdictTests {
    @Test(arguments: rows) fileprivate func `what is known of the death is in the verdict`(row: Row) throws {
        let verdict = Verdict(row.evidence)
        #expect(verdict.kind == row.kind)
        #expect(verdict.summary == row.summary)
        #expect(verdict.level == row.level)
        #expect(verdict.tags.filter { !$0.key.hasPrefix("exit.") } == row.tags)
        let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
        let event = FailureEvent.make(verdict, row.evidence, id: id, timestamp: Timestamp(nanoseconds: 1))
        #expect(event.exceptions.first?.type == row.type)
    }

    @Test(arguments: loaderRows)
    func `what the loader says becomes an exception of its own type`(
        row: (line: String, kind: LoaderError.Kind, subject: String, title: String)
    ) throws {
        var evidence = Evidence(
            jobName: "nightly", ending: .exited(code: row.kind == .missingLibraryVersion ? 1 : 127))
        evidence.runTime = 10_000_000
        evidence.lastErrorLines = ["starting", row.line, "see the manual"]
        let verdict = Verdict(evidence)
        #expect(verdict.loaderError?.kind == row.kind)
        #expect(verdict.loaderError?.subject == row.subject)
        #expect(verdict.isStartupCrash)
        #expect(verdict.level == .fatal)
        #expect(verdict.sessionStatus == .crashed)
        #expect(verdict.summary.hasSuffix(row.line))
        let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
        let event = FailureEvent.make(verdict, evidence, id: id, timestamp: Timestamp(nanoseconds: 1))
        #expect(event.exceptions.first?.type == row.kind.rawValue)
        #expect(event.exceptions.first?.value == "nightly: \(row.title)")
        #expect(event.fingerprint == ["sentry-run", "nightly", row.kind.rawValue, row.subject])
        #expect(event.tags["startup_crash"] == "true")
    }

    @Test(
        arguments: [
            (2, "its interpreter /usr/bin/pyton does not exist", .missingInterpreter, "/usr/bin/pyton"),
            (
                2, "its loader /lib/ld-musl-x86_64.so.1 does not exist (built for another C library or machine)",
                .missingInterpreter, "/lib/ld-musl-x86_64.so.1"
            ),
            (
                8, "is built for aarch64, this machine is x86_64", .wrongArchitecture,
                "the program is built for aarch64, this machine is x86_64"
            ),
            (2, "not found in PATH", nil, ""), (13, "is a directory", nil, ""), (8, "is a damaged ELF file", nil, ""),
        ] as [(Int32, String, LoaderError.Kind?, String)])
    func `so does an exec that failed`(errno: Int32, reason: String, kind: LoaderError.Kind?, subject: String) {
        let verdict = Verdict(Evidence(jobName: "nightly", ending: .notStarted(errno: errno, reason: reason)))
        #expect(verdict.loaderError?.kind == kind)
        #expect(verdict.loaderError?.subject == (kind == nil ? nil : subject))
        #expect(verdict.level == .fatal)
    }

    @Test func `a loader's complaint of a script's command, later, is no startup crash`() {
        var evidence = Evidence(jobName: "nightly", ending: .exited(code: 127))
        evidence.runTime = 60_000_000_000
        evidence.lastErrorLines = [loaderRows[0].line]
        let verdict = Verdict(evidence)
        #expect(verdict.loaderError?.kind == .missingSharedLibrary)
        #expect(!verdict.isStartupCrash)
        #expect(verdict.level == .error)
    }
}

@Suite struct CrashLoopTests {
    private func verdict(_ ending: Evidence.Ending, after seconds: Int64 = 0) -> Verdict {
        var evidence = Evidence(jobName: "nightly", ending: ending)
        evidence.runTime = seconds * 1_000_000_000
        return Verdict(evidence)
    }

    private func time(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

    @Test func `the third startup crash in a row is a loop`() throws {
        var loop: CrashLoop?
        let death = verdict(.signaled(11, coreDumped: false))
        for (second, isLoop) in [(1, false), (2, false), (3, true), (4, true)] as [(Int64, Bool)] {
            loop = CrashLoop.advance(loop, death, fingerprint: ["a", "\(second)"], at: time(second))
            #expect(loop?.isLoop == isLoop)
            #expect((loop?.clause != nil) == isLoop)
        }
        #expect(loop == CrashLoop(count: 4, first: time(1), last: time(4), fingerprint: ["a", "4"]))
        #expect(
            loop?.clause == "the 4th startup crash in a row since 1970-01-01T00:00:01.000Z: a crash loop")
        var event = Event(
            id: try #require(EventID("0d0c1b2a39485766b5a4938271605f4e")), timestamp: time(4), level: .fatal)
        loop?.mark(&event)
        #expect(event.tags == ["startup_crash.count": "4", "crash_loop": "true"])
        #expect(event.contexts["crash_loop"]?["count"] == 4)
    }

    @Test(
        arguments: [
            (.exited(code: 0), 0, true), (.exited(code: 1), 0, true), (.signaled(11, coreDumped: false), 60, true),
            (.signaled(15, coreDumped: false), 0, true), (.unknown, 0, false),
            (.notStarted(errno: 2, reason: ""), 0, false),
        ] as [(Evidence.Ending, Int64, Bool)])
    func `whatever got up ends it`(ending: Evidence.Ending, after: Int64, resets: Bool) {
        let loop = CrashLoop(count: 2, first: time(1), last: time(2), fingerprint: [])
        let next = CrashLoop.advance(loop, verdict(ending, after: after), fingerprint: [], at: time(3))
        #expect((next == nil) == resets)
    }

    @Test func `its state is read as it was written`() {
        let loop = CrashLoop(count: 3, first: time(1), last: time(2), fingerprint: ["a", "b"])
        #expect(CrashLoop(parsing: loop.jsonBytes) == loop)
        for text in ["", "{}", #"{"version":2,"count":1,"first_ns":1,"last_ns":2}"#, #"{"version":1,"count":0}"#] {
            #expect(CrashLoop(parsing: text.utf8) == nil)
        }
    }

    @Test func `its key is a file's name, of the job and its command`() {
        let key = CrashLoop.key(job: "nightly", command: "/srv/app/importer")
        #expect(key.utf8.count == 16)
        #expect(key == CrashLoop.key(job: "nightly", command: "/srv/app/importer"))
        #expect(key != CrashLoop.key(job: "nightl", command: "y/srv/app/importer"))
    }
}
