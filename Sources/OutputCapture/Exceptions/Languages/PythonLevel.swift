// One traceback of Python's, and those that it was caused by.

import SentryProtocol

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
        /// Where logging was called, if it is logging itself that failed.
        case callStack
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

    private var blanks = 0

    private static let longestTail = 24
    private static let mostBlanks = 2048

    init(gutter: Int?) { self.gutter = gutter }

    /// - Parameter cause: that has no traceback of its own, and how it is linked to what comes.
    init(after cause: (exception: RaisedException, link: String)) {
        raised = cause.exception
        link = cause.link
        links = 1
    }

    var expectsHeader: Bool { state == .before }
    var hasRaised: Bool { state == .raised }

    mutating func begin() { state = .frames }

    /// Everything that was raised, the last one first.
    var raisedChain: RaisedException? {
        guard var last = raised else { return nil }
        if state == .raised || state == .callStack {
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
        case .callStack: takeCallStack(line)
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
        // loguru puts blank lines around each frame.
        if line.isBlank, isCertain || frames.isEmpty {
            blanks += 1
            return blanks <= Self.mostBlanks ? .taken : .over
        }
        if line.indentation > 0 {
            if line.indentation >= 4 { addSource(line) }
            return frames.isEmpty ? .over : .taken
        }
        guard let (type, value) = Self.exception(line), !frames.isEmpty || gutter != nil || isCertain else {
            return .foreign
        }
        raise(type, value)
        return .taken
    }

    /// `  File "main.py", line 4, in <module>`; without a function where the file could not be compiled.
    private mutating func frame(_ line: Substring) -> Frame? {
        // loguru marks the frame that caught it.
        guard let rest = line.cutting(prefix: "  File \"") ?? line.cutting(prefix: "> File \""),
            let (path, place) = rest.parts(aroundLast: "\", line ")
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

    /// How what stands above is linked to what stands below this line.
    static func link(_ line: Substring) -> String? {
        switch line.trimmed {
        case "The above exception was the direct cause of the following exception:": "__cause__"
        case "During handling of the above exception, another exception occurred:": "__context__"
        default: nil
        }
    }

    /// An exception that was never raised has no traceback: its line stands alone above the ``link(_:)``.
    static func neverRaised(_ line: Substring) -> RaisedException? {
        guard let (name, value) = exception(line), name.includes("Error") || name.includes("Exception") else {
            return nil
        }
        return raised(name, value)
    }

    private static func raised(_ name: Substring, _ value: Substring?, _ frames: [Frame] = []) -> RaisedException {
        let (module, type) = name.parts(aroundLast: ".") ?? ("", name)
        return RaisedException(
            type: String(type), value: value.map(String.init), module: module.isEmpty ? nil : String(module),
            frames: frames)
    }

    /// `json.decoder.JSONDecodeError: Expecting value`, `KeyboardInterrupt`.
    static func exception(_ line: Substring) -> (type: Substring, value: Substring?)? {
        let (type, value) =
            line.parts(around: ": ").map { ($0, Optional($1)) } ?? (line.cutting(suffix: ":") ?? line, nil)
        return type.trimmed.isName(separators: ".<>") ? (type.trimmed, value) : nil
    }

    private mutating func raise(_ name: Substring, _ value: Substring?) {
        var exception = Self.raised(name, value, frames.frames)
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
        if let source = Self.link(line) {
            // The cause of what comes is another one, without frames, and this one was printed before it.
            let isOther = tail.last { !$0.isBlank }.flatMap(Self.neverRaised) != nil
            return isOther ? .over : chain(source)
        }
        if line.includes("Traceback (most recent call last):") || tail.count == Self.longestTail { return .over }
        // Where the exception of another process is quoted.
        if line == "\"\"\"" { return .taken }
        if line == "Call stack:" {
            state = .callStack
            return .taken
        }
        tail.append(line)
        return line.isBlank ? .taken : .foreign
    }

    /// Frames, then `Message: '%d rows'` and `Arguments: ('no number',)`.
    private func takeCallStack(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "Arguments: ") { return .complete }
        return line.indentation > 0 || line.begins(with: "Message: ") ? .taken : .over
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
