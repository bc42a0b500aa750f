// anyhow's and eyre's reports, as `main` and loggers print them.
//
//     Error: cannot start                     Error:                         [2026-11-28T13:45:51Z ERROR app] cannot reload
//                                                0: cannot start
//     Caused by:                                 1: bad port                     Caused by:
//         0: bad port                                                                invalid digit
//         1: invalid digit                    Location:
//                                                src/main.rs:12

import SentryProtocol

struct RustReport: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Error:"), .start("Caused by:"), .start("    Caused by:")]

    private var messages: [[Substring]]
    private var trace = RustBacktrace()
    private var section = Section.message
    private var location: Substring?
    private(set) var isCertain = false
    private var blanks = 0
    /// The next line is a cause of its own, whether it has a number or not.
    private var isNew = false
    private let printer: Printer

    private enum Section {
        case message
        case causes
        case location
        case other
    }

    private enum Printer {
        case main
        /// cargo, and other programs of that manner: `error: …`
        case tool
        case logger
    }

    private static let longestMessage = 24

    init?(_ opening: inout ExceptionOpening) {
        if let text = opening.text.cutting(prefix: "Error:")?.trimmed {
            messages = text.isEmpty ? [] : [[text]]
            printer = .main
            return
        }
        guard opening.text.trimmed == "Caused by:" else { return nil }
        // A logger indents all lines but the first.
        opening.begin(at: opening.text.indentation)
        guard let blank = opening.previous(1), blank.isBlank, let line = opening.previous(2), !line.isBlank,
            line.indentation == 0
        else { return nil }
        if line.begins(with: "Error: ") { return nil }
        opening.include(2)
        if let text = line.cutting(prefix: "error: ") {
            messages = [[text]]
            printer = .tool
        } else {
            messages = [[line.logMessage[...]]]
            printer = .logger
        }
        section = .causes
        isNew = true
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if trace.take(line) { return .taken }
        if line.isBlank {
            blanks += 1
            return blanks > 2 * RecognisedException.maximumLinks ? .over : .taken
        }
        switch line {
        case "Caused by:": return enter(.causes)
        case "Location:": return enter(.location)
        case "Stack backtrace:":
            trace.begin()
            return enter(.other)
        default: break
        }
        if line.begins(with: "  "), line.includes(" BACKTRACE ") { trace.begin() }
        guard line.indentation > 0 || line.begins(with: "Backtrace omitted") || line.begins(with: "Run with ") else {
            return isCertain ? .over : .nothing
        }
        return take(line.trimmed, of: line)
    }

    private mutating func enter(_ next: Section) -> ExceptionStep {
        section = next
        isNew = next == .causes
        isCertain = isCertain || !messages.isEmpty
        return isCertain ? .taken : .nothing
    }

    private mutating func take(_ text: Substring, of line: Substring) -> ExceptionStep {
        switch section {
        case .message, .causes: return takeMessage(text, of: line)
        case .location: location = location ?? text
        case .other: break
        }
        return .taken
    }

    private mutating func takeMessage(_ text: Substring, of line: Substring) -> ExceptionStep {
        let last = messages.count - 1
        if let (number, message) = text.parts(around: ": "), number.wholeNumber != nil {
            guard messages.count < RecognisedException.maximumLinks else { return .taken }
            messages.append([message])
        } else if section == .causes, isNew {
            messages.append([text])
        } else {
            // Node's stacks begin with such a line, too.
            guard section == .causes || !text.begins(with: "at ") else { return .nothing }
            guard last >= 0, messages[last].count < Self.longestMessage else { return .nothing }
            // What follows the blank line is another's.
            guard isCertain || blanks == 0 else { return .nothing }
            messages[last].append(section == .message ? line : text)
        }
        isCertain = isCertain || section == .causes
        isNew = false
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var chain: RaisedException?
        for (index, lines) in messages.enumerated().reversed() {
            var raised = RaisedException(type: "Error", value: lines.joined(separator: "\n"))
            if index > 0 { raised.source = "source" }
            if let cause = chain { raised.causes = [cause] }
            chain = raised
        }
        guard var raised = chain else { return nil }
        raised.frames = trace.ownFrames
        if raised.frames.isEmpty, let (file, line, column) = location?.place {
            raised.frames = [Frame(function: nil, path: file, line: line, column: column)]
        }
        var exception = RecognisedException(
            platform: "native", raised: raised, ending: printer == .logger ? .unknown : .ended)
        if printer == .tool { exception.rank = .complaint }
        exception.isLogged = printer == .logger
        return exception
    }
}
