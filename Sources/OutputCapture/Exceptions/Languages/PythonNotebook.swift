// Python's tracebacks as IPython and notebooks print them.
//
//     KeyError                                  Traceback (most recent call last)
//     Cell In[1], line 2
//           1 import shop
//     ----> 2 shop.load({}, 7)
//
//     File /srv/app/shop.py:9, in find(rows, row)
//           8 def find(rows, row):
//     ----> 9     return rows[row]
//
//     KeyError: 7

import SentryProtocol

struct PythonNotebook: ExceptionRecogniser {
    /// ``PythonException`` asks.
    static let triggers: [ExceptionTrigger] = []

    private var name: Substring
    private var isRaised = false
    private var chain = PythonChain()
    private var frames = FrameList()

    init?(_ opening: inout ExceptionOpening) {
        guard let name = Self.header(opening.before) else { return nil }
        self.name = name
        opening.begin(at: 0)
    }

    /// `KeyError                                  `
    private static func header(_ text: Substring) -> Substring? {
        guard text.ends(in: "  "), text.trimmed.isName(separators: "."), text.indentation == 0 else { return nil }
        return text.trimmed
    }

    var isCertain: Bool { !frames.isEmpty || chain.raised != nil }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.isBlank { return .taken }
        if isRaised { return takeAfter(line) }
        if let frame = Self.frame(line) {
            frames.append(frame)
            return .taken
        }
        if let (arrow, rest) = line.parts(around: "> "), arrow.utf8.allSatisfy({ $0 == UInt8(ascii: "-") }) {
            addSource(rest)
            return .taken
        }
        if line.indentation > 0 { return isCertain ? .taken : .nothing }
        if let (type, value) = PythonLevel.exception(line), type == name, !frames.isEmpty {
            chain.raise(type, value, frames)
            frames = FrameList()
            isRaised = true
            return .taken
        }
        return isCertain ? .foreign : .nothing
    }

    private mutating func takeAfter(_ line: Substring) -> ExceptionStep {
        if chain.isLinked, let (before, _) = line.parts(around: "Traceback (most recent call last)"),
            let name = Self.header(before)
        {
            self.name = name
            isRaised = false
            return .taken
        }
        return chain.takeLink(line) ? .taken : .over
    }

    /// `9     return rows[row]`: older versions print a frame's line here only.
    private mutating func addSource(_ text: Substring) {
        let digits = text.utf8.prefix(while: \.isDigit)
        let number = text[..<digits.endIndex].position
        let source = text[digits.endIndex...]
        frames.changeLast { frame in
            frame.line = frame.line ?? number
            if frame.contextLine == nil { frame.contextLine = String(source.cutting(prefix: " ") ?? source) }
        }
    }

    /// `File /srv/app/shop.py:9, in find(rows, row)`, `Cell In[1], line 2`, `~/app/shop.py in find(rows, row)`,
    /// `<ipython-input-1-9d2f> in <module>`
    private static func frame(_ line: Substring) -> Frame? {
        if let rest = line.cutting(prefix: "File ") {
            let (place, call) = rest.parts(around: ", in ") ?? (rest, "")
            guard let (path, number, _) = place.place else { return nil }
            return PythonPath.frame(path, number, function(call))
        }
        if let rest = line.cutting(prefix: "Cell In[") ?? line.cutting(prefix: "Input In [") {
            let number = rest.parts(around: ", line ")?.after.trimmed.position
            return Frame(function: "<module>", filename: "<cell>", line: number, inApp: true)
        }
        guard line.indentation == 0, let (path, call) = line.parts(aroundLast: " in "), !path.includes(" "),
            path.begins(with: "/") || path.begins(with: "~") || path.begins(with: "<ipython-input")
        else { return nil }
        var frame = PythonPath.frame(path.begins(with: "<") ? "<cell>" : path, 1, function(call))
        frame.line = nil
        return frame
    }

    private static func function(_ call: Substring) -> Substring? {
        let name = call.parts(around: "(")?.before ?? call
        return name.isEmpty ? nil : name.begins(with: "<cell line") ? "<module>" : name
    }

    func finish() -> RecognisedException? {
        chain.raised.map { RecognisedException(platform: "python", raised: $0) }
    }
}
