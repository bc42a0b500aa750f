// R's errors, as Rscript and R -f print them.
//
//     Error in read_config("/etc/shop.conf") : cannot open /etc/shop.conf
//     Calls: main -> read_config
//     Execution halted
//
// Source: src/main/errors.c (verrorcall_dflt, jump_to_top_ex).

import SentryProtocol

struct RError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Error in "), .anywhere(" halted")]

    private var lines: [Substring]
    private var isHalted = false
    /// The numbered list that traceback() prints.
    private var frames = FrameList()

    private static let maximumLines = 40

    init?(_ opening: inout ExceptionOpening) {
        if opening.text.begins(with: "Error in ") {
            guard opening.text.includes(" : ") || opening.text.ends(in: " :") else { return nil }
            lines = [opening.text]
            return
        }
        // `Error: …` begins too many lines to look at each: this one is looked back from.
        opening.extendBack(over: "Execution")
        guard opening.text.trimmed == "Execution halted" else { return nil }
        lines = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance) else { return nil }
            lines.insert(line, at: 0)
            if line.begins(with: "Error: ") || line.begins(with: "Error in ") { break }
        }
        isHalted = true
        guard lines[0].begins(with: "Error") else { return nil }
    }

    var isCertain: Bool { isHalted || !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isHalted { return .over }
        if line.trimmed == "Execution halted" {
            isHalted = true
            return .complete
        }
        if let frame = Self.traced(line) {
            frames.append(frame)
            return .taken
        }
        if !frames.isEmpty { return line.indentation >= 3 ? .taken : .over }
        guard lines.count < Self.maximumLines else { return .over }
        lines.append(line)
        return .foreign
    }

    func finish() -> RecognisedException? {
        guard let (call, message, own) = Self.message(lines) else { return nil }
        // What try() prints looks the same but for the end: only the shape of a call tells it from prose.
        guard isCertain || call?.includes("(") == true else { return nil }
        // The condition's class is not printed.
        let raised = RaisedException(type: "Error", value: message, frames: stack(call, lines.dropFirst(own)))
        return RecognisedException(platform: "other", raised: raised, ending: isHalted ? .ended : .unknown)
    }

    /// - Returns: the call, the message, and how many lines they are.
    private static func message(_ lines: [Substring]) -> (call: Substring?, message: String, lines: Int)? {
        guard let first = lines.first else { return nil }
        var own = [Substring]()
        var call: Substring?
        if let rest = first.cutting(prefix: "Error in ") {
            guard let (before, after) = rest.parts(around: " : ") ?? rest.parts(around: " :") else { return nil }
            call = before
            own = after.isBlank ? [] : [after]
        } else {
            guard let rest = first.cutting(prefix: "Error: ") else { return nil }
            own = [rest]
        }
        var count = 1
        // Below the call, two blanks in, where it would not fit behind it.
        for line in lines.dropFirst() {
            guard line.begins(with: "  ") else { break }
            own.append(line.trimmed)
            count += 1
        }
        return (call, own.map { String($0.trimmed) }.joined(separator: "\n"), count)
    }

    /// From traceback(), or from `Calls: main -> read_config`, or from the call alone.
    private func stack(_ call: Substring?, _ rest: ArraySlice<Substring>) -> [Frame] {
        if !frames.isEmpty { return frames.oldestFirst }
        var calls = FrameList()
        if let line = rest.first(where: { $0.begins(with: "Calls: ") }) {
            for name in line.dropFirst(7).split(separator: " ") where name != "->" && name != "..." {
                calls.append(Self.frame(name))
            }
        } else if let name = call.flatMap({ Self.functionName($0) }) {
            calls.append(Self.frame(name))
        }
        return calls.frames
    }

    /// `3: stop("negative value") at script.R#4`
    private static func traced(_ line: Substring) -> Frame? {
        guard let (number, call) = line.trimmed.parts(around: ": "), number.position != nil, !call.isBlank else {
            return nil
        }
        let (text, place) = call.parts(aroundLast: " at ") ?? (call, "")
        var frame = functionName(text).map { Self.frame($0) } ?? Frame(function: "<anonymous>", inApp: false)
        if let (file, line) = place.parts(aroundLast: "#"), let number = line.position {
            frame.filename = String(file.fileName)
            frame.line = number
        }
        return frame
    }

    private static func functionName(_ call: Substring) -> Substring? {
        guard let (name, _) = call.parts(around: "("), name.isName(separators: ".:") else { return nil }
        return name
    }

    /// Functions of R itself that errors come through.
    private static let own: Set<Substring> = [
        "stop", "stopifnot", "sapply", "lapply", "vapply", "FUN", "tryCatch", "tryCatchList", "tryCatchOne",
        "doTryCatch", "try", "withCallingHandlers", "do.call", "eval", "source", "withVisible", "Reduce", "Map",
        "mapply",
        "library", "loadNamespace", "read.csv", "read.table", "file", "<Anonymous>", "structure", "sys.call",
        "traceback",
        "print", "cat", "paste", "paste0", "sum", "mean", "log", "sqrt", "as.numeric", "as.integer", "match.arg", "get",
    ]

    private static func frame(_ name: Substring) -> Frame { Frame(function: String(name), inApp: !own.contains(name)) }
}
