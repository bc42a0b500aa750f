// Elixir's errors: of scripts, and of processes that its logger reports.
//
//     ** (ArithmeticError) bad argument in arithmetic expression
//         ratio.exs:2: Ratio.of/2
//         (elixir 1.14.0) lib/enum.ex:1658: Enum."-map/2-lists^map/1-0-"/2
//         ratio.exs:6: (file)
//
// Source: Exception.format/3 and format_stacktrace_entry/1.

import SentryProtocol

struct ElixirError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("** ("), .anywhere("Error) ")]

    private let type: Substring
    private var message: [Substring]
    private var frames = FrameList()
    private let ending: RecognisedException.Ending
    /// `** (EXIT from …) an exception was raised:` has the exception itself below, deeper.
    private var inner: Substring?

    private static let maximumLines = 64

    init?(_ opening: inout ExceptionOpening) {
        if !opening.text.begins(with: "** (") {
            opening.extendBack { $0.isAlphanumeric || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
            opening.extendBack(over: "** (")
        }
        guard let (name, message) = Self.head(opening.text) else { return nil }
        // Elixir's logger says that a process died; others go on.
        let report = opening.previous(1) ?? ""
        let isReport = report.ends(in: "raised an exception") || report.ends(in: " terminating")
        // `EXIT from #PID<0.96.0>`
        type = name.begins(with: "EXIT") ? "EXIT" : name
        self.message = [message]
        ending = isReport ? .survived : .unknown
    }

    /// `** (Type) message`
    private static func head(_ line: Substring) -> (Substring, Substring)? {
        guard let rest = line.cutting(prefix: "** ("), let (type, message) = rest.parts(around: ")"),
            message.isEmpty || message.begins(with: " ")
        else { return nil }
        let isKnown = type.begins(with: "EXIT") || type == "exit" || type == "throw" || type == "stop"
        guard isKnown || type.isName(separators: ".") && type.utf8.first?.isUppercase == true else { return nil }
        return (type, message.dropFirst())
    }

    var isCertain: Bool { !frames.isEmpty || inner != nil }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if let frame = Self.frame(line) {
            frames.append(frame)
            return .taken
        }
        if frames.isEmpty, inner == nil, type == "EXIT", let (type, message) = Self.head(line.trimmed) {
            inner = type
            self.message = [message]
            return .taken
        }
        guard frames.isEmpty, message.count < Self.maximumLines else { return .over }
        // Its message may have any lines; it is no exception when no frame comes, or a short one.
        message.append(line)
        return .foreign
    }

    func finish() -> RecognisedException? {
        if type == "EXIT", inner == nil, message[0].ends(in: ":") { return nil }
        var lines = message
        // Without frames only the first line is its own beyond doubt.
        if frames.isEmpty { lines = [message[0]] }
        while let last = lines.last, last.isBlank, lines.count > 1 { lines.removeLast() }
        let value = lines.map { String(trimmingEnd($0)) }.joined(separator: "\n")
        let raised = RaisedException(type: String(inner ?? type), value: value, frames: frames.oldestFirst)
        return RecognisedException(platform: "elixir", raised: raised, ending: ending)
    }

    private func trimmingEnd(_ line: Substring) -> Substring {
        var line = line
        while let byte = line.utf8.last, byte.isSpace { line = line[..<line.utf8.index(before: line.endIndex)] }
        return line
    }

    /// `    (elixir 1.14.0) lib/enum.ex:1658: Enum.map/2`, `    ratio.exs:6: (file)`, `    :erlang.hd([])`
    private static func frame(_ line: Substring) -> Frame? {
        guard line.indentation >= 4 else { return nil }
        var text = line.trimmed
        var application: Substring?
        if text.begins(with: "("), let (name, rest) = text.dropFirst().parts(around: ") ") {
            application = name.parts(around: " ")?.before ?? name
            text = rest
        }
        guard let (place, function) = text.parts(around: ": "), let (file, number) = place.parts(aroundLast: ":"),
            let line = number.position, !file.includes(" ")
        else { return bare(text, application) }
        var frame = Frame(function: function, path: file, line: line, isInApp: !isRuntime(application))
        frame.module = module(function)
        return frame
    }

    /// Without a place: functions of the runtime that are not written in Erlang, or that do not exist.
    private static func bare(_ text: Substring, _ application: Substring?) -> Frame? {
        guard text.ends(in: ")") || text.parts(aroundLast: "/")?.after.wholeNumber != nil,
            let (name, _) = text.parts(around: "(") ?? text.parts(around: "/"), name.includes("."), !name.includes(" "),
            name.begins(with: ":") || name.utf8.first?.isUppercase == true
        else { return nil }
        // Arguments may be anything, and secret.
        var frame = Frame(function: String(name), inApp: !name.begins(with: ":erlang.") && !isRuntime(application))
        frame.module = module(name)
        return frame
    }

    private static let runtimes: Set<Substring> = [
        "elixir", "stdlib", "kernel", "erts", "mix", "ex_unit", "logger", "iex",
    ]

    private static func isRuntime(_ application: Substring?) -> Bool { application.map(runtimes.contains) ?? false }

    /// `Shop.Checkout.pay/1` → `Shop.Checkout`; none for `anonymous fn/0 in …` and `(file)`.
    private static func module(_ function: Substring) -> String? {
        let name = function.parts(around: "anonymous fn/")?.after.parts(around: " in ")?.after ?? function
        let path = name.parts(around: "/")?.before ?? name
        guard let (module, _) = path.parts(around: ".\"") ?? path.parts(aroundLast: "."),
            module.isName(separators: ".:_")
        else { return nil }
        return String(module)
    }
}
