// The job's bytes: exactly what they were, in their order, to whoever reads behind us.

import LinuxSystem
import Testing

@Suite struct OutputTests {
    @Test func fiftyMegabytesOfNoiseArriveUnchangedAndAreCopied() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell(
            """
            head -c 50000000 /dev/urandom >noise
            $S --quiet -- cat noise >through
            cmp noise through && echo same
            """)
        #expect(result.text == "same\n")
    }

    @Test(arguments: [
        "printf x", "printf '\\0\\377\\r\\n\\n'", "head -c 3000000 /dev/zero | tr '\\0' y", "printf 'a\\nb'", "true",
    ])
    func oddOutputIsPassedOnAndCountedByTheReporter(job: String) throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.write(job + "\n", to: "job")
        let bare = try scene.shell("sh job")
        let supervised = try scene.shell("exec $S --quiet -- sh job")
        #expect(supervised.output == bare.output)
        #expect(supervised.error == bare.error)
        // What was copied and what the reporter was told that it lost make up all of it.
        #expect(try scene.reported().contains("output \(bare.output.count)"))
    }

    @Test func stdoutAndStderrStayApart() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("exec $S --quiet -- sh -c 'echo out; echo err >&2'")
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
    }

    @Test func oneOpenFileForBothKeepsTheirOrder() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell(
            """
            $S --quiet -- python3 -c 'import os
            for n in range(2000): os.write(1 + n % 2, b"%d\\n" % n)' >log 2>&1
            seq 0 1999 | cmp - log && echo ordered
            """)
        #expect(result.text == "ordered\n")
    }

    @Test func aFileThatIsAppendedToIsAppendedTo() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("echo first >log; $S --quiet -- echo second >>log; echo third >>log; cat log")
        #expect(result.text == "first\nsecond\nthird\n")
    }

    @Test(arguments: [FakeReporter.script, nil])
    func aReaderThatGoesAwayEndsTheJobWithSIGPIPE(reporter: String?) throws {
        let scene = try Scene(reporter: reporter)
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'yes'], stdout=subprocess.PIPE)
            print(p.stdout.read(4)); p.stdout.close(); print(p.wait(timeout=20))
            """)
        #expect(result.lines == ["b'y\\ny\\n'", "-13"])
    }

    @Test(arguments: ["hang", "deaf"])
    func aHungReporterDoesNotKeepTheJobFromItsSIGPIPE(mode: String) throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'yes; echo $? >status'], stdout=subprocess.PIPE)
            p.stdout.read(4); p.stdout.close(); start = time.time()
            while not (os.path.exists('status') and os.path.getsize('status')): time.sleep(0.005)
            print(time.time() - start < 2, open('status').read())
            """, [("FAKE_MODE", mode)])
        #expect(result.lines == ["True 141"])
    }

    @Test func aFullDiskEndsTheJobAndIsSaid() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            "print(subprocess.run([S, '--', 'yes'], stdout=open('/dev/full', 'w')).returncode)")
        #expect(result.lines == ["-13"])
        #expect(result.errorText.contains("sentry-run: writing the job's stdout: No space left on device\n"))
    }

    @Test func aNonBlockingStdoutLosesNothing() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            r, w = os.pipe(); os.set_blocking(w, False)
            p = subprocess.Popen([S, '--quiet', '--', 'head', '-c', '1000000', '/dev/zero'], stdout=w); os.close(w)
            time.sleep(0.2); total = 0
            while data := os.read(r, 65536): total += len(data)
            print(total, p.wait())
            """)
        #expect(result.lines == ["1000000 0"])
    }

    @Test func aJobThatClosesItsStdoutIsSeenToDoSo() throws {
        let scene = try Scene(reporter: nil)
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'echo a; exec >&-; sleep 30'], stdout=subprocess.PIPE)
            print(p.stdout.read()); print(p.poll()); p.terminate(); print(p.wait())
            """)
        #expect(result.lines == ["b'a\\n'", "None", "-15"])
    }

    @Test(arguments: [("<&-", "12"), (">&-", "02"), ("2>&-", "01"), ("<&- >&- 2>&-", "")])
    func closedStreamsStayClosedForTheJob(redirection: String, open: String) throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.write(
            "for n in 0 1 2; do test -e /proc/$$/fd/$n && seen=$seen$n; done\nprintf %s \"$seen\" >seen\n", to: "job")
        try scene.shell("$S --quiet -- sh job \(redirection)")
        #expect(String(decoding: try scene.contents("seen"), as: UTF8.self) == open)
    }

    @Test func whoOutlivesTheJobKeepsItsStdout() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', '(sleep 1; echo late; echo later; echo $? >status) & echo early'],
                stdout=subprocess.PIPE)
            start = time.time(); print(p.wait()); print(time.time() - start < 0.9)
            print(p.stdout.read()); print(open('status').read())
            """)
        #expect(result.lines == ["0", "True", "b'early\\nlate\\nlater\\n'", "0"])
    }

    @Test func aStuckReaderIsWaitedForUntilSomebodyInsists() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            r, w = os.pipe()
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'head -c 100000 /dev/zero; : >written'], stdout=w)
            while not os.path.exists('written'): time.sleep(0.01)
            time.sleep(0.6); print(p.poll()); p.terminate(); print(p.wait(timeout=8))
            """)
        #expect(result.lines == ["None", "0"])
    }
}
