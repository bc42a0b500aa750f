// Python's tracebacks, chains and groups.
//
//     Traceback (most recent call last):              + Exception Group Traceback (most recent call last):
//       File "main.py", line 4, in <module>           |   File "main.py", line 3, in <module>
//         load()                                      |     raise ExceptionGroup("several", errors)
//         ~~~~^^                                      | ExceptionGroup: several (2 sub-exceptions)
//     KeyError: 'port'                                +-+---------------- 1 ----------------
//                                                       | ValueError: one
//     During handling of the above exception, …         +---------------- 2 ----------------

import SentryProtocol

struct PythonTraceback: ExceptionRecogniser {
    /// ``PythonException`` asks.
    static let triggers: [ExceptionTrigger] = []

    /// The one that everything hangs on, then the members of groups that are being read, innermost last.
    private var levels: [PythonLevel]
    private let ending: RecognisedException.Ending
    /// A syntax error in the program itself has no header: certain when its last line has come.
    private let isHeadless: Bool

    private static let maximumDepth = 16

    init?(_ opening: inout ExceptionOpening) {
        ending = Self.ending(&opening)
        isHeadless = opening.text.begins(with: "  File \"")
        if isHeadless {
            var level = PythonLevel(gutter: nil)
            guard level.take(opening.text) == .taken, level.isSyntaxError else { return nil }
            levels = [level]
            return
        }
        opening.extendBack(over: "Exception Group ")
        if opening.text.begins(with: "Exception Group ") {
            opening.extendBack(over: "  + ")
            levels = [PythonLevel(gutter: opening.text.begins(with: "  + ") ? 2 : nil)]
        } else {
            levels = [Self.cause(&opening).map(PythonLevel.init(after:)) ?? PythonLevel(gutter: nil)]
        }
        levels[0].begin()
    }

    /// What was the reason, and was never raised: its line and the link stand above, a blank line below each.
    private static func cause(_ opening: inout ExceptionOpening) -> (exception: RaisedException, link: String)? {
        guard opening.previous(1)?.isBlank == true, let link = opening.previous(2).flatMap(PythonLevel.link),
            opening.previous(3)?.isBlank == true, let cause = opening.previous(4).flatMap(PythonLevel.neverRaised)
        else { return nil }
        opening.include(4)
        return (cause, link)
    }

    /// Some say in the line before that the program goes on.
    private static func ending(_ opening: inout ExceptionOpening) -> RecognisedException.Ending {
        for distance in 1...2 {
            guard let line = opening.previous(distance) else { break }
            if line.begins(with: "Exception ignored in") || line.begins(with: "Exception in thread ")
                || line.begins(with: "Task exception was never retrieved")
                || line.begins(with: "Exception in callback ") || line.begins(with: "--- Logging error ---")
                || line.ends(in: "Exception in ASGI application")
                // multiprocessing's: the process that started this one goes on.
                || distance == 1 && line.begins(with: "Process ") && line.ends(in: ":")
            {
                opening.include(distance)
                return .survived
            }
        }
        return .unknown
    }

    var isCertain: Bool { levels[0].isCertain }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if levels[0].gutter != nil, let (column, rest) = Self.gutter(line) { return take(column, rest) }
        collapse(to: 0)
        if let text = line.cutting(prefix: "  + "), text.begins(with: "Exception Group Traceback"),
            levels[0].expectsHeader
        {
            levels[0].gutter = 2
            return levels[0].take(text)
        }
        if levels[0].gutter != nil {
            guard levels[0].hasRaised else { return .over }
            levels[0].gutter = nil
        }
        return levels[0].take(line)
    }

    func finish() -> RecognisedException? {
        var whole = self
        whole.collapse(to: 0)
        guard let raised = whole.levels[0].raisedChain, isCertain || isHeadless else { return nil }
        return RecognisedException(platform: "python", raised: raised, ending: ending)
    }

    // MARK: Groups

    /// Where the line's `|` or `+` stands, and what begins there.
    private static func gutter(_ line: Substring) -> (column: Int, rest: Substring)? {
        let column = line.indentation
        let rest = line[line.offset(column)...]
        guard column >= 2, column <= 2 * maximumDepth, rest.begins(with: "|") || rest.begins(with: "+") else {
            return nil
        }
        return (column, rest)
    }

    private mutating func take(_ column: Int, _ rest: Substring) -> ExceptionStep {
        if let text = rest.cutting(prefix: "|") {
            while let gutter = levels.last?.gutter, gutter > column, levels.count > 1 { collapse(to: levels.count - 2) }
            let step = levels[levels.count - 1].take(text.cutting(prefix: " ") ?? text)
            return step == .foreign ? .taken : step
        }
        if rest.begins(with: "+-+-") {
            while let gutter = levels.last?.gutter, gutter > column, levels.count > 1 { collapse(to: levels.count - 2) }
            if levels.count < Self.maximumDepth { levels.append(PythonLevel(gutter: column + 2)) }
            return .taken
        }
        guard rest.begins(with: "+--") else { return .over }
        while let gutter = levels.last?.gutter, gutter >= column, levels.count > 1 { collapse(to: levels.count - 2) }
        let hasNumber = rest.utf8.contains { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
        if hasNumber, levels.count < Self.maximumDepth { levels.append(PythonLevel(gutter: column)) }
        return .taken
    }

    /// Ends the members below a level and hangs each on its group.
    private mutating func collapse(to last: Int) {
        while levels.count > last + 1 {
            let member = levels.removeLast()
            if let raised = member.raisedChain { levels[levels.count - 1].add(member: raised) }
        }
    }
}
