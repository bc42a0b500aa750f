// Whether the job gets a terminal of its own, and which of its streams are that terminal: decided from what ours are.

import LinuxSystem

/// What stdin, stdout and stderr are, as far as terminals are concerned.
package struct TerminalFacts: Sendable, Equatable {
    package struct Stream: Sendable, Equatable {
        /// The terminal's device number; `nil` where it is none.
        package var device: UInt64?
        /// It is the terminal of our session: the one that sends us ^C, and whose modes we may set.
        package var isControlling: Bool
        /// It leads to or from another process.
        package var isPipe: Bool
        /// /dev/null, as a shell script gives it to what it starts with `&`.
        package var isNull: Bool

        package init(
            device: UInt64? = nil, isControlling: Bool = false, isPipe: Bool = false, isNull: Bool = false
        ) {
            self.device = device
            self.isControlling = isControlling
            self.isPipe = isPipe
            self.isNull = isNull
        }

        package init(_ descriptor: FileDescriptor) {
            device = descriptor.terminalDevice
            isControlling = device != nil && descriptor.foregroundGroup != nil
            isPipe = descriptor.isPipeOrSocket
            isNull = descriptor.isNullDevice
        }

        package static let file = Stream()
        package static let pipe = Stream(isPipe: true)
        package static let null = Stream(isNull: true)
    }

    package var input: Stream
    package var output: Stream
    package var error: Stream

    package init(input: Stream, output: Stream, error: Stream) {
        self.input = input
        self.output = output
        self.error = error
    }

    /// Looks at descriptors 0, 1 and 2. To be asked once the closed ones are /dev/null.
    package static func current() -> TerminalFacts {
        TerminalFacts(
            input: Stream(.standardInput), output: Stream(.standardOutput), error: Stream(.standardError))
    }
}

/// How the job is connected to a pty.
package struct TerminalPlan: Sendable, Equatable {
    /// Which streams are the pty. Those that are not stay what the caller gave us, or become pipes.
    package var input: Bool
    package var output: Bool
    package var error: Bool
    /// The pty stands for the terminal of our session, so that we type, resize and stop on its behalf.
    package var standsForControllingTerminal: Bool
    /// Take the terminal (raw mode, every keystroke) only when the job asks for it, by reading from it or by setting its
    /// modes: we are part of a pipeline or of a script's concurrent commands, and the keystrokes may be meant for others,
    /// as in `… | less`. Until then the job is in the background of its pty, which is how we hear of its asking.
    package var waitsForDemand: Bool

    /// - Returns: `nil` where neither stdout nor stderr is a terminal.
    package static func decide(_ facts: TerminalFacts) -> TerminalPlan? {
        let main = facts.output.device != nil ? facts.output : facts.error
        guard let device = main.device else { return nil }
        return TerminalPlan(
            input: facts.input.device == device && main.isControlling,
            output: facts.output.device == device,
            error: facts.error.device == device,
            standsForControllingTerminal: main.isControlling,
            waitsForDemand: main.isControlling
                && (facts.input.isPipe || facts.input.isNull || facts.output.isPipe))
    }

    /// Where the pty's output goes to, and whose size it has.
    package var outlet: FileDescriptor { output ? .standardOutput : .standardError }
}
