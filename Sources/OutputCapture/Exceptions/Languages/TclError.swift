// Tcl's errors, as tclsh prints ::errorInfo.
//
//     cannot read /etc/a.conf
//         while executing
//     "error "cannot read $path""
//         (procedure "readConfig" line 2)
//         invoked from within
//     "readConfig $path"
//         (file "error.tcl" line 10)
//
// Source: generic/tclNamesp.c (Tcl_LogCommandInfo), generic/tclProc.c.

import SentryProtocol

struct TclError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("e executing"), .anywhere("invoked from within")]

    private var message: [Substring] = []
    private var frames = FrameList()
    /// The command that is being quoted, over several lines.
    private var isInCommand = false
    private var command = ""
    private var lines = 0

    private static let maximumLines = 400
    private static let maximumCommand = 400

    init?(_ opening: inout ExceptionOpening) {
        opening.extendBack(over: "    whil")
        opening.extendBack(over: "    ")
        let text = opening.text.trimmed
        guard opening.start == 0, opening.line.begins(with: "    "),
            text == "while executing" || text == "invoked from within"
        else { return nil }
        for distance in 1...4 {
            guard let line = opening.previous(distance), !line.isBlank else { break }
            // What is being compiled is said in more lines than the message.
            if line.begins(with: "    (") { continue }
            message.insert(line, at: 0)
            if !line.begins(with: "in expression ") { break }
        }
        guard !message.isEmpty else { return nil }
    }

    var isCertain: Bool { !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        lines += 1
        guard lines < Self.maximumLines else { return .over }
        if isInCommand { return take(command: line) }
        if line.begins(with: "\"") {
            command = ""
            isInCommand = true
            return take(command: line.dropFirst())
        }
        let text = line.trimmed
        guard line.begins(with: "    ") else { return .over }
        if text == "while executing" || text == "invoked from within" { return .taken }
        guard text.begins(with: "(") else { return .over }
        addFrame(text)
        return .taken
    }

    private mutating func take(command line: Substring) -> ExceptionStep {
        if command.utf8.count < Self.maximumCommand { command += command.isEmpty ? line : "\n" + line }
        // A quotation mark within the command ends a line, too: what follows a command is always indented.
        if line.ends(in: "\"") { isInCommand = false }
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let raised = RaisedException(
            type: "TclError", value: message.map(String.init).joined(separator: "\n"), frames: frames.oldestFirst)
        return RecognisedException(platform: "other", raised: raised)
    }

    /// `(procedure "readConfig" line 2)`, `(file "error.tcl" line 10)`, `(in namespace eval "::shop" script line 1)`
    private mutating func addFrame(_ text: Substring) {
        guard let (head, number) = text.cutting(suffix: ")")?.parts(aroundLast: " line "), let line = number.position,
            let name = head.enclosed(by: "\"", "\"")
        else { return }
        var frame: Frame
        if head.begins(with: "(file ") {
            frame = Frame(function: nil, path: name, line: line)
        } else {
            // A procedure's lines count from its own first: not a file's.
            frame = Frame(function: String(name), inApp: true)
        }
        let quoted = command.hasSuffix("\"") ? String(command.dropLast()) : command
        if !quoted.isEmpty { frame.contextLine = quoted }
        command = ""
        frames.append(frame)
    }
}
