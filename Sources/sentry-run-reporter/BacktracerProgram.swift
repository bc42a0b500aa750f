// The backtracer, as the reporter sees it: a program to be started for each process that was read.

import CrashReporting
import LinuxSystem
import RunOptions
import SentryProtocol
import SupervisorLink

/// Finds and starts `sentry-run-backtracer`.
struct BacktracerProgram {
    /// `nil` when it isn't installed beside us.
    let path: String?
    private let plan: RunPlan

    init(_ plan: RunPlan) {
        self.plan = plan
        path = siblingProgram("sentry-run-backtracer")
    }

    /// Starts one for a snapshot.
    func start(_ captured: SnapshotFiles) throws(SystemError) -> RunningBacktracer {
        guard let path else { throw SystemError("start", on: "sentry-run-backtracer", code: SystemError.noSuchFile) }
        let answer = try FileDescriptor.memoryFile(named: "backtrace")
        do throws(SystemError) {
            let words = makeRawWords([path] + arguments)
            guard let program = words[0] else { throw SystemError("start", on: path, code: SystemError.noSuchFile) }
            let null = try FileDescriptor.open("/dev/null", OpenFlags.readWrite)
            defer { null.close() }
            var launch = ProcessLaunch(
                program: program, arguments: words, environment: rawEnvironment(), signals: .noneBlocked)
            launch.descriptors = [
                DescriptorMove(null, to: .standardInput), DescriptorMove(answer, to: .standardOutput),
                DescriptorMove(plan.debug ? .standardError : null, to: .standardError),
                DescriptorMove(captured.snapshot, to: BacktracerDescriptors.snapshot),
                DescriptorMove(captured.rootDirectory, to: BacktracerDescriptors.rootDirectory),
                DescriptorMove(captured.executable, to: BacktracerDescriptors.executable),
            ]
            launch.closeFrom = BacktracerDescriptors.end
            return try RunningBacktracer(
                process: try launch.start(), answer: answer,
                deadline: MonotonicTime(
                    nanoseconds: MonotonicTime.now.nanoseconds + plan.symbolicationTimeout + Self.graceTime))
        } catch {
            answer.close()
            throw error
        }
    }

    private var arguments: [String] {
        ["--time-limit", String(plan.symbolicationTimeout / 1_000_000)]
            + plan.symbolPaths.flatMap { ["--symbol-path", $0] }
    }

    /// It keeps to the limit by itself; what hangs in spite of that is killed after this.
    private static let graceTime: Int64 = 500_000_000
}

/// The descriptors of one snapshot.
struct SnapshotFiles {
    var snapshot: FileDescriptor
    var rootDirectory: FileDescriptor?
    var executable: FileDescriptor?

    /// - Parameter descriptors: as they came with the notice, which says what they are.
    init?(_ descriptors: [FileDescriptor], _ notice: SnapshotNotice) {
        var rest = descriptors[...]
        guard let snapshot = rest.popFirst() else { return nil }
        self.snapshot = snapshot
        if notice.descriptors & SnapshotNotice.rootDirectory != 0 { rootDirectory = rest.popFirst() }
        if notice.descriptors & SnapshotNotice.executable != 0 { executable = rest.popFirst() }
    }

    func close() {
        snapshot.close()
        rootDirectory?.close()
        executable?.close()
    }
}

/// A backtracer at work.
struct RunningBacktracer {
    let process: Int32
    /// Readable once it has ended.
    let end: FileDescriptor
    let deadline: MonotonicTime
    private let answer: FileDescriptor

    init(process: Int32, answer: FileDescriptor, deadline: MonotonicTime) throws(SystemError) {
        self.process = process
        self.answer = answer
        self.deadline = deadline
        end = try DetachedProgram.end(of: process)
    }

    /// Its work is over: what it answered, or why it did not.
    func finish() -> Result<CrashStacks, BacktraceFailure> {
        defer {
            end.close()
            answer.close()
        }
        let status = (try? ChildChange.waitForEnd(of: process))?.status
        guard status == .exited(code: 0) else { return .failure(.ended(status)) }
        guard let file = try? MappedFile(answer), let json = try? JSONValue(parsing: Array(file.bytes)),
            let stacks = CrashStacks(json)
        else { return .failure(.notUnderstood) }
        return .success(stacks)
    }

    /// It hangs: ``end`` becomes readable.
    func kill() {
        do throws(SystemError) { try LinuxSystem.send(.kill, to: process) } catch {
            // ESRCH: it has just ended by itself.
        }
    }
}

/// Why there are no stacks.
enum BacktraceFailure: Error, CustomStringConvertible {
    case ended(WaitStatus?)
    case notUnderstood
    case notStarted(SystemError)
    case noTime

    var description: String {
        switch self {
        case .ended(.killed(let signal, _)): "the backtracer was ended by \(SignalName.of(signal.number))"
        case .ended(.exited(let code)): "the backtracer ended with status \(code)"
        case .ended: "the backtracer was lost"
        case .notUnderstood: "the backtracer's answer was not understood"
        case .noTime: "too many processes died at once: there was no time for this one"
        case .notStarted(let error): "the backtracer could not be started: \(error)"
        }
    }
}
