import Testing

@testable import RunOptions

@Suite("Where options end and the job begins") struct CommandLineTests {
    @Test(
        "the job's words are untouched and found in argv",
        arguments: [
            (["true"], 1, ["true"]),
            (["--", "true"], 2, ["true"]),
            (["ls", "-l", "--", "--help"], 1, ["ls", "-l", "--", "--help"]),
            (["--timeout", "5m", "make", "--timeout", "3"], 3, ["make", "--timeout", "3"]),
            (["--timeout=5m", "--", "--weird"], 3, ["--weird"]),
            (["-q", "-", "x"], 2, ["-", "x"]),
            (["--", "show"], 2, ["show"]),
            (["-q", "--", "show"], 3, ["show"]),
            (["--", "--", "x"], 2, ["--", "x"]),
            (["monitors", "run", "nightly", "--", "job", "-e"], 5, ["job", "-e"]),
            (["monitors", "run", "nightly", "job", "-e"], 4, ["job", "-e"]),
            (["monitors", "run", "-e", "prod", "nightly", "-s", "@daily", "--", "job"], 9, ["job"]),
            (["--quiet", "monitors", "run", "nightly", "--", "job"], 6, ["job"]),
            (["--auth-token", "x", "--url=https://sentry.io", "monitors", "run", "nightly", "--", "job"], 8, ["job"]),
        ])
    func commandIndex(words: [String], index: Int, command: [String]) throws {
        let plan = try Line(words).plan()
        #expect(plan.commandIndex == index)
        #expect(plan.command == command)
        #expect(plan.problems.isEmpty)
    }

    @Test(
        "short options take their value in every usual way",
        arguments: [
            ["-e", "qa"], ["-eqa"], ["-e=qa"], ["-qe", "qa"], ["-qeqa"], ["--environment", "qa"], ["--environment=qa"],
        ])
    func shortOptions(words: [String]) throws {
        let plan = try Line(words + ["job"]).plan()
        #expect(plan.environment == "qa")
        #expect(plan.command == ["job"])
    }

    @Test(
        "a wrong command line is a sentence that says what is wrong",
        arguments: [
            (Line([]), "there is no command to run: sentry-run [options] [--] CMD [ARG...]"),
            (Line(["--quiet"]), "there is no command to run: sentry-run [options] [--] CMD [ARG...]"),
            (Line(["--tmeout", "5", "job"]), "there is no option '--tmeout'; did you mean --timeout?"),
            (Line(["--environmnet=x", "job"]), "there is no option '--environmnet'; did you mean --environment?"),
            (Line(["--env", "x", "--", "job"]), "there is no option '--env'; did you mean --environment?"),
            (Line(["--no-seshions", "--", "job"]), "there is no option '--no-seshions'; did you mean --no-sessions?"),
            (Line(["--no-dsn", "--", "job"]), "there is no option '--no-dsn'; see sentry-run --help"),
            (Line(["--frobnicate", "job"]), "there is no option '--frobnicate'; see sentry-run --help"),
            (Line(["-z", "job"]), "there is no option '-z'; see sentry-run --help"),
            (
                Line(["--json", "job"]),
                "--json is an option of sentry-run show, sentry-run runs, sentry-run logs, sentry-run doctor only"
            ),
            (Line(["--url", "u", "job"]), "--url is an option of sentry-run monitors run only"),
            (
                Line(["--monitor-slug", "b", "monitors", "run", "a", "--", "job"]),
                "--monitor-slug is an option of sentry-run, sentry-run doctor, sentry-run config only"
            ),
            (Line(["--tag"]), "--tag needs a value: "),
            (Line(["--timeout", "--", "job"]), "--timeout needs a value: a duration such as 90s, 5m, 1h30m or 500ms"),
            (Line(["-e"]), "-e needs a value: at most 64 characters"),
            (Line(["monitors"]), "of sentry-cli's monitors there is one verb: sentry-run monitors run SLUG"),
            (
                Line(["-q", "monitors", "list"]),
                "of sentry-cli's monitors there is one verb: sentry-run monitors run SLUG"
            ),
            (Line(["--timeout", "5m", "show"]), "--timeout is an option of sentry-run, sentry-run monitors run,"),
            (Line(["monitors", "list"]), "of sentry-cli's monitors there is one verb: sentry-run monitors run SLUG"),
            (Line(["monitors", "run"]), "monitors run needs a slug: sentry-run monitors run SLUG [options] -- CMD"),
            (Line(["monitors", "run", "--", "x"]), "monitors run needs a slug"),
            (Line(["monitors", "run", "x", "--"]), "there is no command to run: sentry-run monitors run SLUG"),
            (Line(["monitors", "run", "!!", "--", "x"]), "monitor slug '!!': a slug has letters, digits, '_' and '-'"),
            (
                Line(["help", "shwo"]),
                "there is no verb 'shwo'; there are monitors run, profile, show, runs, logs, send, doctor, config"
            ),
            (Line(["show", "a", "b"]), "'b' is one word too many: sentry-run show [RUN] [options]"),
            (Line(["runs", "a"]), "'a' is one word too many: sentry-run runs [options]"),
            (Line(["send"]), "send needs --dsn or SENTRY_DSN"),
            (Line(["send"], ["SENTRY_DSN": "x"]), "SENTRY_DSN 'x': it has no scheme"),
            (Line(["docs"]), "docs prints one of: markdown, man"),
        ])
    func usageErrors(line: Line, sentence: String) throws {
        let error = try line.usageError()
        #expect(error.hasPrefix(sentence), "\(error)")
    }

    @Test("help and version win over whatever else is wrong, and only before the job")
    func helpWins() throws {
        #expect(try Line(["--timeout", "x", "--help"]).page().hasPrefix("Usage: sentry-run [options]"))
        #expect(try Line(["monitors", "run", "-h"]).page().hasPrefix("Usage: sentry-run monitors run SLUG"))
        #expect(try Line(["help", "monitors", "run"]).page() == Line(["monitors", "run", "--help"]).page())
        #expect(try Line(["help", "show"]).page() == Line(["show", "-h"]).page())
        #expect(try Line(["help"]).page() == Line(["--help"]).page())
        guard case .version("sentry-run \(programVersion)\n") = Line(["-V"]).invocation else {
            Issue.record("no version")
            return
        }
        #expect(try Line(["ls", "--help"]).plan().command == ["ls", "--help"])
    }

    @Test("verbs of other programs carry what was asked")
    func verbs() {
        guard case .verb(.show(run: "abc", json: true, let shown)) = Line(["show", "--json", "abc"]).invocation,
            case .verb(.show(run: nil, json: false, _)) = Line(["show"]).invocation,
            case .verb(.show(run: "abc", json: true, _)) = Line(["--json", "--state-dir=/s", "show", "abc"]).invocation,
            case .verb(.runs(limit: 20, json: false, _)) = Line(["runs"]).invocation,
            case .verb(.runs(limit: 3, json: true, _)) = Line(["runs", "-n3", "--json"]).invocation,
            case .verb(.runs(limit: nil, json: false, _)) = Line(["runs", "--limit=0"]).invocation,
            case .verb(.send(runs: ["a", "b"], let sent)) =
                Line(["send", "a", "b", "--dsn", "http://k@h/1", "--state-dir", "/s"]).invocation,
            case .verb(.send(runs: ["-x"], _)) = Line(["send", "--dsn=http://k@h/1", "--", "-x"]).invocation,
            case .verb(.doctor(json: true, let checked)) =
                Line(["doctor", "--json", "--monitor-slug", "m", "--pty", "never"]).invocation
        else {
            Issue.record("a verb was not read")
            return
        }
        #expect(shown.problems.isEmpty)
        #expect(sent.dsn?.text == "http://k@h/1")
        #expect(sent.stateDirectory == "/s")
        #expect(checked.monitor?.slug == "m")
        #expect(checked.terminal == .never)
        #expect(Verb.show(run: nil, json: false, shown).program == .reporter)
        #expect(Verb.send(runs: [], sent).program == .courier)
    }

    @Test(
        "with --lenient an unknown option never makes another word the job",
        arguments: [
            (["--lenient", "--new", "--", "job"], ["job"]),
            (["--lenient", "--new=x", "job"], ["job"]),
            (["--lenient", "--new", "x", "--", "job"], ["job"]),
            (["--lenient", "--new", "x", "--tag", "a=b", "--", "job"], ["job"]),
            (["--new", "x", "--lenient", "--", "job"], ["job"]),
            (["--lenient", "--new", "job", "x", "--", "y"], ["job", "x", "--", "y"]),
            (["--lenient", "--new", "job", "-v"], ["job", "-v"]),
            (["monitors", "run", "a", "--lenient", "--new", "x", "--", "job"], ["job"]),
            (["monitors", "run", "--lenient", "--new", "x", "a", "--", "job"], ["job"]),
            (["monitors", "run", "--lenient", "--new", "a", "--", "job"], ["job"]),
            (["monitors", "run", "--lenient", "--new", "a", "-e", "qa", "--", "job"], ["job"]),
            (["monitors", "run", "a", "--lenient", "--new", "job", "-v"], ["job", "-v"]),
        ])
    func lenientUnknown(words: [String], command: [String]) throws {
        let plan = try Line(words).plan()
        #expect(plan.command == command)
        #expect(plan.problems.count == 1)
        #expect(plan.problems.first?.hasPrefix("there is no option '--new'") ?? false)
    }
}
