// Whether a signal that is about to be delivered ends the process in a way worth a stack.

import LinuxSystem

/// Pure: the dispositions are looked up by whoever asks, and only for signals that can be fatal at all.
enum FatalSignal {
    /// Those whose default action dumps core. An orderly stop (TERM, INT, HUP …) has no stack worth reading.
    ///
    /// Source: signal(7).
    private static let dumpingCore: [Signal] = [
        .quit, .illegalInstruction, .trap, .abort, .busError, .arithmetic, .segmentation, .badSystemCall, .cpuLimit,
        .fileLimit,
    ]

    private static let mask: UInt64 = dumpingCore.reduce(0) { $0 | UInt64(1) << UInt64($1.number - 1) }

    /// Whether the default action of the signal is a crash. Costs nothing: most signals are harmless.
    static func canBe(_ signal: Signal) -> Bool {
        (1...64).contains(signal.number) && mask & bit(signal) != 0
    }

    /// Whether it ends a process with these dispositions. A blocked signal is not delivered, so the mask says nothing; a
    /// fault whose signal is blocked or ignored is made the default by the kernel before it is delivered.
    static func isFatal(_ signal: Signal, to sets: SignalSets) -> Bool {
        canBe(signal) && (sets.ignored | sets.caught) & bit(signal) == 0
    }

    private static func bit(_ signal: Signal) -> UInt64 { UInt64(1) << UInt64(signal.number - 1) }
}
