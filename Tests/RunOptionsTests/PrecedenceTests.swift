import SentryProtocol
import Testing

@testable import RunOptions

@Suite("Flags over variables over defaults") struct PrecedenceTests {
    @Test("a flag wins, and the variable's mistakes with it")
    func flagWins() throws {
        let plan = try plan("--logs", "off", "-e", "qa", with: ["SENTRY_RUN_LOGS": "nope", "SENTRY_ENVIRONMENT": "x"])
        #expect(plan.logs == .off && plan.environment == "qa" && plan.problems.isEmpty)
        #expect(try !self.plan("--no-debug", with: ["SENTRY_DEBUG": "1"]).debug)
        #expect(try self.plan("--dsn", "", with: ["SENTRY_DSN": "https://k@h/1"]).dsn == nil)
    }

    private func plan(_ words: String..., with variables: [String: String]) throws -> RunPlan {
        try Line(words + ["--", "job"], variables).plan()
    }

    @Test("every variable is read, blanks around it aside, and an empty one is none")
    func variables() throws {
        let plan = try plan(with: [
            "SENTRY_DSN": " https://k@h/1\n", "SENTRY_RELEASE": "r", "SENTRY_DIST": "d", "SENTRY_SERVER_NAME": "s",
            "SENTRY_SAMPLE_RATE": "0.25", "SENTRY_TRACES_SAMPLE_RATE": "1", "SENTRY_DEBUG": "true",
            "SENTRY_SEND_DEFAULT_PII": "yes", "SENTRY_RUN_TIMEOUT": "5m", "SENTRY_RUN_SESSIONS": "off",
            "SENTRY_RUN_OK_EXIT_CODES": "3, 5-6", "SENTRY_RUN_QUIET": "1", "SENTRY_ENVIRONMENT": "",
        ])
        #expect(plan.problems.isEmpty)
        #expect(plan.dsn?.text == "https://k@h/1")
        #expect([plan.release, plan.dist, plan.serverName] == ["r", "d", "s"])
        #expect(plan.sampleRate == 0.25 && plan.tracesSampleRate == 1 && plan.debug && plan.sendDefaultPII)
        #expect(plan.timeout == 300_000_000_000 && !plan.sessions && plan.quiet)
        #expect(plan.okExitCodes == [0, 3, 5, 6])
        #expect(plan.environment == "production")
    }

    @Test("entries add up by key, lists are replaced")
    func repeated() throws {
        let variables = [
            "SENTRY_RUN_TAG": "a=1, b=2", "SENTRY_RUN_FINGERPRINT": "x,y\nz", "SENTRY_RUN_ATTACH": "*.a,*.b",
        ]
        let both = try plan("--tag", "b=3", "--attach", "*.c", with: variables)
        #expect(both.tags.map { "\($0.key)=\($0.value)" } == ["a=1", "b=3"])
        #expect(both.fingerprint == ["x,y", "z"])
        #expect(both.attachments == ["*.c"])
        #expect(try plan(with: variables).attachments == ["*.a", "*.b"])
    }

    @Test(
        "a wrong value from the environment never stops the job and is said",
        arguments: [
            ("SENTRY_DSN", "nonsense"), ("SENTRY_ENVIRONMENT", "a/b"), ("SENTRY_RELEASE", "a\nb"),
            ("SENTRY_SAMPLE_RATE", "lots"), ("SENTRY_TRACES_SAMPLE_RATE", "2"), ("SENTRY_DEBUG", "maybe"),
            ("SENTRY_RUN_TIMEOUT", "soon"), ("SENTRY_RUN_TAG", "x"), ("SENTRY_RUN_MONITOR_SLUG", "!"),
            ("SENTRY_RUN_SCHEDULE", "* * *"), ("SENTRY_SPOTLIGHT", "gopher://x"), ("SENTRY_RUN_LENIENT", "please"),
        ])
    func wrongVariable(name: String, value: String) throws {
        let plan = try plan(with: [name: value])
        #expect(plan.command == ["job"])
        #expect(plan.problems.count == 1)
        #expect(plan.problems.first?.hasPrefix("\(name) '") ?? false)
        #expect(plan.problems.first?.hasSuffix("; left out") ?? false)
    }

    @Test("--lenient, before or after, or as a variable, leaves wrong flags out")
    func lenient() throws {
        let words = ["--logs", "nope", "--tag", "a=b", "--schedule", "x"]
        let lines = [
            Line(["--lenient"] + words + ["job"]), Line(words + ["--lenient", "job"]),
            Line(words + ["job"], ["SENTRY_RUN_LENIENT": "1"]),
        ]
        for line in lines {
            let plan = try line.plan()
            #expect(plan.logs == .all)
            #expect(plan.tags.count == 1)
            #expect(plan.problems.count == 3, "\(plan.problems)")
            #expect(plan.problems.allSatisfy { $0.hasSuffix("; left out") })
        }
        #expect(throws: Line.NoPlan.self) {
            try Line(words + ["--no-lenient", "job"], ["SENTRY_RUN_LENIENT": "1"]).plan()
        }
    }

    @Test("--lenient makes config show what would be left out")
    func lenientConfig() throws {
        let text = try Line(["config", "--lenient", "--logs", "nope"]).page()
        #expect(text.contains("  --logs 'nope': allowed is all, warn (and above) or off\n"))
    }

    @Test("--lenient runs the job without a monitor whose slug is wrong")
    func lenientSlug() throws {
        let plan = try Line(["monitors", "run", "!", "--lenient", "-s", "@daily", "--", "job"]).plan()
        #expect(plan.monitor == nil)
        #expect(plan.problems.count == 1)
    }

    @Test("settings for a monitor or a timeout may stand in the environment of runs that have none")
    func siteDefaults() throws {
        let variables = ["SENTRY_RUN_TIMEZONE": "UTC", "SENTRY_RUN_KILL_AFTER": "1s", "SENTRY_RUN_SCHEDULE": "@daily"]
        let plain = try plan(with: variables)
        #expect(plain.monitor == nil && plain.problems.isEmpty)
        let monitored = try Line(["monitors", "run", "a", "--", "job"], variables).plan()
        #expect(monitored.monitor?.timezone == "UTC")
        #expect(monitored.monitor?.schedule == .crontab("@daily"))
    }

    @Test("a run inside a monitored job does not check in to its parent's monitor")
    func nestedMonitor() throws {
        let outer = ["SENTRY_RUN_MONITOR_SLUG": "Nightly Import"]
        #expect(try plan(with: outer).monitor?.slug == "nightly-import")
        let inner = outer.merging(["SENTRY_MONITOR_SLUG": "nightly-import"]) { $1 }
        #expect(try plan(with: inner).monitor == nil)
        #expect(try plan(with: ["SENTRY_MONITOR_SLUG": "nightly-import"]).monitor == nil)
        #expect(try plan("--monitor-slug", "nightly-import", with: inner).monitor?.slug == "nightly-import")
        let other = inner.merging(["SENTRY_RUN_MONITOR_SLUG": "step-two"]) { $1 }
        #expect(try plan(with: other).monitor?.slug == "step-two")
    }

    @Test("config says where each value is from and what was not used")
    func effective() throws {
        let text = try Line(
            ["config", "--timeout", "5m", "--tag", "c=d", "--no-sessions"],
            ["SENTRY_RUN_TAG": "a=b", "SENTRY_ENVIRONMENT": "qa", "SENTRY_SAMPLE_RATE": "7"]
        ).page()
        func row(_ option: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix("\(option) ") }
                .map { $0.split(separator: " ").joined(separator: " ") }
        }
        #expect(row("--timeout") == "--timeout flag --timeout '5m'")
        #expect(row("--kill-after") == "--kill-after default 10s")
        #expect(row("--environment") == "--environment environment SENTRY_ENVIRONMENT 'qa'")
        #expect(row("--tag") == "--tag environment SENTRY_RUN_TAG, flag --tag 'a=b', 'c=d'")
        #expect(row("--sessions") == "--sessions flag --no-sessions off")
        #expect(row("--sample-rate") == "--sample-rate default 1")
        #expect(text.contains("\n  SENTRY_SAMPLE_RATE '7': allowed is a number from 0 to 1; left out\n"))
    }
}
