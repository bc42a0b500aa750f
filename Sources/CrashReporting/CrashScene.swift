// What was found where a process died: the input of its explanation.

/// What a crash's explanation is made from. Nothing in here is inferred.
package struct CrashScene: Sendable {
    /// The signal's number.
    package var signal: Int32
    /// `nil` where the kernel's words on it could not be had.
    package var info: SignalInfo?
    /// The process that died.
    package var process: Int32
    /// Empty where it could not be read.
    package var maps: MemoryMap
    /// Of the thread that got the signal, by name.
    package var registers: [String: UInt64]
    /// Names of the functions of that thread, innermost first; of frames without a name, `nil`.
    package var functions: [String?]
    /// The last lines of stderr, oldest first, with secrets already removed.
    package var errorLines: [String]

    package init(
        signal: Int32, info: SignalInfo? = nil, process: Int32 = 0, maps: MemoryMap = MemoryMap(),
        registers: [String: UInt64] = [:], functions: [String?] = [], errorLines: [String] = []
    ) {
        self.signal = signal
        self.info = info
        self.process = process
        self.maps = maps
        self.registers = registers
        self.functions = functions
        self.errorLines = errorLines
    }

    /// - Parameters:
    ///   - crash: the facts.
    ///   - stacks: what the backtracer answered; empty where there is no answer.
    ///   - maps: `/proc/PID/maps` of the process.
    package init(_ crash: ProcessCrash, _ stacks: CrashStacks, maps: String, errorLines: [String]) {
        let trace = stacks.subject?.stackTrace
        self.init(
            signal: crash.signal, info: crash.signalInfo, process: crash.process, maps: MemoryMap(parsing: maps),
            registers: trace?.registers ?? [:], functions: trace?.frames.suffix(40).reversed().map(\.function) ?? [],
            errorLines: errorLines)
    }

    // The names of the two registers on x86-64 and on AArch64.

    var programCounter: UInt64? { registers["rip"] ?? registers["pc"] }
    var stackPointer: UInt64? { registers["rsp"] ?? registers["sp"] }

    /// One of the innermost functions begins with (or is) one of `names`.
    func isInside(_ names: [String], depth: Int = 12) -> Bool {
        functions.prefix(depth).contains { function in
            function.map { function in names.contains { function.hasPrefix($0) } } ?? false
        }
    }
}
