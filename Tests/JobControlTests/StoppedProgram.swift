// A C program, compiled here, that is stopped at its fatal signal by the test itself.

import CLinux
import Glibc
import LinuxSystem
import SupervisorLink

@testable import JobControl

/// Everything must be called on the thread that made it: ptrace(2) binds requests to a thread.
///
/// The program writes one line, `TID`, of the thread that will crash, and crashes when it can read a byte.
struct StoppedProgram {
    let pid: Int32
    let directory: String
    private(set) var stopped: StoppedProcess
    private let gate: FileDescriptor

    static let hasCompiler = fileExists("/usr/bin/cc")

    /// - Parameters:
    ///   - source: of the program, after common declarations: `ready(tid)` writes the line and waits.
    ///   - library: source of `lib.so` beside the program.
    ///   - passing: a signal that the program handles: the stop after it is the one.
    ///   - sending: a signal that the test sends it.
    ///   - beforeCrash: called with the program's path when it is traced and still runs.
    init(
        _ source: String, library: String? = nil, keepingFiles: Bool = false, passing: Int32? = nil,
        sending: Int32? = nil, beforeCrash: (String) throws -> Void = { _ in }
    ) throws {
        directory = try Self.makeDirectory()
        let program = directory + "/program"
        try Self.compile(Self.prelude + source, to: program, [])
        if let library { try Self.compile(library, to: directory + "/lib.so", ["-shared", "-fPIC"]) }
        let input = try Pipe()
        let output = try Pipe()
        defer { [input.readEnd, output.readEnd, output.writeEnd].forEach { $0.close() } }
        gate = input.writeEnd
        pid = try Self.spawn([program, "one", "two"], input: input.readEnd, output: output.writeEnd)
        let thread = try Self.readNumber(output.readEnd)
        let files = keepingFiles ? try ProcessFiles(ofTest: pid) : nil
        let threads = try Self.threads(of: pid)
        for id in threads { try Tracee(id).seize([]) }
        try beforeCrash(program)
        try gate.writeAll([1])
        if let sending { kill(pid, sending) }
        let signal = try Self.signalStop(of: thread, passing: passing)
        var status: Int32 = 0
        for id in threads where id != thread {
            try Tracee(id).interrupt()
            try checked(clinux_trace_wait(id, &status), "waitpid")
        }
        let order = [thread] + threads.filter { $0 != thread }
        stopped = StoppedProcess(
            process: pid, thread: thread, signal: signal.number, reason: .fatalSignal,
            threads: order.map { StoppedThread(id: $0, state: "S", trouble: nil) }, files: files)
    }

    struct NotStopped: Error { var status: Int32 }

    private static func signalStop(of thread: Int32, passing: Int32?) throws -> Signal {
        while true {
            var status: Int32 = 0
            try checked(clinux_trace_wait(thread, &status), "waitpid")
            guard case .signal(let signal) = Tracee.Stop(rawStatus: status) else { throw NotStopped(status: status) }
            if signal.number != passing { return signal }
            try Tracee(thread).proceed(delivering: signal.number)
        }
    }

    /// Takes the snapshot and takes it apart.
    func capture() throws -> (ProcessSnapshot, CapturedSnapshot) {
        let captured = try SnapshotCapture.take(of: stopped).get()
        try captured.file.seekToStart()
        let bytes = try captured.file.readAll()
        guard let snapshot = bytes.withUnsafeBytes({ ProcessSnapshot($0) }) else { throw NotStopped(status: -1) }
        return (snapshot, captured)
    }

    func end() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        for thread in stopped.threads where thread.id != pid { _ = clinux_trace_wait(thread.id, &status) }
        _ = clinux_trace_wait(pid, &status)
        gate.close()
        stopped.files?.close()
        for name in ["/program", "/program.c", "/lib.so", "/lib.so.c"] { unlink(directory + name) }
        rmdir(directory)
    }

    private static let prelude = """
        #define _GNU_SOURCE
        #include <pthread.h>
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        static void ready(int tid) { char c; dprintf(1, "%d\\n", tid); if (read(0, &c, 1) != 1) _exit(9); }

        """

    private static func makeDirectory() throws -> String {
        var template = Array("/tmp/stopped-program-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", code: errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func compile(_ source: String, to program: String, _ flags: [String]) throws {
        let file = try FileDescriptor.open(program + ".c", O_WRONLY | O_CREAT)
        try file.writeAll(Array(source.utf8))
        file.close()
        let words = ["/usr/bin/cc", "-w", "-O0", "-g", "-pthread", "-o", program, program + ".c"] + flags
        let compiler = try spawn(words, input: .standardInput, output: .standardError)
        var status: Int32 = 0
        guard waitpid(compiler, &status, 0) == compiler, status == 0 else { throw NotStopped(status: status) }
    }

    static func spawn(_ words: [String], input: FileDescriptor, output: FileDescriptor) throws -> Int32 {
        let arguments = makeRawWords(words)
        guard let program = arguments[0] else { throw NotStopped(status: 0) }
        var launch = ProcessLaunch(
            program: program, arguments: arguments, environment: rawEnvironment(),
            signals: CallerSignals(mask: 0, ignoresChildSignal: false))
        launch.descriptors = [
            DescriptorMove(input, to: FileDescriptor(0)), DescriptorMove(output, to: FileDescriptor(1)),
        ]
        launch.closeFrom = 3
        return try LaunchGate.start(launch)
    }

    private static func readNumber(_ file: FileDescriptor) throws -> Int32 {
        var digits: [UInt8] = []
        var byte: [UInt8] = [0]
        while try byte.withUnsafeMutableBytes({ try file.read(into: $0) }) == 1, byte != [10] { digits += byte }
        guard let number = Int32(String(decoding: digits, as: UTF8.self)) else { throw NotStopped(status: -2) }
        return number
    }

    private static func threads(of pid: Int32) throws -> [Int32] {
        let tasks = try Directory.open("/proc/\(pid)/task")
        defer { tasks.close() }
        return try tasks.names().compactMap { Int32($0) }.sorted()
    }
}

/// A launch wants all signals blocked on its thread, and one thread at a time.
private enum LaunchGate {
    nonisolated(unsafe) private static var lock = pthread_mutex_t()

    static func start(_ launch: ProcessLaunch) throws -> Int32 {
        pthread_mutex_lock(&lock)
        defer { pthread_mutex_unlock(&lock) }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try launch.start()
    }
}

extension ProcessFiles {
    fileprivate init(ofTest pid: Int32) throws {
        self.init(
            memory: try FileDescriptor.openWithoutWaiting("/proc/\(pid)/mem"),
            maps: try FileDescriptor.openWithoutWaiting("/proc/\(pid)/maps"))
    }
}
