// How we end, so that whoever waits for us sees what became of the job.

import LinuxSystem

/// The way out.
package enum ExitMirror: Sendable, Equatable {
    case exit(code: Int32)
    case die(of: Signal)

    /// - Parameters:
    ///   - status: how the job ended.
    ///   - shellStyle: a signal's death becomes 128 + its number, as a shell tells it.
    ///   - isInit: we are PID 1, which cannot die of a signal of its own.
    package static func decide(_ status: WaitStatus, shellStyle: Bool, isInit: Bool) -> ExitMirror {
        switch status {
        case .exited(let code): return .exit(code: code)
        case .killed(let signal, _):
            return shellStyle || isInit ? .exit(code: 128 + signal.number) : .die(of: signal)
        case .stopped(let signal): return .exit(code: 128 + signal.number)
        case .continued: return .exit(code: ExitCode.ownFailure)
        }
    }

    /// Ends this process.
    package func perform() -> Never {
        switch self {
        case .exit(let code): exitNow(code)
        case .die(let signal):
            LinuxSystem.die(of: signal)
            exitNow(128 + signal.number)
        }
    }
}

/// Exit codes that are ours, as env(1) and timeout(1) have them.
package enum ExitCode {
    package static let ownFailure: Int32 = 125
    package static let notExecutable: Int32 = 126
    package static let notFound: Int32 = 127
}
