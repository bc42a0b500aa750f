// The reporter's failures, which the job must not notice.

import LinuxSystem
import Testing

@Suite struct ReporterTests {
    @Test func itIsToldTheRunInOrderAndItsNoticeIsShown() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("exec $S -- sh -c 'echo out'")
        #expect(result.text == "out\n")
        #expect(result.errorText == "the notice\n")
        let log = try scene.reported().dropFirst()
        #expect(
            log.filter { !$0.hasPrefix("copy") && $0 != "closeStream" } == [
                "arguments supervise --", "runStart restarts 0", "jobStarted", "exited", "output 4",
            ])
        #expect(log.contains("copy 1 4") && log.contains("copy 2 0"))
    }

    @Test func aMissingOneIsSaidOnceAndTheJobRuns() throws {
        let scene = try Scene(reporter: nil)
        defer { scene.remove() }
        let result = try scene.shell("$S -- sh -c 'echo out; exit 4'", [("SENTRY_RUN_LIBEXEC", "/nonexistent")])
        #expect(result.text == "out\n")
        #expect(result.status == .exited(code: 4))
    }

    @Test func oneThatCannotBeExecutedLeavesAPlainRun() throws {
        let scene = try Scene(reporter: "#!/no/such/interpreter\n")
        defer { scene.remove() }
        let result = try scene.shell("$S -- sh -c 'echo out; echo err >&2; exit 4'")
        #expect(result.text == "out\n")
        #expect(result.status == .exited(code: 4))
        #expect(result.errorText.contains("sentry-run: the run is not reported: exec "), "\(result.errorText)")
    }

    @Test func oneThatKeepsCrashingIsStartedFourTimesInAll() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("exec $S -- sh -c 'sleep 1; echo out; exit 4'", [("FAKE_MODE", "crash")])
        #expect(result.text == "out\n")
        #expect(result.status == .exited(code: 4))
        #expect(try scene.reported().filter { $0.hasPrefix("pid") }.count == 4)
    }

    @Test func oneThatIsKilledIsStartedAnewAndToldWhatHappened() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--', 'sh', '-c', 'echo one; read x; echo two; exit 5'], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            def log(): return open('reports').read() if os.path.exists('reports') else ''
            while 'jobStarted' not in log(): time.sleep(0.01)
            os.kill(int(log().split()[1]), 9)
            while log().count('jobStarted') < 2: time.sleep(0.01)
            print(p.communicate(b'\\n'), p.returncode)
            """)
        #expect(result.lines == ["(b'one\\ntwo\\n', b'the notice\\n') 5"], "\(result.errorText)")
        let log = try scene.reported()
        #expect(log.filter { $0.hasPrefix("runStart") } == ["runStart restarts 0", "runStart restarts 1"])
        #expect(log.contains("copy 1 4"))
    }

    @Test(arguments: ["--trace off", "--trace tree", "--trace main"])
    func eachOneIsToldWhereSamplesAreReadFrom(tracing: String) throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--profile', *'\(tracing)'.split(), '--', 'sh', '-c', 'read x; exit 5'],
                                 stdin=subprocess.PIPE)
            def log(): return open('reports').read() if os.path.exists('reports') else ''
            while log().count('sampling') < 2: time.sleep(0.01)
            os.kill(int(log().split()[1]), 9)
            while log().count('sampling') < 4: time.sleep(0.01)
            p.communicate(b'\\n')
            print(p.returncode)
            """)
        #expect(result.lines == ["5"], "\(result.errorText)")
        let log = try scene.reported()
        guard (try? PerfSampling.probe()) != nil else { return }
        #expect(
            log.filter { $0.hasPrefix("sampling") } == [
                "sampling 1", "samplingDescriptors True", "sampling 1", "samplingDescriptors True",
            ])
    }

    @Test func itHearsOfNoSamplesUnlessTheyAreWanted() throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.shell("$S -- true; $S profile -- nonexistent; $S --profile --profiles-sample-rate 0 -- true")
        #expect(try !scene.reported().contains { $0.hasPrefix("sampling") })
    }

    @Test func oneThatHangsDelaysTheEndByABoundedTimeAndKeepsNoOutputOpen() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            start = time.time()
            r = subprocess.run([S, '--quiet', '--', 'sh', '-c', 'head -c 5000000 /dev/zero; exit 6'], capture_output=True)
            print(r.returncode, len(r.stdout), 4 < time.time() - start < 8)
            """, [("FAKE_MODE", "hang")])
        #expect(result.lines == ["6 5000000 True"], "\(result.errorText)")
    }

    @Test func ourDeathIsNotTheJobs() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'sleep 0.5; echo done >done'])
            while not os.path.exists('reports') or 'jobStarted' not in open('reports').read(): time.sleep(0.01)
            p.kill(); print(p.wait())
            while not os.path.exists('done'): time.sleep(0.01)
            """)
        #expect(result.lines == ["-9"], "\(result.errorText)")
    }

    @Test func asASubreaperWeReapOrphans() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell(
            """
            exec $S --quiet --subreaper -- sh -c '
                parent=$PPID; sh -c "sleep 0.1 & echo \\$! >orphan"; sleep 0.05; read orphan <orphan
                grep PPid /proc/$orphan/status | grep -qw $parent && echo ours
                sleep 0.3; test -e /proc/$orphan || echo reaped'
            """)
        #expect(result.lines == ["ours", "reaped"], "\(result.errorText)")
    }

    static let canMakeNamespaces = (try? run(["unshare", "-p", "-f", "true"]))?.status == .exited(code: 0)

    @Test(.enabled(if: canMakeNamespaces, "needs the right to make a pid namespace"))
    func asInitWeForwardReapAndTellASignalAsACode() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell(
            """
            unshare -p -f --mount-proc $S --quiet -- sh -c 'echo $PPID; (sleep 0.1 &); sleep 0.3; ls /proc | grep -c "^[0-9]"
            kill -TERM 1; sleep 5'
            echo $?
            """)
        // Left: us, the reporter, the shell, ls, grep; the orphan is reaped.
        #expect(result.lines.first == "1")
        #expect(result.lines.last == "143", "\(result.text)\(result.errorText)")
    }
}
