import SentryProtocol
import Testing

@testable import RunOptions

@Suite("What each option does to the plan") struct OptionTests {
    @Test("nothing given is the plan of a run that reports locally")
    func defaults() throws {
        let plan = try plan()
        #expect(plan.dsn == nil && plan.monitor == nil && plan.timeout == nil && plan.tracesSampleRate == nil)
        #expect(plan.environment == "production")
        #expect(plan.okExitCodes == [0])
        #expect(plan.logs == .all && plan.sessions && plan.clientReports && !plan.quiet)
        #expect(plan.problems.isEmpty)
    }

    @Test("the job's options")
    func job() throws {
        let plan = try plan(
            "--timeout", "1h30m", "--kill-after=500ms", "--kill-group", "--subreaper", "--pty", "never",
            "--exit-code", "128+n", "--flush-timeout", "0")
        #expect(plan.timeout == 5_400_000_000_000)
        #expect(plan.killAfter == 500_000_000)
        #expect(plan.killGroup && plan.subreaper)
        #expect(plan.terminal == .never)
        #expect(plan.exitStyle == .shell)
        #expect(plan.flushTimeout == 0)
    }

    @Test("what reports say")
    func identity() throws {
        let plan = try plan(
            "--dsn", "https://k@h/1", "--state-dir=/s", "-e", "qa", "--release", "a@1", "--dist", "7",
            "--server-name", "box", "--name", "import", "--tag", "a=b=c", "--tag", "d=e", "--tag", "a=z",
            "--user", "42", "--user", "email=a@b", "--context", "app.build.nr=5", "--flag", "new-ui=true",
            "--flag", "arm=blue", "--flag", "on", "--fingerprint", "{{ default }}", "--fingerprint", "x",
            "--send-default-pii")
        #expect(plan.dsn?.projectID == "1")
        #expect(plan.stateDirectory == "/s")
        #expect(
            [plan.environment, plan.release, plan.dist, plan.serverName, plan.name] == [
                "qa", "a@1", "7", "box", "import",
            ])
        #expect(plan.tags.map { "\($0.key)=\($0.value)" } == ["d=e", "a=z"])
        #expect(plan.user.map { "\($0.key)=\($0.value)" } == ["id=42", "email=a@b"])
        #expect(plan.contexts.map { "\($0.name)|\($0.key)|\($0.value)" } == ["app|build.nr|5"])
        #expect(plan.featureFlags.map(\.name) == ["new-ui", "arm", "on"])
        #expect(plan.featureFlags.map(\.value) == [.bool(true), .string("blue"), .bool(true)])
        #expect(plan.fingerprint == ["{{ default }}", "x"])
        #expect(plan.sendDefaultPII)
    }

    @Test("what is reported")
    func content() throws {
        let plan = try plan(
            "--ok-exit-codes", "24,100-102", "--ok-exit-codes=7", "--sample-rate", "0.5", "--traces-sample-rate=1",
            "--logs", "warn", "--max-breadcrumbs", "5", "--attach", "*.log", "--attach", "/tmp/x", "--no-sessions",
            "--max-attachment-size", "512k", "--no-client-reports", "-q", "--debug")
        #expect(plan.okExitCodes == [0, 7, 24, 100, 101, 102])
        #expect(plan.sampleRate == 0.5 && plan.tracesSampleRate == 1)
        #expect(plan.logs == .warn)
        #expect(plan.maxBreadcrumbs == 5)
        #expect(plan.attachments == ["*.log", "/tmp/x"])
        #expect(plan.maxAttachmentBytes == 524_288)
        #expect(!plan.sessions && !plan.clientReports && plan.quiet && plan.debug)
    }

    @Test("a monitor has what its options say, and sentry-cli's words mean the same", arguments: [true, false])
    func monitor(asSentryCLI: Bool) throws {
        let options = [
            "-s", "0  3 * * *", "--check-in-margin", "5", "--max-runtime", "60", "--timezone", "Europe/Vienna",
            "--failure-issue-threshold", "2", "--recovery-threshold", "3", "--owner", "team:data",
        ]
        let start = asSentryCLI ? ["monitors", "run", "Nightly Import"] : ["--monitor-slug", "Nightly Import"]
        var expected = MonitorPlan(slug: "nightly-import", schedule: .crontab("0 3 * * *"))
        expected.checkInMargin = 5
        expected.maxRuntime = 60
        expected.timezone = "Europe/Vienna"
        expected.failureIssueThreshold = 2
        expected.recoveryThreshold = 3
        expected.owner = "team:data"
        #expect(try Line(start + options + ["--", "job"]).plan().monitor == expected)
    }

    @Test("a schedule is a crontab line, a nickname or an interval")
    func schedules() throws {
        #expect(try plan("--monitor-slug=a", "-s@daily").monitor?.schedule == .crontab("@daily"))
        #expect(
            try plan("--monitor-slug=a", "-s", "every 10 minutes").monitor?.schedule == .interval(10, unit: .minute))
    }

    @Test("options of sentry-cli that mean nothing here stop nothing")
    func sentryCLI() throws {
        let words = ["monitors", "run", "a", "--auth-token", "t", "--url", "u", "--log-level", "debug", "--silent"]
        let plan = try Line(words + ["--", "job"]).plan()
        #expect(plan.quiet && plan.debug && plan.problems.isEmpty)
        let warned = try Line(words + ["--header", "x-secret:value", "--", "job"]).plan()
        #expect(warned.problems == ["--header 'x-secret…': custom headers are not sent"])
    }

    @Test("more than Sentry takes is the most that it takes, and said")
    func bounded() throws {
        let plan = try Line(["monitors", "run", "a", "-s", "@daily", "--max-runtime", "20160", "--", "job"]).plan()
        #expect(plan.monitor?.maxRuntime == 10_080)
        #expect(plan.problems == ["--max-runtime '20160': Sentry takes at most 10080, which is used"])
    }

    @Test("booleans can be negated and given a value; the last one counts")
    func booleans() throws {
        #expect(try !plan("--quiet", "--no-quiet").quiet)
        #expect(try plan("--quiet=YES").quiet)
        #expect(try !plan("--quiet=off").quiet)
        #expect(try plan("--no-sessions", "--sessions").sessions)
    }

    @Test(
        "Spotlight is a boolean or a URL; true keeps the variable's URL",
        arguments: [
            ([], nil, nil),
            (["--spotlight"], nil, defaultSpotlight),
            (["--spotlight=http://s:1/x"], "http://env/stream", "http://s:1/x"),
            (["--spotlight"], "http://env/stream", "http://env/stream"),
            (["--spotlight=1"], "0", defaultSpotlight),
            (["--no-spotlight"], "http://env/stream", nil),
            ([], " On ", defaultSpotlight),
            ([], "f", nil),
            ([], "HTTPS://s/stream", "HTTPS://s/stream"),
        ] as [([String], String?, String?)])
    func spotlight(words: [String], variable: String?, url: String?) throws {
        let variables = variable.map { ["SENTRY_SPOTLIGHT": $0] } ?? [:]
        #expect(try Line(words + ["job"], variables).plan().spotlight == url)
    }

    @Test(
        "a wrong value names its source, itself and what is allowed",
        arguments: [
            ("--dsn", "htp://k@h/1", "its scheme is 'htp'"),
            ("--environment", "a/b", "an environment may not have"),
            ("--release", "a/b", "a release may not have"),
            ("--dist", "a b", "a dist has 1 to 64 characters"),
            ("--tag", "ab", "allowed is KEY=VALUE"),
            ("--tag", "=b", "allowed is KEY=VALUE"),
            ("--tag", "a b=c", "a tag's key has 1 to 200 characters"),
            ("--tag", "release=c", "'release' has an option of its own"),
            ("--context", "a=b", "allowed is NAME.KEY=VALUE"),
            ("--flag", "=b", "allowed is NAME=true"),
            ("--user", "=b", "allowed is KEY=VALUE"),
            ("--spotlight", "ftp://x", "allowed is an http URL"),
            ("--ok-exit-codes", "1,256", "allowed is codes and ranges from 0 to 255"),
            ("--sample-rate", "1.1", "allowed is a number from 0 to 1"),
            ("--traces-sample-rate", "nan", "allowed is a number from 0 to 1"),
            ("--logs", "warning", "allowed is all, warn (and above) or off"),
            ("--max-breadcrumbs", "-1", "allowed is a number from 0 to 1000"),
            ("--max-attachment-size", "5x", "allowed is bytes"),
            ("--timeout", "soon", "allowed is a duration such as 90s"),
            ("--kill-after", "0", "allowed is a duration such as 90s"),
            ("--pty", "always", "allowed is auto or never"),
            ("--exit-code", "1", "allowed is mirror"),
            ("--quiet", "maybe", "allowed is true or false"),
            (
                "--schedule", "0 3 * *",
                "a crontab schedule has 5 fields (minute hour day month weekday), '0 3 * *' has 4"
            ),
            ("--schedule", "61 3 * * *", "the minute field"),
            ("--check-in-margin", "0", "allowed is minutes from 1 to 40320"),
            ("--max-runtime", "1h", "allowed is minutes from 1 to 10080"),
            ("--timezone", "+02:00", "allowed is a time zone database name"),
            ("--recovery-threshold", "x", "allowed is a number from 1 to 720"),
            ("--owner", "me", "allowed is user:ID-OR-EMAIL or team:ID-OR-SLUG"),
            ("--monitor-slug", "--", "a slug has letters"),
        ])
    func wrongValues(option: String, value: String, reason: String) throws {
        let error = try Line(["\(option)=\(value)", "--", "job"]).usageError()
        let shown = option == "--dsn" ? "htp" : value
        #expect(error.hasPrefix("\(option) '\(shown)") || error.hasPrefix("\(option) '…@h/1'"), "\(error)")
        #expect(error.contains(reason), "\(error)")
    }

    @Test("a secret is not repeated")
    func secrets() throws {
        for dsn in ["https://key:topsecret@h:x/1", "sntrys_topsecret"] {
            #expect(try !Line(["--dsn", dsn, "job"]).usageError().contains("secret"))
        }
        #expect(try !Line(["config", "--dsn", "https://key:topsecret@h/1"]).page().contains("topsecret"))
    }

    @Test("control characters in a value do not reach the terminal")
    func controlCharacters() throws {
        #expect(try Line(["--logs", "a\u{1B}[2J\nb", "job"]).usageError().hasPrefix(#"--logs 'a\u{1b}[2J\nb': "#))
    }

    @Test(
        "an option that means nothing without another is refused",
        arguments: [
            (["--kill-after", "5s"], "--kill-after needs --timeout"),
            (["--schedule", "@daily"], "--schedule needs --monitor-slug"),
            (["--monitor-slug", "a", "--max-runtime", "5"], "--max-runtime needs --schedule"),
            (["--monitor-slug", "a", "--timezone", "UTC"], "--timezone needs --schedule"),
            (["--monitor-slug", "a", "--check-in-margin", "1"], "--check-in-margin needs --schedule"),
            (["--monitor-slug", "a", "--failure-issue-threshold", "1"], "--failure-issue-threshold needs --schedule"),
            (["--monitor-slug", "a", "--recovery-threshold", "1"], "--recovery-threshold needs --schedule"),
            (["--monitor-slug", "a", "--owner", "user:1"], "--owner needs --schedule"),
        ])
    func dependencies(words: [String], sentence: String) throws {
        #expect(try Line(words + ["--", "job"]).usageError() == sentence)
        let lenient = try Line(words + ["--lenient", "--", "job"]).plan()
        #expect(lenient.problems == ["\(sentence); left out"])
    }
}
