// Signals: to the job once, whoever sent them to whom.

import LinuxSystem
import Testing

@Suite struct SignalTests {
    /// A job that prints each signal it gets as `number` or `number=value`, and ends at SIGTERM with 9.
    static let listener = """
        import ctypes, os, signal, sys
        everything = set(range(1, 65)) - {9, 19, 32, 33}
        signal.pthread_sigmask(signal.SIG_BLOCK, everything)
        os.write(1, b'ready\\n')
        while True:
            info = signal.sigwaitinfo(everything)
            value = ctypes.c_int.from_buffer_copy
            os.write(1, b'%d %d\\n' % (info.si_signo, info.si_code))
            if info.si_signo == 15: os._exit(9)
        """

    /// Starts the listener under us in a session of its own; `settle` waits until what was sent is handled.
    static let start = """
        p = subprocess.Popen([S, '--quiet', *sys.argv[1:], '--', 'python3', 'listener.py'], stdout=subprocess.PIPE,
                             start_new_session=True)
        assert p.stdout.readline() == b'ready\\n'
        def reporter():
            while not os.path.exists('reports') or 'jobStarted' not in open('reports').read(): time.sleep(0.01)
            return int(open('reports').readline().split()[1])
        def got(): return p.stdout.readline().decode().strip()
        def end():
            p.terminate(); rest = p.stdout.read().decode().split('\\n'); print(*[r for r in rest if r]); print(p.wait())

        """

    private func scene(reporter: String? = FakeReporter.script) throws -> Scene {
        let scene = try Scene(reporter: reporter)
        try scene.write(Self.listener, to: "listener.py")
        return scene
    }

    @Test func everyCatchableSignalIsForwardedOnce() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            Self.start + """
                sent = [n for n in range(1, 65) if n not in (9, 15, 17, 19, 32, 33)]
                for n in sent: p.send_signal(n); assert got() == '%d 0' % n, n
                end()
                """)
        #expect(result.lines == ["15 0", "9"], "\(result.errorText)")
    }

    @Test func aQueuedSignalKeepsItsValueAndItsOrder() throws {
        let scene = try scene()
        defer { scene.remove() }
        try scene.write(
            """
            import ctypes, os, signal
            class Info(ctypes.Structure):
                _fields_ = [('head', ctypes.c_int * 4), ('pid', ctypes.c_int), ('uid', ctypes.c_uint),
                            ('value', ctypes.c_long), ('rest', ctypes.c_char * 96)]
            libc = ctypes.CDLL(None)
            signal.pthread_sigmask(signal.SIG_BLOCK, [40]); os.write(1, b'ready\\n')
            mask = (ctypes.c_ulong * 16)(1 << 39); info = Info()
            for _ in range(3):
                libc.sigwaitinfo(mask, ctypes.byref(info)); os.write(1, b'%d %d\\n' % (info.value, info.pid))
            """, to: "listener.py")
        let result = try scene.python(
            Self.start + """
                import ctypes
                libc = ctypes.CDLL(None)
                for value in (7, -1, 123456789012): libc.sigqueue(p.pid, 40, ctypes.c_long(value))
                print([got().replace(str(os.getpid()), 'me') for _ in range(3)]); p.wait()
                """)
        #expect(result.lines == ["['7 me', '-1 me', '123456789012 me']"], "\(result.errorText)")
    }

    @Test func aSignalToTheWholeGroupReachesTheJobOnce() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            Self.start + """
                reporter()
                for n in (10, 12, 2, 40):
                    os.killpg(p.pid, n); print(got()); time.sleep(0.1)
                p.send_signal(10); print(got())
                end()
                """)
        #expect(result.lines == ["10 0", "12 0", "2 0", "40 0", "10 0", "15 0", "9"], "\(result.errorText)")
        let log = try scene.reported()
        #expect(log.filter { $0.hasPrefix("seen") } == ["seen 10", "seen 12", "seen 2", "seen 40"])
        #expect(log.filter { $0.hasPrefix("forwarded") } == ["forwarded 10", "forwarded 15"])
    }

    @Test func aSignalToUsAndTheReporterByNameStillReachesAJobThatWouldDieOfIt() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sleep', '30'], start_new_session=True)
            while not os.path.exists('reports') or 'jobStarted' not in open('reports').read(): time.sleep(0.01)
            os.kill(int(open('reports').readline().split()[1]), 15); p.terminate(); print(p.wait(timeout=5))
            """)
        #expect(result.lines == ["-15"], "\(result.errorText)")
    }

    @Test func withoutAReporterSignalsAreForwarded() throws {
        let scene = try scene(reporter: nil)
        defer { scene.remove() }
        let result = try scene.python(Self.start + "p.send_signal(10); print(got()); end()")
        #expect(result.lines == ["10 0", "15 0", "9"], "\(result.errorText)")
    }

    @Test func killGroupReachesTheJobsChildren() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--kill-group', '--', 'sh', '-c', 'sleep 30 & echo $!; wait; wait'],
                                 stdout=subprocess.PIPE, start_new_session=True)
            child = int(p.stdout.readline()); job = int(open('/proc/%d/task/%d/children' % (p.pid, p.pid)).read().split()[0])
            print(os.getpgid(child) == job); p.terminate(); print(p.wait())
            while os.path.exists('/proc/%d' % child) and ') Z' not in open('/proc/%d/stat' % child).read(): time.sleep(0.01)
            """)
        #expect(result.lines == ["True", "-15"], "\(result.errorText)")
    }

    @Test func anAlarmThatTheCallerSetIsTheJobs() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sleep', '30'], preexec_fn=lambda: signal.alarm(1))
            print(p.wait(timeout=10))
            """)
        #expect(result.lines == ["-14"], "\(result.errorText)")
    }

    @Test func aJobThatIsStoppedAloneDoesNotStopUs() throws {
        let scene = try scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'kill -STOP $$; read go; echo on'],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            while not os.path.exists('reports') or 'stopped 19' not in open('reports').read(): time.sleep(0.01)
            print(open('/proc/%d/stat' % p.pid).read().split(') ')[1][0]); p.send_signal(signal.SIGCONT)
            while 'continued' not in open('reports').read(): time.sleep(0.01)
            print(p.communicate(b'\\n')[0], p.wait())
            """)
        #expect(result.lines == ["S", "b'on\\n' 0"], "\(result.errorText)")
    }
}

@Suite struct TimeoutTests {
    @Test func aJobThatIgnoresTERMIsKilled() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            start = time.time()
            r = subprocess.run([S, '--quiet', '--timeout', '0.3', '--kill-after', '0.3', '--',
                                'python3', '-c', 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(30)'])
            print(r.returncode, 0.55 < time.time() - start < 3)
            """)
        #expect(result.lines == ["-9 True"], "\(result.errorText)")
        #expect(try scene.reported().filter { $0.hasPrefix("timeout") } == ["timeout 1", "timeout 2"])
    }

    @Test func aStoppedJobDiesOfItsTimeout() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            "print(subprocess.run([S, '--quiet', '--timeout', '0.3', '--', 'sh', '-c', 'kill -STOP $$']).returncode)")
        #expect(result.lines == ["-15"], "\(result.errorText)")
    }
}
