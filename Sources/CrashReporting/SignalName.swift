// Linux's signals by number, as on x86-64, AArch64 and every other generic port.

package enum SignalName {
    private static let table: [(name: String, meaning: String)] = [
        ("SIGHUP", "hangup"), ("SIGINT", "interrupt"), ("SIGQUIT", "quit"), ("SIGILL", "illegal instruction"),
        ("SIGTRAP", "trace or breakpoint trap"), ("SIGABRT", "aborted"), ("SIGBUS", "bus error"),
        ("SIGFPE", "arithmetic error"), ("SIGKILL", "killed"), ("SIGUSR1", "user-defined signal 1"),
        ("SIGSEGV", "segmentation fault"), ("SIGUSR2", "user-defined signal 2"), ("SIGPIPE", "broken pipe"),
        ("SIGALRM", "alarm clock"), ("SIGTERM", "terminated"), ("SIGSTKFLT", "stack fault"),
        ("SIGCHLD", "child exited"), ("SIGCONT", "continued"), ("SIGSTOP", "stopped"),
        ("SIGTSTP", "stopped at the terminal"), ("SIGTTIN", "stopped reading the terminal"),
        ("SIGTTOU", "stopped writing to the terminal"), ("SIGURG", "urgent I/O condition"),
        ("SIGXCPU", "CPU time limit exceeded"), ("SIGXFSZ", "file size limit exceeded"),
        ("SIGVTALRM", "virtual timer expired"), ("SIGPROF", "profiling timer expired"),
        ("SIGWINCH", "window changed"), ("SIGIO", "I/O possible"), ("SIGPWR", "power failure"),
        ("SIGSYS", "bad system call"),
    ]

    /// SIGRTMIN as programs see it: the C library keeps two for itself.
    private static let firstRealTime: Int32 = 34
    private static let last: Int32 = 64

    /// `SIGSEGV`, `SIGRTMIN+3`; `signal 99` for numbers that are none.
    package static func of(_ number: Int32) -> String {
        if let entry = entry(number) { return entry.name }
        guard number >= firstRealTime, number <= last else { return "signal \(number)" }
        return number == firstRealTime ? "SIGRTMIN" : "SIGRTMIN+\(number - firstRealTime)"
    }

    /// A few words in lower case, `nil` for real-time signals and numbers that are none.
    package static func meaning(_ number: Int32) -> String? { entry(number)?.meaning }

    private static func entry(_ number: Int32) -> (name: String, meaning: String)? {
        number >= 1 && number <= table.count ? table[Int(number) - 1] : nil
    }
}

/// The signals that the rules speak of.
enum Signal {
    static let hangup: Int32 = 1
    static let interrupt: Int32 = 2
    static let illegal: Int32 = 4
    static let trap: Int32 = 5
    static let abort: Int32 = 6
    static let bus: Int32 = 7
    static let arithmetic: Int32 = 8
    static let kill: Int32 = 9
    static let segmentation: Int32 = 11
    static let pipe: Int32 = 13
    static let terminate: Int32 = 15
    static let processorTime: Int32 = 24
    static let fileSize: Int32 = 25
    static let systemCall: Int32 = 31

    /// The program itself is at fault: ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS.
    static func isFault(_ number: Int32) -> Bool {
        [illegal, trap, abort, bus, arithmetic, segmentation, systemCall].contains(number)
    }

    /// A request to end: HUP, INT, TERM.
    static func isRequestToStop(_ number: Int32) -> Bool { [hangup, interrupt, terminate].contains(number) }
}
