// What shells say of a script: bash, ksh and busybox with `line`, dash without, zsh with the number at the name.
//
//     deploy.sh: line 4: frobnicate: command not found        bash
//     deploy.sh: 4: frobnicate: not found                     dash
//     deploy.sh:4: command not found: frobnicate              zsh
//     deploy.sh: line 7: 28200 Segmentation fault      ./importer
//
// Source: bash's error.c (error_prolog) and jobs.c, dash's error.c (exvwarning2), zsh's utils.c (zerrmsg).

import SentryProtocol

struct ShellError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere(": line "), .anywhere("ot found"), .anywhere("parameter not set"), .anywhere("Syntax error: "),
        .anywhere("parse error near "), .anywhere("arithmetic expression: "), .anywhere("such file"),
        .anywhere(" denied"), .anywhere("'t cd to "),
    ]

    private let script: Substring
    private let line: Int
    private let complaint: Complaint

    private struct Complaint {
        let type: String
        let value: Substring
        /// Of another program's end.
        var isEcho = false
    }

    init?(_ opening: inout ExceptionOpening) {
        guard let place = Self.place(opening.line),
            let complaint = Self.complaint(place.rest, script: place.script, isNamed: place.isNamed)
        else { return nil }
        script = place.script
        line = place.line
        self.complaint = complaint
        opening.begin(at: place.start)
    }

    // MARK: Where

    /// - Returns: the script's name, the line, what follows, where the name begins; `isNamed` where `line` stood before the
    ///   number, which only shells write.
    private static func place(
        _ text: String
    ) -> (script: Substring, line: Int, rest: Substring, start: Int, isNamed: Bool)? {
        if let (name, rest) = text.parts(around: ": "), shells.contains(name),
            rest.parts(around: ": ")?.before.includes(" ") == false
        {
            // Of the script itself there is no line yet.
            if rest.ends(in: ": No such file or directory") { return (name, 0, rest, 0, false) }
        }
        var before = text[..<text.startIndex]
        var rest = text[...]
        for _ in 0..<6 {
            guard let (part, after) = rest.parts(around: ": ") else { return nil }
            let named = part.cutting(prefix: "line ")
            if let number = (named ?? part).wholeNumber, !before.isEmpty {
                // `bash: -c: line 1: `
                guard let script = lastWord(before.cutting(suffix: ": -c") ?? before) else { return nil }
                return (script, number, after, offset(of: script, in: text), named != nil)
            }
            if let found = part.place, found.column == nil, let script = lastWord(found.file) {
                return (script, found.line, after, offset(of: script, in: text), false)
            }
            before = text[..<part.endIndex]
            rest = after
        }
        return nil
    }

    private static func lastWord(_ text: Substring) -> Substring? {
        let word = text.parts(aroundLast: " ")?.after ?? text
        return word.isEmpty || word.ends(in: ":") ? nil : word
    }

    private static func offset(of part: Substring, in text: String) -> Int {
        text.utf8.distance(from: text.startIndex, to: part.startIndex)
    }

    private static let shells: Set<Substring> = [
        "bash", "sh", "dash", "ash", "ksh", "mksh", "zsh", "-bash", "-sh", "busybox",
    ]
    private static let extensions: Set<Substring> = ["sh", "bash", "ksh", "zsh", "bats", "command", "run", "hook"]

    private static func isShell(_ name: Substring) -> Bool { shells.contains(name.fileName) }

    /// - Returns: `nil` where the name does not tell.
    private static func isScript(_ name: Substring) -> Bool? {
        if isShell(name) { return true }
        guard let (_, suffix) = name.fileName.parts(aroundLast: "."), !suffix.isEmpty else { return nil }
        return extensions.contains(suffix)
    }

    // MARK: What

    private static let endings: [(text: String, type: String)] = [
        (": command not found", "CommandNotFound"), (": not found", "CommandNotFound"),
        (": unbound variable", "UnboundVariable"), (": parameter not set", "UnboundVariable"),
        (": readonly variable", "ReadonlyVariable"), (": is read only", "ReadonlyVariable"),
        (": No such file or directory", "NoSuchFile"), (": No such file", "NoSuchFile"),
        (": Permission denied", "PermissionDenied"), (": required file not found", "CannotExecute"),
        (": bad interpreter: No such file or directory", "CannotExecute"),
        (": cannot execute binary file: Exec format error", "CannotExecute"),
    ]

    private static let beginnings: [(text: String, type: String)] = [
        ("command not found: ", "CommandNotFound"), ("syntax error near unexpected token ", "SyntaxError"),
        ("syntax error: unexpected", "SyntaxError"), ("syntax error: unterminated", "SyntaxError"),
        ("unexpected EOF while looking for matching ", "SyntaxError"),
        ("syntax error: unexpected end of file", "SyntaxError"), ("Syntax error: ", "SyntaxError"),
        ("parse error near ", "SyntaxError"), ("arithmetic expression: ", "ArithmeticError"),
        ("arithmetic syntax error", "ArithmeticError"), ("cd: can't cd to ", "NoSuchFile"),
    ]

    private static func complaint(_ text: Substring, script: Substring, isNamed: Bool) -> Complaint? {
        let value = text.trimmed
        guard let isScript = isScript(script) ?? (script.includes("(") ? false : nil) ?? Optional(true) else {
            return nil
        }
        guard isScript, !value.isEmpty else { return nil }
        if isNamed, let echo = signal(value) { return echo }
        if let type = beginnings.first(where: { value.begins(with: $0.text) })?.type
            ?? endings.first(where: { value.ends(in: $0.text) })?.type
        {
            return Complaint(type: type, value: value)
        }
        if isNamed, value.includes(": division by 0") || value.includes(" (error token is ") {
            return Complaint(type: "ArithmeticError", value: value)
        }
        // Whatever `${NAME:?text}` says, and the shell's own commands: other programs number lines of theirs like this.
        guard isNamed, self.isScript(script) == true else { return nil }
        return Complaint(type: "ShellError", value: value)
    }

    private static let signals = [
        "Segmentation fault", "Aborted", "Killed", "Terminated", "Bus error", "Floating point exception",
        "Illegal instruction", "Trace/breakpoint trap", "Bad system call", "CPU time limit exceeded",
        "File size limit exceeded", "Hangup",
    ]

    /// `28200 Segmentation fault      (core dumped) ./importer`
    private static func signal(_ text: Substring) -> Complaint? {
        guard let (process, rest) = text.parts(around: " "), process.wholeNumber != nil,
            let signal = signals.first(where: { rest.trimmed.begins(with: $0) })
        else { return nil }
        let after = rest.trimmed.dropFirst(signal.utf8.count).trimmed
        let command = (after.cutting(prefix: "(core dumped)") ?? after).trimmed
        let value = command.isEmpty ? signal : "\(signal): \(command)"
        return Complaint(type: "ShellError", value: value[...], isEcho: true)
    }

    // MARK: One line, or two

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        // bash shows the line that it could not read: deploy.sh: line 4: `done'
        let isSource = complaint.type == "SyntaxError" && line.begins(with: "\(script): line \(self.line): `")
        return isSource ? .complete : .over
    }

    func finish() -> RecognisedException? {
        let frames = Self.isShell(script) || line == 0 ? [] : [Frame(function: nil, path: script, line: line)]
        var exception = RecognisedException(
            platform: "other",
            raised: RaisedException(type: complaint.type, value: String(complaint.value), frames: frames))
        exception.rank = complaint.isEcho ? .echo : .complaint
        return exception
    }
}
