import SentryProtocol
import Testing

@testable import RunOptions

@Suite("What is removed, hooks and logs") struct PrivacyOptionTests {
    @Test("expressions are compiled, in variables one a line")
    func expressions() throws {
        let plan = try Line(
            ["--scrub", "a{1,2}", "--scrub", "b", "--", "x"], ["SENTRY_RUN_IGNORE_LINES": "c{1,2}\n^d, e$\n"]
        ).plan()
        #expect(plan.scrubbed.map(\.source) == ["a{1,2}", "b"])
        #expect(plan.ignoredLines.map(\.source) == ["c{1,2}", "^d, e$"])
    }

    @Test("a wrong expression is a usage error as a flag and left out as a variable")
    func wrongExpressions() throws {
        let error = try Line(["--scrub", "(", "--", "x"]).usageError()
        #expect(error == "--scrub '(': this is no regular expression of ours: ( is not closed at character 1")
        let plan = try Line(["x"], ["SENTRY_RUN_SCRUB": "("]).plan()
        #expect(plan.scrubbed.isEmpty && plan.problems.count == 1)
    }

    @Test("what is allowed is a key or an expression between slashes")
    func allowed() throws {
        let plan = try Line(["--scrub-allow", "api_key", "--scrub-allow", "/^test-/", "--", "x"]).plan()
        #expect(plan.allowedKeys == ["api_key"] && plan.allowedValues.map(\.source) == ["^test-"])
        #expect(try Line(["--scrub-allow", "a=b", "--", "x"]).usageError().contains("a key's name"))
    }

    @Test("hooks, their time and what becomes of failures")
    func hooks() throws {
        let plan = try Line([
            "--before-send", "jq .", "--before-send-failure", "keep", "--before-send-timeout", "1s", "x",
        ]).plan()
        #expect(plan.beforeSend == "jq ." && plan.hookFailure == .keep && plan.hookTimeout == 1_000_000_000)
        #expect(try Line(["x"], ["SENTRY_RUN_BEFORE_SEND_LOG": "grep -v a,b"]).plan().beforeSendLog == "grep -v a,b")
        #expect(try Line(["--before-send-timeout", "0", "x"]).usageError().contains("duration"))
    }

    @Test("the rate of logs")
    func rate() throws {
        #expect(try Line(["x"]).plan().maxLogRate == 1000)
        #expect(try Line(["--max-log-rate", "none", "x"]).plan().maxLogRate == nil)
        #expect(try Line(["--max-log-rate", "0", "x"]).plan().maxLogRate == 0)
        #expect(try Line(["--max-log-rate", "1000001", "x"]).usageError().contains("1000000"))
    }

    @Test("logs takes a run, a level and a number")
    func logs() throws {
        guard
            case .verb(.logs("20261128", let query, true, _)) = Line(
                ["logs", "20261128", "-f", "--level", "Warning", "-n", "5", "--json"]).invocation
        else { throw Line.NoPlan(got: "no logs") }
        #expect(query.follows && query.level == .warn && query.last == 5)
        #expect(try Line(["logs", "--level", "loud"]).usageError().contains("trace, debug"))
        guard case .verb(.logs(nil, let all, false, _)) = Line(["logs"]).invocation else {
            throw Line.NoPlan(got: "no logs")
        }
        #expect(all == LogsQuery())
    }
}
