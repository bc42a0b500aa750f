// What the job finds around it: the caller's, to the bit.

import LinuxSystem
import Testing

@Suite struct InheritanceTests {
    /// Prints what a process can know of its own surroundings.
    static let probe = """
        import os, resource, signal, sys
        status = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)
        for key in ('SigBlk', 'SigIgn', 'SigPnd', 'ShdPnd', 'Umask', 'NoNewPrivs', 'CapEff'): print(key, status[key].strip())
        print(os.getcwd(), os.nice(0), [resource.getrlimit(n) for n in range(16)])
        print(sorted(int(n) for n in os.listdir('/proc/self/fd')))
        print(sorted(k for k in os.environb if not k.startswith((b'SENTRY_TRACE', b'SENTRY_BAGGAGE', b'TRACEPARENT', b'_'))))
        print([os.fsencode(a) for a in sys.argv[1:]], os.getpgrp() == os.getpgid(os.getppid()), os.getsid(0))
        """

    @Test(arguments: [FakeReporter.script, nil])
    func theJobCannotTellThatWeAreThere(reporter: String?) throws {
        let scene = try Scene(reporter: reporter)
        defer { scene.remove() }
        try scene.write(Self.probe, to: "probe.py")
        let result = try scene.python(
            """
            import resource
            os.umask(0o27); os.nice(3); resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
            signal.signal(signal.SIGHUP, signal.SIG_IGN); signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM, 40])
            os.environb[b'ODD\\xff'] = b'\\xfe'
            extra = os.open('/dev/null', os.O_RDONLY); os.dup2(extra, 77)
            def out(prefix):
                signal.signal(signal.SIGCHLD, signal.SIG_IGN)
                r, w = os.pipe()
                p = subprocess.Popen(prefix + ['python3', 'probe.py', b'\\xff\\xfe', '', 'a b'], stdout=w,
                                     pass_fds=(77,), restore_signals=False)
                os.close(w); data = b''
                while chunk := os.read(r, 65536): data += chunk
                os.close(r); return data.decode()
            bare, ours = out([]), out([S, '--quiet', '--'])
            print(bare == ours); print(bare); print(ours)
            """)
        #expect(result.lines.first == "True", "\(result.text)\(result.errorText)")
        #expect(result.text.contains(/SigIgn \w*1...1\n/), "\(result.text)")
    }

    @Test func theTraceIsHandedOn() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("exec $S --quiet -- sh -c 'echo $SENTRY_TRACE'", [("SENTRY_TRACE", "")])
        #expect(result.text.wholeMatch(of: /[0-9a-f]{32}-[0-9a-f]{16}(-[01])?\n/) != nil, "\(result.text)")
    }

    @Test func whatTheJobClosesIsClosed() throws {
        let scene = try Scene()
        defer { scene.remove() }
        // A pipe the job was given reaches its end, and a writer to its stdin gets EPIPE, although we still run.
        let result = try scene.python(
            """
            r, w = os.pipe()
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'exec %d>&- <&-; sleep 30' % w], stdin=subprocess.PIPE,
                                 pass_fds=(w,))
            os.close(w); print(os.read(r, 1))
            try:
                for _ in range(400): p.stdin.write(b'x' * 100000); p.stdin.flush(); time.sleep(0.01)
            except BrokenPipeError: print('EPIPE')
            print(p.poll()); p.kill()
            """)
        #expect(result.lines == ["b''", "EPIPE", "None"])
    }

    @Test func theReporterHoldsNothingOfTheCallers() throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.write(
            "#!/bin/sh\nls -l /proc/$$/fd >fds\nexit 0\n", to: "libexec/sentry-run-reporter", mode: "755")
        try scene.shell("exec 9<libexec; $S --quiet -- sleep 0.3")
        let held = String(decoding: try scene.contents("fds"), as: UTF8.self)
        #expect(!held.hasSuffix("/libexec\n") && !held.contains("/libexec\n"), "\(held)")
        for number in 3...6 { #expect(held.contains(" \(number) -> "), "\(held)") }
    }
}
