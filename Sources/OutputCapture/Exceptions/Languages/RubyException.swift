// Ruby: since 3.4 ('Class#method'), before (`method'), and the reverse order that 2.5 to 2.7 print on a terminal.
//
//     /srv/app/main.rb:12:in `boot': bad configuration (StartupError)
//     	from /srv/app/main.rb:15:in `<main>'
//     /srv/app/main.rb:5:in `Integer': invalid value for Integer(): "x" (ArgumentError)
//     	from /srv/app/main.rb:10:in `boot'

import SentryProtocol

struct RubyException: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("\tfrom "), .anywhere("in `<main>'"), .anywhere("in '<main>'"), .anywhere("in `block"),
        .anywhere("in 'block"), .anywhere("Traceback (most recent call last)"), .anywhere("in 'Object#"),
    ]

    private var links: [Link]
    private let isThread: Bool
    /// Frames come before the header, oldest first.
    private var isReversed = false
    private var blanks = 0

    private struct Link: Sendable {
        var type: Substring?
        var value: [Substring] = []
        var frames = FrameList()
        var isCallerSeen = false
    }

    private static let longestMessage = 24

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.begins(with: "Traceback (most recent call last)") {
            links = [Link()]
            isReversed = true
            isThread = false
            return
        }
        if let caller = opening.line.last("\tfrom ") {
            opening.begin(at: opening.line.utf8.distance(from: opening.line.startIndex, to: caller.lowerBound))
            guard let found = Self.lookBack(opening) else { return nil }
            links = [found.link]
            isThread = Self.isThread(opening, found.distance + 1)
            guard take(opening.text) == .taken else { return nil }
            return
        }
        // The path reaches back to a blank, or to the line's beginning.
        opening.extendBack { !$0.isSpace }
        guard let link = Self.header(opening.text) else { return nil }
        links = [link]
        isThread = Self.isThread(opening, 1)
    }

    var isCertain: Bool { links.count > 1 || links[0].isCallerSeen || (links[0].type != nil && !isReversed) }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isReversed { return takeReversed(line) }
        if let rest = line.cutting(prefix: "\tfrom "), let frame = Self.frame(rest) {
            links[links.count - 1].frames.append(frame)
            links[links.count - 1].isCallerSeen = true
            return .taken
        }
        if line.begins(with: "\t ... "), line.ends(in: "levels...") { return .taken }
        if let link = Self.header(line), links.count < RecognisedException.maximumLinks {
            // Another one without callers between is another's.
            guard links[links.count - 1].isCallerSeen else { return .over }
            links.append(link)
            return .taken
        }
        guard !links[links.count - 1].isCallerSeen else { return .over }
        links[links.count - 1].value.append(line)
        return links[links.count - 1].value.count < Self.longestMessage ? .foreign : .over
    }

    func finish() -> RecognisedException? {
        guard isCertain, links[0].type != nil else { return nil }
        var chain: RaisedException?
        for (index, link) in links.enumerated().reversed() {
            // Lines below a header are its message only where callers follow.
            let lines = link.isCallerSeen ? link.value : Array(link.value.prefix(1))
            let value = lines.joined(separator: "\n")
            var raised = RaisedException(
                type: link.type.map(String.init), value: value.isEmpty ? nil : value,
                frames: isReversed ? link.frames.frames : link.frames.oldestFirst)
            if index > 0 { raised.source = "cause" }
            if let cause = chain { raised.causes = [cause] }
            chain = raised
        }
        return chain.map {
            RecognisedException(platform: "ruby", raised: $0, ending: isThread ? .survived : .unknown)
        }
    }

    // MARK: Headers

    /// `/srv/app/main.rb:12:in `boot': bad configuration (StartupError)`
    private static func header(_ line: Substring) -> Link? {
        guard let (place, rest) = line.parts(around: ":in "), let quote = rest.utf8.first,
            quote == UInt8(ascii: "`") || quote == UInt8(ascii: "'"), let (_, message) = rest.parts(around: "': "),
            let frame = frame(line[..<message.startIndex].cutting(suffix: ": ") ?? place),
            let (value, type) = message.parts(aroundLast: " ("), let name = type.cutting(suffix: ")"),
            name.isName(separators: ":")
        else { return nil }
        var link = Link(type: name, value: [value])
        link.frames.append(frame)
        return link
    }

    private static func lookBack(_ opening: ExceptionOpening) -> (link: Link, distance: Int)? {
        var message: [Substring] = []
        var callers: [Frame] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance) else { return nil }
            if let caller = line.cutting(prefix: "\tfrom ") {
                // The first of them triggers, unless a prefix hides it.
                guard !opening.prefix.isEmpty, message.isEmpty, let frame = frame(caller) else { return nil }
                callers.append(frame)
            } else if var link = header(line) {
                link.value += message.reversed()
                for caller in callers.reversed() { link.frames.append(caller) }
                return (link, distance)
            } else {
                message.append(line)
            }
        }
        return nil
    }

    private static func isThread(_ opening: ExceptionOpening, _ distance: Int) -> Bool {
        guard let line = opening.previous(distance) else { return false }
        return line.begins(with: "#<Thread:") && line.includes("terminated with exception")
    }

    // MARK: Frames

    /// `/srv/app/main.rb:15:in `block in <main>'`
    private static func frame(_ text: Substring) -> Frame? {
        let (place, label) = text.parts(around: ":in ") ?? (text, "")
        guard let (file, line) = place.parts(aroundLast: ":"), let number = line.position else { return nil }
        let name = label.isEmpty ? nil : label.dropFirst().cutting(suffix: "'")
        return Frame(function: name, path: file, line: number)
    }

    private mutating func takeReversed(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "\t"), let (number, rest) = line.trimmed.parts(around: ": from "),
            number.wholeNumber != nil,
            let frame = Self.frame(rest)
        {
            links[0].frames.append(frame)
            links[0].isCallerSeen = true
            return .taken
        }
        guard links[0].isCallerSeen, let link = Self.header(line) else {
            return links[0].isCallerSeen ? .over : .nothing
        }
        if let own = link.frames.frames.first { links[0].frames.append(own) }
        links[0].type = link.type
        links[0].value = link.value
        return .complete
    }
}
