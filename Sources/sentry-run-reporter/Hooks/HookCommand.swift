// A command of the user's that looks at what is to be sent. It may hang, fork, print gigabytes or be missing: none of that
// may hold us up for longer than its time, or cost more memory than its answer may have.

import LinuxSystem
import OutputCapture

/// What became of one report that was given to a command.
enum HookAnswer: Equatable {
    /// What it printed.
    case printed([UInt8])
    /// A clause.
    case failed(String)
}

/// One command line, for a shell, and the environment that it gets: ours without what names promise secrets.
final class HookCommand {
    /// As the option is called: for sentences.
    let option: String
    private let words: RawWords
    private let environment: RawWords
    private let timeout: Int64
    private let keepsErrors: Bool
    private var timeouts = 0

    /// A command that was ended for its time so often in a row is not tried again.
    private static let mostTimeouts = 3
    /// Bytes of an answer.
    private static let mostOutput = 4 << 20
    private static let shell = "/bin/sh"

    /// - Parameters:
    ///   - timeout: nanoseconds.
    ///   - keepsErrors: its stderr is ours.
    ///   - run: the run's id, for the command's own records.
    init(_ line: String, option: String, timeout: Int64, keepsErrors: Bool, run: String) {
        self.option = option
        self.timeout = timeout
        self.keepsErrors = keepsErrors
        words = makeRawWords([Self.shell, "-c", line])
        let kept = environmentVariables().filter { !SensitiveKey.isSensitive(name: $0.key) }
        environment = makeRawWords(kept.map { "\($0.key)=\($0.value)" } + ["SENTRY_RUN_ID=\(run)"])
    }

    /// Starts it with the bytes as its standard input.
    func start(_ input: [UInt8]) -> Result<HookRun, HookFailure> {
        guard timeouts < Self.mostTimeouts else {
            return .failure(HookFailure("it hung too often and is not tried again"))
        }
        do throws(SystemError) {
            return .success(try launch(input))
        } catch {
            return .failure(HookFailure("it could not be started: \(error)"))
        }
    }

    /// Runs it and waits for its answer, for the command's time at most.
    ///
    /// - Parameter limit: when nobody waits any more.
    func run(_ input: [UInt8], until limit: MonotonicTime?) -> HookAnswer {
        switch start(input) {
        case .failure(let failure): .failed(failure.clause)
        case .success(let run): noted(run.wait(until: limit))
        }
    }

    /// Counts how the command behaves.
    func noted(_ answer: HookAnswer) -> HookAnswer {
        if case .failed(HookRun.timedOut) = answer { timeouts += 1 } else { timeouts = 0 }
        return answer
    }

    private func launch(_ input: [UInt8]) throws(SystemError) -> HookRun {
        let standardInput = try FileDescriptor.memoryFile(named: "report", holding: input)
        defer { standardInput.close() }
        let null = try FileDescriptor.open("/dev/null", OpenFlags.readWrite)
        defer { null.close() }
        let answer = try Pipe()
        defer { answer.writeEnd.close() }
        do throws(SystemError) {
            guard let program = words[0] else {
                throw SystemError("exec", on: Self.shell, code: SystemError.noSuchFile)
            }
            var launch = ProcessLaunch(
                program: program, arguments: words, environment: environment, signals: .noneBlocked)
            launch.descriptors = [
                DescriptorMove(standardInput, to: .standardInput), DescriptorMove(answer.writeEnd, to: .standardOutput),
                DescriptorMove(keepsErrors ? .standardError : null, to: .standardError),
            ]
            launch.closeFrom = 3
            launch.ownGroup = true
            try answer.readEnd.setNonBlocking(true)
            return try HookRun(
                process: try launch.start(), answer: answer.readEnd, limit: Self.mostOutput,
                deadline: MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + timeout))
        } catch {
            answer.readEnd.close()
            throw error
        }
    }
}

/// Why a command could not be asked; a clause.
struct HookFailure: Error {
    let clause: String
    init(_ clause: String) { self.clause = clause }
}
