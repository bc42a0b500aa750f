// PHP: uncaught exceptions with what came before them, and errors that end the program. Warnings are none.
//
//     PHP Fatal error:  Uncaught JsonException: Syntax error in /srv/app/main.php:10
//     Stack trace:
//     #0 /srv/app/main.php(10): json_decode('{', true)
//     #1 {main}
//
//     Next App\ConfigError: bad configuration in /srv/app/main.php:18
//     …
//       thrown in /srv/app/main.php on line 18

import SentryProtocol

struct PHPError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("Fatal error: "), .anywhere("Parse error: "), .anywhere("[stacktrace]"),
    ]

    fileprivate struct Link: Sendable {
        var type: Substring
        var value: [Substring]
        /// Where it was thrown: the innermost frame's file and line.
        var file: Substring?
        var line: Int?
        var calls: [(file: Substring?, line: Int?, function: Substring)] = []
    }

    private var links: [Link]
    private let ending: RecognisedException.Ending
    private(set) var isCertain: Bool
    private var hasTrace = false
    private var isOver = false

    private static let longestMessage = 24
    private static let mostCalls = 1000

    init?(_ opening: inout ExceptionOpening) {
        if opening.text.begins(with: "[stacktrace]") {
            guard let link = opening.previous(1).flatMap(Self.logged) else { return nil }
            links = [link]
            hasTrace = true
            isCertain = true
            ending = .unknown
            return
        }
        opening.extendBack(over: "PHP ")
        guard let (kind, rest) = opening.text.parts(around: "error: ") else { return nil }
        ending = .ended
        let message = rest.trimmed
        if let uncaught = message.cutting(prefix: "Uncaught ") {
            guard let link = Self.link(uncaught) else { return nil }
            links = [link]
            isCertain = false
        } else {
            guard let (text, place) = message.parts(aroundLast: " in "),
                let (file, line) = place.parts(around: " on line "),
                let number = line.position
            else { return nil }
            let name = kind.cutting(prefix: "PHP ") ?? kind
            links = [
                Link(
                    type: name.begins(with: "Parse") ? "ParseError" : "Fatal error", value: [text], file: file,
                    line: number)
            ]
            isCertain = true
            isOver = true
        }
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isOver { return .over }
        if line == "Stack trace:" || line == "[stacktrace]" {
            hasTrace = true
            isCertain = true
            return .taken
        }
        if let rest = line.cutting(prefix: "#"), hasTrace, let (number, call) = rest.parts(around: " "),
            number.wholeNumber != nil
        {
            add(call)
            return .taken
        }
        if line.begins(with: "  thrown in ") { return .complete }
        if let next = line.cutting(prefix: "Next "), let link = Self.link(next),
            links.count < RecognisedException.maximumLinks
        {
            links.append(link)
            hasTrace = false
            return .taken
        }
        if hasTrace { return line.isBlank ? .taken : .over }
        return takeMessage(line)
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var chain: RaisedException?
        for link in links {
            var raised = RaisedException(
                type: String(link.type), value: link.value.joined(separator: "\n"), frames: Self.frames(link))
            if var cause = chain {
                cause.source = "previous"
                raised.causes = [cause]
            }
            chain = raised
        }
        return chain.map { RecognisedException(platform: "php", raised: $0, ending: ending) }
    }

    // MARK: Headers

    /// `App\ConfigError: bad configuration in /srv/app/main.php:18`; the place stands at the end of the message's last line.
    private static func link(_ text: Substring) -> Link? {
        let (type, value) = text.parts(around: ": ") ?? (text, "")
        // Without a message: `Exception in /srv/app/main.php:3`.
        let name = type.parts(around: " in ")?.before ?? type
        guard name.isName(separators: "\\@") else { return nil }
        var link = Link(type: name, value: [])
        link.finish(line: value.isEmpty ? text[name.endIndex...] : value)
        return link
    }

    private mutating func takeMessage(_ line: Substring) -> ExceptionStep {
        guard links[links.count - 1].value.count < Self.longestMessage else { return .nothing }
        links[links.count - 1].finish(line: line)
        return .taken
    }

    /// Monolog's: `[object] (App\ConfigError(code: 0): bad configuration at /srv/app/main.php:18)`.
    private static func logged(_ line: Substring) -> Link? {
        guard let (_, rest) = line.parts(around: "[object] ("), let (type, message) = rest.parts(around: "(code: "),
            let (_, text) = message.parts(around: "): "), let (value, place) = text.parts(aroundLast: " at "),
            let (file, number) = place.trimmed.cutting(suffix: ")")?.parts(aroundLast: ":")
        else { return nil }
        return Link(type: type, value: [value], file: file, line: number.position)
    }

    // MARK: Frames

    /// `/srv/app/main.php(23): App\Loader::boot(Array)`, `[internal function]: strlen(1)`, `{main}`
    private mutating func add(_ call: Substring) {
        guard links[links.count - 1].calls.count < Self.mostCalls, call != "{main}" else { return }
        guard let (place, function) = call.parts(around: ": ") else { return }
        let name = function.parts(around: "(")?.before ?? function
        guard let (file, line) = place.cutting(suffix: ")")?.parts(aroundLast: "(") else {
            return links[links.count - 1].calls.append((nil, nil, name))
        }
        links[links.count - 1].calls.append((file, line.position, name))
    }

    /// A call's place is that in the caller, so each frame has the function of the call below it.
    private static func frames(_ link: Link) -> [Frame] {
        var frames: [Frame] = []
        var place = (file: link.file, line: link.line)
        for call in link.calls {
            frames.append(frame(call.function, place))
            place = (call.file, call.line)
        }
        if place.file != nil { frames.append(frame(nil, place)) }
        return frames.reversed()
    }

    private static func frame(_ function: Substring?, _ place: (file: Substring?, line: Int?)) -> Frame {
        if let file = place.file { return Frame(function: function, path: file, line: place.line) }
        return Frame(function: function.map(String.init), inApp: false)
    }
}

extension PHPError.Link {
    /// Adds a line of the message; the last one ends in the place.
    fileprivate mutating func finish(line: Substring) {
        guard let (text, place) = line.parts(aroundLast: " in "), let (file, number) = place.parts(aroundLast: ":"),
            let position = number.position
        else { return value.append(line) }
        self.file = file
        self.line = position
        // Of an argument's type: `…, called in main.php on line 8 and defined in main.php:2`.
        if !text.isEmpty || !value.isEmpty { value.append(text.cutting(suffix: " and defined") ?? text) }
    }
}
