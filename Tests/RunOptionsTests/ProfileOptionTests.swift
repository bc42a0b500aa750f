import Testing

@testable import RunOptions

@Suite("Profiling: what is asked for") struct ProfileOptionTests {
    @Test("nothing is sampled unless asked, whatever the variables of an SDK say")
    func off() throws {
        #expect(try plan().profile == nil)
        #expect(try plan(with: ["SENTRY_PROFILES_SAMPLE_RATE": "1", "SENTRY_RUN_PROFILE_HZ": "7"]).profile == nil)
        #expect(try plan("--no-profile", with: ["SENTRY_RUN_PROFILE": "1"]).profile == nil)
        #expect(try plan("--profile-hz", "7").profile == nil)
    }

    @Test("a profile has the defaults of the table, and wants a transaction")
    func defaults() throws {
        let plan = try plan("--profile")
        #expect(plan.profile == ProfilePlan())
        #expect(plan.tracesSampleRate == 1 && plan.tracing == .automatic)
        #expect(try RunOptionsTests.plan("--profile", "--traces-sample-rate", "0.5").tracesSampleRate == 0.5)
    }

    @Test("each option does to the plan what it says")
    func values() throws {
        let plan = try plan(
            "--profile", "--profile-hz=997", "--profile-source", "ptrace", "--profile-mode", "wall",
            "--profile-budget", "0.5%", "--profiles-sample-rate", "0.25", "-o", "/tmp/p.svg", "--format", "pprof")
        var expected = ProfilePlan()
        (expected.frequency, expected.source, expected.mode) = (997, .ptrace, .wall)
        (expected.budget, expected.sampleRate) = (0.005, 0.25)
        (expected.output, expected.format) = ("/tmp/p.svg", .pprof)
        #expect(plan.profile == expected)
        let variables = try RunOptionsTests.plan(
            with: ["SENTRY_RUN_PROFILE": "yes", "SENTRY_PROFILES_SAMPLE_RATE": "0.1", "SENTRY_RUN_PROFILE_HZ": "1"])
        #expect(variables.profile?.sampleRate == 0.1 && variables.profile?.frequency == 1)
    }

    @Test(
        "what is not allowed is said",
        arguments: [
            (["--profile-hz", "0"], "--profile-hz '0': allowed is a number from 1 to 1000"),
            (["--profile-hz", "1001"], "--profile-hz '1001': allowed is"),
            (["--profile-budget", "0"], "--profile-budget '0': allowed is a percentage of one processor"),
            (["--profile-budget", "101"], "--profile-budget '101': allowed is"),
            (["--profile-source", "gdb"], "--profile-source 'gdb': allowed is auto"),
            (["--profile-mode", "off"], "--profile-mode 'off': allowed is cpu"),
            (["--profile", "--format", "png"], "--format 'png': allowed is html, svg"),
            (["--profiles-sample-rate", "1"], "--profiles-sample-rate needs --profile"),
            (["-o", "x.html"], "-o needs --profile"),
            (["-p", "1"], "-p is an option of sentry-run profile only"),
        ])
    func refused(words: [String], sentence: String) throws {
        let error = try Line(words + ["--", "job"]).usageError()
        #expect(error.hasPrefix(sentence), "\(error)")
    }
}

@Suite("Profiling: the verb") struct ProfileVerbTests {
    @Test(
        "a command is a run that nobody is told of",
        arguments: [
            (["profile", "--", "job", "-p", "1"], 3, ["job", "-p", "1"]),
            (["profile", "job", "--duration"], 2, ["job", "--duration"]),
            (["profile", "-o", "x.svg", "--profile-hz", "7", "job"], 6, ["job"]),
            (["-q", "profile", "--", "diff", "a", "b"], 4, ["diff", "a", "b"]),
        ])
    func command(words: [String], index: Int, command: [String]) throws {
        let plan = try Line(words, ["SENTRY_DSN": "https://k@h/1", "SENTRY_TRACES_SAMPLE_RATE": "1"]).plan()
        #expect(plan.commandIndex == index && plan.command == command)
        #expect(plan.profile?.isLocal == true)
        #expect(plan.dsn == nil && plan.tracesSampleRate == nil && plan.tracing == .off)
    }

    @Test("a process, and files")
    func requests() {
        func request(_ words: String...) -> ProfileRequest? {
            guard case .verb(.profile(let request, let plan)) = Line(["profile"] + words).invocation else { return nil }
            #expect(plan.profile?.isLocal == true)
            return request
        }
        #expect(request("-p", "42") == .attach(process: 42, duration: nil))
        #expect(request("--pid=42", "--duration", "1500ms") == .attach(process: 42, duration: 1_500_000_000))
        #expect(request("diff", "a", "b") == .difference("a", "b"))
        #expect(request("diff", "-o", "d.html", "--", "-a", "-b") == .difference("-a", "-b"))
        #expect(request("convert", "a", "-o", "b.svg") == .convert("a"))
        #expect(Verb.profile(.convert("a"), RunPlan()).program == .profiler)
    }

    @Test(
        "a wrong command line is a sentence",
        arguments: [
            (["profile"], "there is no command to run: sentry-run profile [options] -- CMD"),
            (["profile", "-p", "0"], "-p '0': allowed is the number of a process that runs"),
            (["profile", "-p", "1", "diff", "a"], "'diff' is one word too many beside --pid"),
            (["profile", "-p", "1", "--", "job"], "with --pid there is no command to run"),
            (["profile", "--duration", "1s", "--", "job"], "--duration needs --pid"),
            (["profile", "-o", "-", "--", "job"], "a command's profile cannot go to its stdout"),
            (["profile", "diff", "a"], "profile diff needs two profiles"),
            (["profile", "convert", "a"], "profile convert needs -o FILE"),
            (["profile", "convert"], "profile convert needs one profile"),
            (["profile", "--dsn", "x", "--", "job"], "--dsn is an option of"),
            (["profile", "--profile-hz", "x"], "--profile-hz 'x': allowed is"),
        ])
    func usageErrors(words: [String], sentence: String) throws {
        let error = try Line(words).usageError()
        #expect(error.hasPrefix(sentence), "\(error)")
    }
}
