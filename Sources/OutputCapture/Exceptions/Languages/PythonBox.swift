// Python's tracebacks as rich draws them, and typer with it.
//
//     ╭───────────── Traceback (most recent call last) ─────────────╮
//     │ /srv/app/shop.py:9 in find                                  │
//     │                                                             │
//     │    8 def find(rows, row):                                   │
//     │ ❱  9 │   return rows[row]                                   │
//     ╰─────────────────────────────────────────────────────────────╯
//     KeyError: 7

import SentryProtocol

struct PythonBox: ExceptionRecogniser {
    /// ``PythonException`` asks.
    static let triggers: [ExceptionTrigger] = []

    private enum State {
        case inside
        /// Below the box.
        case below
        case raised
    }

    private var state = State.inside
    private var chain = PythonChain()
    private var frames = FrameList()
    /// A file and function that are too long for one line.
    private var begun = ""

    private static let longestPlace = 1024

    init?(_ opening: inout ExceptionOpening) {
        guard let corner = opening.before.last("╭"), opening.before.ends(in: "─ ") else { return nil }
        opening.begin(at: opening.line.utf8.distance(from: opening.line.startIndex, to: corner.lowerBound))
    }

    var isCertain: Bool { !frames.isEmpty || chain.raised != nil }

    mutating func take(_ line: Substring) -> ExceptionStep {
        switch state {
        case .inside: return takeInside(line)
        case .below: return takeBelow(line.trimmed)
        case .raised: return takeAfter(line.trimmed)
        }
    }

    private mutating func takeInside(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "╰") {
            state = .below
            return .taken
        }
        guard let inner = line.cutting(prefix: "│")?.trimmed.cutting(suffix: "│") else {
            return isCertain ? .over : .nothing
        }
        let text = inner.trimmed
        if let source = text.cutting(prefix: "❱") {
            addSource(source.trimmed)
        } else if !begun.isEmpty {
            // Broken between words, or within a path.
            begun += (begun.hasSuffix(" in") ? " " : "") + text
            addPlace()
        } else if text.begins(with: "/") || text.begins(with: "<") || text.begins(with: "in ") {
            begun = String(text)
            addPlace()
        }
        return .taken
    }

    /// `/srv/app/shop.py:9 in find`
    private mutating func addPlace() {
        if let (place, function) = begun[...].parts(aroundLast: " in "), let (path, line, _) = place.place {
            frames.append(PythonPath.frame(path, line, function))
            begun = ""
        } else if begun.utf8.count > Self.longestPlace {
            begun = ""
        }
    }

    /// `9 │   return rows[row]`
    private mutating func addSource(_ text: Substring) {
        begun = ""
        let digits = text.utf8.prefix(while: \.isDigit)
        var source = ""
        for character in text[digits.endIndex...] { source.append(character == "│" ? " " : character) }
        frames.changeLast { $0.contextLine = String(source.dropFirst()) }
    }

    private mutating func takeBelow(_ line: Substring) -> ExceptionStep {
        guard !frames.isEmpty, let (type, value) = PythonLevel.exception(line) else {
            return isCertain ? .over : .nothing
        }
        chain.raise(type, value, frames)
        frames = FrameList()
        state = .raised
        return .taken
    }

    private mutating func takeAfter(_ line: Substring) -> ExceptionStep {
        if line.isEmpty { return .taken }
        if line.begins(with: "╭"), chain.isLinked {
            state = .inside
            return .taken
        }
        return chain.takeLink(line) ? .taken : .over
    }

    func finish() -> RecognisedException? {
        chain.raised.map { RecognisedException(platform: "python", raised: $0) }
    }
}
