import SentryProtocol
import Testing

@testable import CrashReporting

@Suite struct ExceptionGroupingTests {
    private func chain(_ type: String, _ value: String, function: String = "load") -> [SentryException] {
        var frame = Frame(function: function, filename: "main.py", line: 4, inApp: true)
        frame.absolutePath = "/srv/app/main.py"
        return [SentryException(type: type, value: value, stackTrace: StackTrace(frames: [frame]))]
    }

    @Test(arguments: [
        ("cannot open /tmp/tmpq1w2e3r4/rows.csv", "cannot open /tmp/tmpz9y8x7w6/rows.csv"),
        ("lock '/var/tmp/job.Ab3dE9xQ' is held by pid 4711", "lock '/var/tmp/job.Zz1yX8wV' is held by pid 12"),
        ("object at 0x7f3a2c01 is gone", "object at 0x55d0aa10 is gone"),
        ("order 0f8fad5b-d9cb-469f-a165-70867728950e", "order 7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        ("timeout after 30.5s", "timeout after 7.25s"),
        ("commit deadbeef01 is missing", "commit 0a23456789 is missing"),
        ("at 2026-11-28 07:13:35", "at 2025-01-02 23:59:59"),
    ])
    func `values that differ by chance are one`(_ one: String, _ other: String) {
        #expect(ExceptionGrouping.normalised(one) == ExceptionGrouping.normalised(other))
        #expect(ExceptionGrouping.identity(chain("E", one)) == ExceptionGrouping.identity(chain("E", other)))
    }

    @Test(arguments: [
        ("cannot open /etc/app.conf", "cannot open /etc/other.conf"), ("'port'", "'host'"),
        ("cannot open /tmp/tmpq1w2e3r4/rows.csv", "cannot open /tmp/tmpq1w2e3r4/columns.csv"), ("", "x"),
        ("no such table: orders", "no such table: customers"),
    ])
    func `values that differ by meaning are two`(_ one: String, _ other: String) {
        #expect(ExceptionGrouping.identity(chain("E", one)) != ExceptionGrouping.identity(chain("E", other)))
    }

    @Test func `type and place count`() {
        let one = ExceptionGrouping.identity(chain("KeyError", "'port'"))
        #expect(one != ExceptionGrouping.identity(chain("ValueError", "'port'")))
        #expect(one != ExceptionGrouping.identity(chain("KeyError", "'port'", function: "save")))
    }

    @Test func `the server's own grouping is left to it where it suffices`() {
        #expect(ExceptionGrouping.fingerprint(chain("E", "row 17 of 0x7f3a2c01")) == [])
        #expect(
            ExceptionGrouping.fingerprint(chain("E", "cannot open /tmp/tmpq1w2e3r4/rows.csv")) == [
                "E", "cannot open <tmp>/rows.csv", "main.py load",
            ])
    }
}

@Suite struct CauseTests {
    private func verdict(
        _ ending: Evidence.Ending, _ exceptions: [(ReportedException.Fate, after: Int)], ranks: [Int] = [],
        timeout: Bool = false
    ) -> Verdict {
        var evidence = Evidence(jobName: "importer", ending: ending)
        evidence.timeoutStage = timeout ? 1 : 0
        evidence.exceptions = exceptions.enumerated().map {
            ReportedException(
                title: "E\($0.offset)", fate: $0.element.0, linesAfter: $0.element.after,
                rank: $0.offset < ranks.count ? ranks[$0.offset] : 2)
        }
        return Verdict(evidence)
    }

    @Test func `the last one that may have ended the program is the cause`() {
        #expect(verdict(.exited(code: 1), [(.unknown, 300), (.unknown, 0)]).exception == 1)
        #expect(verdict(.exited(code: 2), [(.ended, 30), (.wentOn, 2)]).exception == 0)
        #expect(verdict(.exited(code: 1), [(.ended, 30)]).summary == "importer exited with status 1, after E0")
    }

    @Test func `a shell's or make's last word gives way to what it echoes`() {
        // Python, then what the shell could not do, then make.
        let three: [(ReportedException.Fate, after: Int)] = [(.unknown, 30), (.unknown, 5), (.unknown, 0)]
        #expect(verdict(.exited(code: 2), three, ranks: [2, 1, 0]).exception == 0)
        #expect(verdict(.exited(code: 2), three, ranks: [0, 1, 0]).exception == 1)
        #expect(verdict(.exited(code: 2), three, ranks: [1, 1, 1]).exception == 2)
        // Logged long before, or outlived: not what failed now.
        #expect(verdict(.exited(code: 2), [(.unknown, 300), (.unknown, 0)], ranks: [2, 0]).exception == 1)
        #expect(verdict(.exited(code: 2), [(.wentOn, 3), (.unknown, 0)], ranks: [2, 0]).exception == 1)
    }

    @Test func `what the program went on after is none`() {
        #expect(verdict(.exited(code: 1), [(.unknown, 300)]).exception == nil)
        #expect(verdict(.exited(code: 1), [(.wentOn, 0)]).exception == nil)
        #expect(verdict(.exited(code: 1), [(.ended, 3000)]).exception == nil)
    }

    @Test func `an end of another kind has its own cause`() {
        #expect(verdict(.exited(code: 0), [(.unknown, 0)]).exception == nil)
        #expect(verdict(.exited(code: 1), [(.unknown, 0)], timeout: true).exception == nil)
        #expect(verdict(.signaled(9, coreDumped: false), [(.unknown, 0)]).exception == nil)
        #expect(verdict(.signaled(15, coreDumped: false), [(.ended, 0)]).exception == nil)
    }

    @Test func `only what ends a program by a signal explains one`() {
        #expect(verdict(.signaled(6, coreDumped: false), [(.ended, 3)]).exception == 0)
        #expect(verdict(.signaled(11, coreDumped: false), [(.unknown, 0)]).exception == nil)
    }
}
