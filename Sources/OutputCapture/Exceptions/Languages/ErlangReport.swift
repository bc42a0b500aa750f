// Erlang's crashes: reports of processes, escripts, the shell, and the last words of the emulator.
//
//     =CRASH REPORT==== 28-Nov-2026::07:19:41.820802 ===       escript: exception error: {cannot_open,"x"}
//       crasher:                                                  in function  erl_eval:do_apply/7 (erl_eval.erl, line 742)
//         exception error: bad argument
//           in function  hd/1                                   init terminating in do_boot ({badmatch,…
//
// Source: erl_error:format_exception/3, proc_lib:format_report/3, error_logger_tty_h, init.erl.

import SentryProtocol

struct ErlangReport: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("exception error: "), .anywhere("exception exit: "), .anywhere("exception throw: "),
        .anywhere("do_boot"), .anywhere("exit value:"), .anywhere("Reason for termination "),
    ]

    private enum Form {
        /// `exception error: …` with a frame on each line.
        case lines
        /// A term over several lines.
        case term
    }

    private let form: Form
    private let kind: Substring
    private let ending: RecognisedException.Ending
    private var message: [Substring]
    private var frames = FrameList()
    private var length = 0

    private static let maximumLines = 400
    private static let maximumLength = 32 * 1024

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.begins(with: "exception "), let (head, value) = text.parts(around: ": ") {
            guard let (start, ending) = Self.context(opening) else { return nil }
            form = .lines
            kind = head.dropFirst("exception ".utf8.count)
            message = [value]
            self.ending = ending
            opening.begin(at: start)
            return
        }
        form = .term
        kind = "error"
        if let rest = text.cutting(prefix: "do_boot") {
            guard opening.before.ends(in: "init terminating in "),
                let term = rest.cutting(prefix: "\",") ?? rest.cutting(prefix: " ("),
                // The same once more, without the places.
                !term.includes("[{_}")
            else { return nil }
            message = [term]
            ending = .ended
        } else {
            guard
                opening.before.begins(with: "Error in process <") && opening.before.ends(in: " with ")
                    || text.begins(with: "Reason for termination ==")
            else {
                return nil
            }
            message = []
            ending = .survived
        }
        opening.begin(at: 0)
    }

    /// `escript: `, `** `, or the indentation inside of a crash report.
    private static func context(_ opening: ExceptionOpening) -> (start: Int, RecognisedException.Ending)? {
        let before = opening.before
        if before.ends(in: "escript: ") { return (opening.marker - 9, .ended) }
        if before.ends(in: "** ") { return (opening.marker - 3, .unknown) }
        return before == "    " ? (0, .survived) : nil
    }

    var isCertain: Bool { form == .term ? !message.isEmpty : !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        length += line.utf8.count
        guard message.count < Self.maximumLines, length < Self.maximumLength else { return .over }
        return form == .lines ? take(frameLine: line) : take(term: line)
    }

    /// `  in call from importer:work/1 (importer.erl, line 15)`
    private mutating func take(frameLine line: Substring) -> ExceptionStep {
        let text = line.trimmed
        for lead in ["in function  ", "in call from ", "in operator  "] {
            guard let rest = text.cutting(prefix: lead) else { continue }
            frames.append(Self.frame(rest.trimmed))
            return .taken
        }
        if text.begins(with: "called as ") || text.begins(with: "*** argument ") { return .taken }
        // Only the message of several lines is deeper than its first.
        guard frames.isEmpty, line.indentation > 4, !text.isEmpty else { return .over }
        message.append(text)
        return .taken
    }

    private static func frame(_ text: Substring) -> Frame {
        let (name, place) = text.parts(aroundLast: " (") ?? (text, "")
        let module = name.parts(around: ":")?.before
        let isInApp = module.map { !ErlangTerm.runtimes.contains($0) } ?? false
        guard let (file, number) = place.cutting(suffix: ")")?.parts(around: ", line "), let line = number.position
        else {
            var frame = Frame(function: String(name.trimmed), inApp: isInApp)
            frame.module = module.map(String.init)
            return frame
        }
        var frame = Frame(function: name, path: file, line: line, isInApp: isInApp)
        frame.module = module.map(String.init)
        return frame
    }

    /// The term goes on as long as lines are indented; those of a server's report begin with `** `.
    private mutating func take(term line: Substring) -> ExceptionStep {
        if message.isEmpty {
            guard let term = line.cutting(prefix: "** ") ?? (line.begins(with: "{") ? line : nil) else {
                return .nothing
            }
            message = [term]
            return .taken
        }
        guard line.indentation > 0, !line.isBlank, ending != .ended else { return .over }
        message.append(line.trimmed)
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        guard form == .term else {
            let raised = RaisedException(
                type: String(kind), value: message.map(String.init).joined(separator: " "), frames: frames.oldestFirst)
            return RecognisedException(platform: "other", raised: raised, ending: ending)
        }
        let text = message.map(String.init).joined()
        let stack = ErlangTerm.stack(in: text)
        let reason = stack.map { Self.reason(before: $0.before) } ?? text[...]
        let raised = RaisedException(
            type: Self.atom(of: reason), value: String(reason), frames: stack.map { $0.frames.reversed() } ?? [])
        return RecognisedException(platform: "other", raised: raised, ending: ending)
    }

    /// `badarith`, `{badmatch,{error,enoent}}` → `badmatch`
    private static func atom(of reason: Substring) -> String {
        let text = reason.cutting(prefix: "{") ?? reason
        let name = text.parts(around: ",")?.before ?? text.cutting(suffix: "}") ?? text
        return ErlangTerm.isAtom(name) ? String(name) : "error"
    }

    /// `{badarith,[` or `{{badmatch,{error,enoent}},[` → without what surrounds it.
    private static func reason(before stack: Substring) -> Substring {
        let list = stack.trimmed.cutting(suffix: "[")?.trimmed ?? stack
        let inner = list.cutting(suffix: ",")?.trimmed ?? list
        return inner.cutting(prefix: "{") ?? inner
    }
}
