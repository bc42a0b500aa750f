// Go: panics, the runtime's fatal errors, and every goroutine that is printed with them.
//
//     panic: runtime error: index out of range [3] with length 0 [recovered]
//     	panic: while cleaning up: disk full
//
//     goroutine 1 [running]:
//     main.(*store).get(...)
//     	/srv/app/main.go:11 +0x1a
//     created by main.main in goroutine 1
//     	/srv/app/main.go:22 +0xb0

import SentryProtocol

struct GoPanic: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("panic: "), .anywhere("fatal error: "), .start("SIGSEGV: "), .start("SIGABRT: "), .start("SIGQUIT: "),
        .start("SIGBUS: "), .start("SIGFPE: "),
    ]

    private var panics: [(type: String, value: [Substring])]
    private var goroutines = GoroutineList()
    private var lines = 0
    /// The runtime's own stack, or registers: nothing that is shown.
    private var isPassing = false
    private let isSignal: Bool

    private static let longestMessage = 40
    private static let longestStack = 400
    private static let maximumPanics = 20

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        isSignal = text.begins(with: "SIG")
        if let value = text.cutting(prefix: "panic: ") {
            panics = [("panic", [value])]
        } else if let value = text.cutting(prefix: "fatal error: ") {
            panics = [("fatal error", [value])]
        } else if isSignal, let (name, meaning) = text.parts(around: ": ") {
            panics = [(String(name), [meaning])]
        } else {
            return nil
        }
    }

    var isCertain: Bool { !goroutines.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isSignal, lines == 0, !line.begins(with: "PC=") { return .nothing }
        if goroutines.take(line) { return .taken }
        if isCertain { return line.isBlank ? .taken : .over }
        lines += 1
        guard lines < (isPassing ? Self.longestStack : Self.longestMessage) else { return .nothing }
        // What follows is said of the signal, not by it.
        if isSignal { isPassing = true }
        if isPassing { return .taken }
        if line == "runtime stack:" {
            isPassing = true
        } else if let value = line.cutting(prefix: "\tpanic: "), panics.count < Self.maximumPanics {
            panics.append(("panic", [value]))
        } else if let text = line.cutting(prefix: "\t") {
            panics[panics.count - 1].value.append(text)
        } else if !line.isBlank, !line.begins(with: "[signal ") {
            panics[panics.count - 1].value.append(line)
        }
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain || isAlone else { return nil }
        var chain: RaisedException?
        for panic in panics {
            let value = panic.value.joined(separator: "\n")
            let text = value.parts(aroundLast: " [recovered")?.before ?? value[...]
            var raised = RaisedException(type: panic.type, value: String(text))
            if var cause = chain {
                cause.source = "recovered"
                raised.causes = [cause]
            }
            chain = raised
        }
        guard var raised = chain else { return nil }
        let (frames, threads) = goroutines.split()
        raised.frames = frames
        raised.thread = threads.first(where: \.isCrashed)?.id
        return RecognisedException(
            platform: "go", raised: raised, threads: threads.count > 1 ? threads : [], ending: .ended)
    }

    /// No goroutine is left that could be printed.
    private var isAlone: Bool {
        panics[0].type == "fatal error" && panics[0].value[0].begins(with: "no goroutines (main called runtime.Goexit)")
    }
}
