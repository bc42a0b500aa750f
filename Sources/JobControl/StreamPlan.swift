// Which of the job's output streams pass through us, decided from what the caller gave us.

import LinuxSystem

/// What stdout and stderr are.
package struct StreamFacts: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case closed
        case terminal
        case other
    }

    package var output: Kind
    package var error: Kind
    /// One open file description for both, as after `>log 2>&1`.
    package var sameOpenFile: Bool

    package init(output: Kind, error: Kind, sameOpenFile: Bool) {
        self.output = output
        self.error = error
        self.sameOpenFile = sameOpenFile
    }

    /// Looks at descriptors 1 and 2.
    package static func current(closed: ClosedDescriptors) -> StreamFacts {
        func kind(_ descriptor: FileDescriptor, isClosed: Bool) -> Kind {
            if isClosed { return .closed }
            return descriptor.isTerminal ? .terminal : .other
        }
        let output = kind(.standardOutput, isClosed: closed.contains(.output))
        let error = kind(.standardError, isClosed: closed.contains(.error))
        let both = output != .closed && error != .closed
        return StreamFacts(
            output: output, error: error,
            sameOpenFile: both && FileDescriptor.standardOutput.isSameOpenFile(as: .standardError))
    }
}

/// How each stream goes.
package struct StreamPlan: Sendable, Equatable {
    package enum Route: Sendable, Equatable {
        /// The job has the caller's own descriptor; nothing is captured.
        case inherit
        /// Through a pipe of ours.
        case pipe
        /// Into the same pipe as stdout, so that their order stays exact.
        case withOutput
        /// Through the pty that the job gets; the caller's own descriptor where there is none to be had.
        case terminal
    }

    package var output: Route
    package var error: Route

    package init(output: Route, error: Route) {
        self.output = output
        self.error = error
    }

    /// Nothing passes through us.
    package static let inheritBoth = StreamPlan(output: .inherit, error: .inherit)

    /// - Parameters:
    ///   - captures: whether anyone wants the copy; without a reporter there is no point in standing between.
    ///   - terminal: the job's pty, if it is to have one.
    package static func decide(_ facts: StreamFacts, captures: Bool, terminal: TerminalPlan? = nil) -> StreamPlan {
        guard captures else { return inheritBoth }
        let output: Route = facts.output == .other ? .pipe : terminal?.output == true ? .terminal : .inherit
        guard facts.error == .other else {
            return StreamPlan(output: output, error: terminal?.error == true ? .terminal : .inherit)
        }
        return StreamPlan(output: output, error: facts.sameOpenFile && output == .pipe ? .withOutput : .pipe)
    }
}
