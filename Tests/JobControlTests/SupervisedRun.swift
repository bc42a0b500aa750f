// Runs the built `sentry-run` on real programs: shell and Python scripts find it as $S.

import LinuxSystem
import Synchronization
import Testing

/// What a script printed and how it ended.
struct ScriptResult {
    var status: WaitStatus
    var output: [UInt8]
    var error: [UInt8]

    var text: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: error, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// A reporter for the tests: it logs the messages it gets to $FAKE_LOG, one word a line, counts the copies it reads, and
/// settles at the end. $FAKE_MODE makes it misbehave.
enum FakeReporter {
    static let script = """
        #!/usr/bin/python3 -IS
        import os, sys, socket, struct, select, signal, fcntl, time
        mode = os.environ.get('FAKE_MODE', '')
        low = os.open(os.environ['FAKE_LOG'], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        log = fcntl.fcntl(low, fcntl.F_DUPFD, 100); os.close(low)
        def say(text): os.write(log, (text + '\\n').encode())
        names = {1: 'runStart', 2: 'jobStarted', 3: 'execFailed', 4: 'forwarded', 5: 'seen', 6: 'timeout', 7: 'stopped',
                 8: 'continued', 9: 'exited', 10: 'closeStream', 11: 'drain', 12: 'snapshot', 17: 'sampling',
                 18: 'samplingDescriptors'}
        untold = (13, 14, 15, 16)
        link = socket.socket(fileno=3)
        poller = select.poll(); poller.register(3, select.POLLIN)
        copied = b''; copying = True
        try: os.fstat(4); poller.register(4, select.POLLIN)
        except OSError: copying = False
        def frames(data):
            while len(data) >= 24:
                mark, length, stream, wall = struct.unpack('<QIIq', data[:24])
                yield stream, data[24:24 + length]
                data = data[24 + length:]
        say('pid %d' % os.getpid())
        say('arguments ' + ' '.join(sys.argv[1:3]))
        if mode == 'crash': os.kill(os.getpid(), 9)
        if mode == 'hang':
            while True: time.sleep(100)
        while True:
            for fd, event in poller.poll():
                if fd == 4:
                    data = os.read(fd, 1 << 20)
                    copied += data
                    if not data: poller.unregister(fd)
                    continue
                packet, passed, _, _ = socket.recv_fds(link, 4096, 60)
                for descriptor in passed: os.close(descriptor)
                if not packet: sys.exit(0)
                kind = struct.unpack('<HH', packet[:4])[1]
                if kind in untold: continue
                detail = ''
                if kind in (4, 5, 7): detail = ' %d' % struct.unpack('<i', packet[4:8])[0]
                if kind == 3: detail = ' %d' % struct.unpack('<i', packet[4:8])[0]
                if kind == 6: detail = ' %d' % packet[4]
                if kind == 9: exited = struct.unpack('<i11q3QB', packet[4:])[12:15]
                if kind == 17: detail = ' %d' % packet[4]
                if kind == 18: detail = ' %s' % (struct.unpack('<I', packet[4:8])[0] == len(passed) > 0)
                if kind == 1: detail = ' restarts %d' % packet[68]
                say(names[kind] + detail)
                if kind == 10 and mode != 'deaf':
                    os.close(4 + packet[4]); link.send(struct.pack('<HHB', 3, 102, packet[4]))
                if kind == 11:
                    while signal.sigtimedwait(range(1, 65), 0): pass
                    link.send(struct.pack('<HH', 3, 105))
                if kind in (3, 9):
                    while copying and mode != 'deaf':
                        data = os.read(4, 1 << 20)
                        copied += data
                        copying = bool(data)
                    got = {1: 0, 2: 0}
                    if mode != 'killed':
                        for stream, payload in frames(copied): got[stream] += len(payload)
                    for stream in got: say('copy %d %d' % (stream, got[stream]))
                    if kind == 9: say('output %d' % (sum(got.values()) + exited[2]))
                    notice = b'the notice'
                    link.send(struct.pack('<HHH', 3, 103, len(notice)) + notice + b'\\0\\0')

        """
}

/// A directory with the fake reporter in it, for one test.
struct Scene {
    let directory: String
    private static let counter = Atomic<Int>(0)

    init(reporter: String? = FakeReporter.script) throws {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        directory = "/tmp/sentry-run-tests.\(ProcessIdentity.process).\(number)"
        try run(["rm", "-rf", directory])
        try run(["mkdir", "-p", directory + "/libexec"])
        if let reporter { try write(reporter, to: "libexec/sentry-run-reporter", mode: "755") }
    }

    func write(_ text: String, to name: String, mode: String = "644") throws {
        let file = try FileDescriptor.open("\(directory)/\(name)", OpenFlags.writeNew)
        defer { file.close() }
        try file.writeAll(Array(text.utf8))
        try run(["chmod", mode, "\(directory)/\(name)"])
    }

    func remove() { _ = try? run(["rm", "-rf", directory]) }

    /// Runs a shell script in the scene's directory, at most 60 s.
    @discardableResult
    func shell(_ script: String, _ environment: [(name: String, value: String)] = []) throws -> ScriptResult {
        try execute(["timeout", "-k", "1", "60", "sh", "-c", "cd \(directory) && { \(script)\n}"], environment)
    }

    /// Runs a Python script, with `S` the program's path and `subprocess`, `signal`, `os`, `time` imported.
    func python(_ script: String, _ environment: [(name: String, value: String)] = []) throws -> ScriptResult {
        let head = "import os, signal, subprocess, sys, time\nS = os.environ['S']\nos.chdir('\(directory)')\n"
        return try execute(["timeout", "-k", "1", "60", "python3", "-c", head + script], environment)
    }

    /// What the fake reporter logged, in order.
    func reported() throws -> [String] {
        guard fileExists(directory + "/reports") else { return [] }
        return String(decoding: try contents("reports"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func contents(_ name: String) throws -> [UInt8] {
        let file = try FileDescriptor.open("\(directory)/\(name)", OpenFlags.readOnly)
        defer { file.close() }
        return try file.readAll()
    }

    private func execute(_ words: [String], _ extra: [(name: String, value: String)]) throws -> ScriptResult {
        let own: [(name: String, value: String)] = [
            ("S", builtProgram), ("SENTRY_RUN_LIBEXEC", directory + "/libexec"), ("FAKE_LOG", directory + "/reports"),
        ]
        return try run(words, own + extra)
    }
}

/// The `sentry-run` beside the test bundle.
let builtProgram: String = {
    let directory = (ProcessIdentity.executablePath ?? "").split(separator: "/").dropLast()
    let path = "/" + directory.joined(separator: "/") + "/sentry-run"
    // Swift Testing's own helper runs the bundle from the toolchain's folder.
    if isExecutable(path) { return path }
    let bundle = CommandLine.arguments.first { $0.contains(".build/") } ?? ""
    let folder = bundle.split(separator: "/").prefix { !$0.hasSuffix(".xctest") }
    return "/" + folder.joined(separator: "/") + "/sentry-run"
}()

@discardableResult
func run(_ words: [String], _ environment: [(name: String, value: String)] = []) throws -> ScriptResult {
    let output = try Pipe()
    let error = try Pipe()
    let outputReader = BackgroundReader(output.readEnd)
    let errorReader = BackgroundReader(error.readEnd)
    try outputReader.start()
    try errorReader.start()

    let block = makeRawWords(words)
    let signals = CallerSignals.block()
    defer { signals.restore() }
    let program = try #require(block[0])
    var launch = ProcessLaunch(
        program: program, arguments: block,
        environment: rawEnvironment(
            rawEnvironment(), replacing: environment.map { (key: $0.name, value: $0.value) }),
        signals: CallerSignals(mask: 0, ignoresChildSignal: false))
    launch.descriptors = [
        DescriptorMove(output.writeEnd, to: .standardOutput), DescriptorMove(error.writeEnd, to: .standardError),
    ]
    launch.ownGroup = true
    let process = try launch.start()
    output.writeEnd.close()
    error.writeEnd.close()
    let change = try ChildChange.waitForEnd(of: process)
    // What a script leaves behind may go on writing for a moment; what never ends would hang the run.
    if !(outputReader.isDone(within: 20_000) && errorReader.isDone(within: 1000)) {
        do { try send(.kill, to: -process) } catch {
            // Nobody is left in the group.
        }
    }
    return ScriptResult(status: change.status, output: outputReader.finish(), error: errorReader.finish())
}

/// Reads a pipe to its end on a thread of its own.
private final class BackgroundReader: Sendable {
    private let source: FileDescriptor
    private let bytes = Mutex<[UInt8]>([])
    private let done: Pipe

    init(_ source: FileDescriptor) {
        self.source = source
        do { done = try Pipe() } catch { preconditionFailure("no pipe: \(error)") }
    }

    func start() throws {
        try startThread(stackBytes: 256 * 1024) {
            let read = (try? self.source.readAll()) ?? []
            self.bytes.withLock { $0 = read }
            self.done.writeEnd.close()
        }
    }

    /// Waits for the pipe's end.
    func isDone(within milliseconds: Int32) -> Bool { done.readEnd.waitReadable(milliseconds: milliseconds) }

    func finish() -> [UInt8] {
        _ = try? done.readEnd.readAll()
        done.readEnd.close()
        source.close()
        return bytes.withLock { $0 }
    }
}
