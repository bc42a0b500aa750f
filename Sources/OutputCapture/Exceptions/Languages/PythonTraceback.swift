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
    static let triggers: [ExceptionTrigger] = [.anywhere("Traceback (most recent call last)"), .start("  File \"")]

    /// The one that everything hangs on, then the members of groups that are being read, innermost last.
    private var levels: [PythonLevel]
    private let ending: RecognisedException.Ending
    /// A syntax error in the program itself has no header: certain when its last line has come.
    private let isHeadless: Bool

    private static let maximumDepth = 16

    init?(_ opening: inout ExceptionOpening) {
        ending = Self.ending(opening)
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
            levels = [PythonLevel(gutter: nil)]
        }
        levels[0].begin()
    }

    /// Some say in the line before that the program goes on.
    private static func ending(_ opening: ExceptionOpening) -> RecognisedException.Ending {
        for distance in 1...2 {
            guard let line = opening.previous(distance) else { break }
            if line.begins(with: "Exception ignored in") || line.begins(with: "Exception in thread ")
                || line.begins(with: "Task exception was never retrieved")
                || line.begins(with: "Exception in callback ") || line.begins(with: "--- Logging error ---")
            {
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

/// One chain of exceptions, printed one below the other.
struct PythonLevel: Sendable {
    /// The column of the `|` before its lines; `nil` where there is none.
    var gutter: Int?

    private enum State {
        /// Nothing yet, or what came above was the reason of what comes.
        case before
        case frames
        /// The line with type and value was read.
        case raised
    }

    private var state = State.before
    private var frames = FrameList()
    private var members: [RaisedException] = []
    /// The exception that was raised last, and what it was caused by.
    private var raised: RaisedException?
    /// How the next one is linked to ``raised``.
    private var link: String?
    private var links = 0
    /// Lines after the exception's own that may still belong to its value.
    private var tail: [Substring] = []
    private(set) var isSyntaxError = false
    private(set) var isCertain = false

    private static let longestTail = 24

    init(gutter: Int?) { self.gutter = gutter }

    var expectsHeader: Bool { state == .before }
    var hasRaised: Bool { state == .raised }

    mutating func begin() { state = .frames }

    /// Everything that was raised, the last one first.
    var raisedChain: RaisedException? {
        guard var last = raised else { return nil }
        if state == .raised {
            last.value = Self.joined(last.value, Self.ownLines(of: tail))
            last.isGroup = !members.isEmpty
            last.causes += members
        }
        return last
    }

    mutating func add(member: RaisedException) {
        var member = member
        member.source = "exceptions[\(members.count)]"
        if members.count < RecognisedException.maximumLinks { members.append(member) }
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        switch state {
        case .before: takeHeader(line)
        case .frames: takeFrame(line)
        case .raised: takeTail(line)
        }
    }

    // MARK: Header and frames

    private mutating func takeHeader(_ line: Substring) -> ExceptionStep {
        if line.isBlank { return .taken }
        if line.includes("Traceback (most recent call last):") {
            begin()
            return .taken
        }
        if line.begins(with: "  File \"") || gutter != nil {
            begin()
            return takeFrame(line)
        }
        return link == nil ? .over : .foreign
    }

    private mutating func takeFrame(_ line: Substring) -> ExceptionStep {
        if let frame = frame(line) {
            frames.append(frame)
            isCertain = isCertain || !isSyntaxError
            return .taken
        }
        if line.indentation > 0 {
            if line.indentation >= 4 { addSource(line) }
            return frames.isEmpty ? .over : .taken
        }
        guard let (type, value) = Self.exception(line), !frames.isEmpty || gutter != nil || isCertain else {
            return line.isBlank && frames.isEmpty ? .over : .foreign
        }
        raise(type, value)
        return .taken
    }

    /// `  File "main.py", line 4, in <module>`; without a function where the file could not be compiled.
    private mutating func frame(_ line: Substring) -> Frame? {
        guard let rest = line.cutting(prefix: "  File \""), let (path, place) = rest.parts(aroundLast: "\", line ")
        else { return nil }
        if let (number, function) = place.parts(around: ", in ") {
            isSyntaxError = false
            return number.position.map { PythonPath.frame(path, $0, function) }
        }
        guard let number = place.trimmed.position else { return nil }
        isSyntaxError = true
        return PythonPath.frame(path, number, nil)
    }

    /// The first line below a frame is its source, what follows are carets or more of it.
    private mutating func addSource(_ line: Substring) {
        frames.changeLast { frame in
            if frame.contextLine == nil { frame.contextLine = String(line[line.offset(4)...]) }
        }
    }

    // MARK: The exception

    /// `json.decoder.JSONDecodeError: Expecting value`, `KeyboardInterrupt`.
    private static func exception(_ line: Substring) -> (type: Substring, value: Substring?)? {
        let (type, value) =
            line.parts(around: ": ").map { ($0, Optional($1)) } ?? (line.cutting(suffix: ":") ?? line, nil)
        return type.trimmed.isName(separators: ".<>") ? (type.trimmed, value) : nil
    }

    private mutating func raise(_ name: Substring, _ value: Substring?) {
        let (module, type) = name.parts(aroundLast: ".") ?? ("", name)
        var exception = RaisedException(
            type: String(type), value: value.map(String.init), module: module.isEmpty ? nil : String(module),
            frames: frames.frames)
        if var cause = raised, links < RecognisedException.maximumLinks {
            cause.source = link
            exception.causes = [cause]
        }
        links += 1
        raised = exception
        frames = FrameList()
        link = nil
        tail = []
        state = .raised
        isCertain = true
    }

    private mutating func takeTail(_ line: Substring) -> ExceptionStep {
        let text = line.trimmed
        if text == "The above exception was the direct cause of the following exception:" { return chain("__cause__") }
        if text == "During handling of the above exception, another exception occurred:" { return chain("__context__") }
        if line.includes("Traceback (most recent call last):") || tail.count == Self.longestTail { return .over }
        tail.append(line)
        return line.isBlank ? .taken : .foreign
    }

    /// What stands above was the reason of what comes, so all lines up to here were its value.
    private mutating func chain(_ source: String) -> ExceptionStep {
        while tail.last?.isBlank == true { tail.removeLast() }
        let value = Self.joined(raised?.value, tail)
        tail = []
        raised = raisedChain
        raised?.value = value
        members = []
        link = source
        state = .before
        return .taken
    }

    /// A message of several lines cannot be told from what is printed after it, except where it is indented: as lists of
    /// problems are, below a line each.
    private static func ownLines(of tail: [Substring]) -> [Substring] {
        var end = 0
        for (index, line) in tail.enumerated() {
            if line.isBlank { break }
            if line.indentation > 0 {
                end = index + 1
            } else if index > end {
                break
            }
        }
        return Array(tail[..<end])
    }

    private static func joined(_ value: String?, _ lines: [Substring]) -> String? {
        lines.isEmpty ? value : ([value ?? ""] + lines.map(String.init)).joined(separator: "\n")
    }
}

/// What a path says of a module.
enum PythonPath {
    static func frame(_ path: Substring, _ line: Int, _ function: Substring?) -> Frame {
        var frame = Frame(function: function, path: path, line: line)
        guard let below = belowRoot(path) else { return frame }
        frame.inApp = false
        frame.filename = String(below)
        if let module = below.cutting(suffix: "/__init__.py") ?? below.cutting(suffix: ".py") {
            frame.module = String(
                decoding: module.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        }
        return frame
    }

    /// `/usr/lib/python3.13/json/decoder.py` → `json/decoder.py`; `nil` outside of libraries.
    private static func belowRoot(_ path: Substring) -> Substring? {
        if let name = path.enclosed(by: "<frozen ", ">"), path.begins(with: "<") { return name }
        for directory in ["/site-packages/", "/dist-packages/"] {
            if let (_, below) = path.parts(aroundLast: directory) { return below }
        }
        guard let (_, rest) = path.parts(aroundLast: "/python3."), let (version, below) = rest.parts(around: "/") else {
            return nil
        }
        return version.utf8.allSatisfy(\.isDigit) ? below : nil
    }
}
