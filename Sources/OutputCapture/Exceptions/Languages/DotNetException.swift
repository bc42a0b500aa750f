// .NET and Mono: unhandled exceptions with their inner ones.
//
//     Unhandled exception. Shop.ConfigException: bad configuration
//      ---> System.FormatException: Input string was not in a correct format.
//        at System.Int32.Parse(String s)
//        --- End of inner exception stack trace ---
//        at Shop.Loader.Load(List`1 lines) in /srv/app/Loader.cs:line 16

import SentryProtocol

struct DotNetException: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("   at "), .start("  at "), .start("         at "), .anywhere("Unhandled exception. "),
        .anywhere("Unhandled Exception:"),
        .anywhere("UNHANDLED EXCEPTION: "),
    ]

    private struct Node: Sendable {
        var type: Substring
        var value: [Substring]
        var parent: Int?
        var source: String?
        var frames = FrameList()
        var members = 0
    }

    private var nodes: [Node] = []
    /// Those whose frames are yet to come, the innermost last.
    private var open: [Int] = []
    private let isUnhandled: Bool
    private(set) var isCertain = false
    private var blanks = 0
    /// Mono says everything twice.
    private var isRepeated = false

    private static let longestMessage = 24

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.indentation > 0 {
            guard let frame = DotNetFrame.read(text), let header = Self.lookBack(opening) else { return nil }
            isUnhandled = false
            for line in header.lines.reversed() { guard begin(line) else { return nil } }
            opening.include(header.distance)
            nodes[nodes.count - 1].frames.append(frame)
            isCertain = true
            return
        }
        isUnhandled = true
        guard let (_, header) = text.parts(around: "xception") ?? text.parts(around: "XCEPTION"),
            let rest = header.cutting(prefix: ".") ?? header.cutting(prefix: ":")
        else { return nil }
        opening.extendBack(over: "FATAL ")
        opening.extendBack(over: "[ERROR] ")
        guard rest.isBlank || begin(rest.trimmed) else { return nil }
    }

    /// What a program that is ended names as the reason.
    init?(cause line: Substring) {
        isUnhandled = false
        guard let (type, _) = Self.named(line.parts(around: " ---> ")?.before ?? line), type.includes("Exception"),
            begin(line)
        else { return nil }
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.isBlank {
            blanks += 1
            return blanks > 2 ? .over : .taken
        }
        guard !nodes.isEmpty else { return begin(line.trimmed) ? .taken : .nothing }
        let text = line.trimmed
        if isRepeated {
            return ["at ", "---> ", "--- ", "<---"].contains { text.begins(with: $0) } ? .taken : .over
        }
        if text.begins(with: "at "), let frame = DotNetFrame.read(line) {
            isCertain = true
            nodes[open.last ?? 0].frames.append(frame)
            return .taken
        }
        if text.begins(with: "--- End of inner exception stack trace ---") {
            if open.count > 1 { open.removeLast() }
            return .taken
        }
        if text.begins(with: "--- End of ") || text == "<---" { return .taken }
        if let rest = text.cutting(prefix: "---> ") { return begin(rest) ? .taken : .over }
        if text.begins(with: "[ERROR] FATAL UNHANDLED EXCEPTION: "), isCertain {
            isRepeated = true
            return .taken
        }
        guard nodes[nodes.count - 1].frames.isEmpty, open.last == nodes.count - 1 else { return .over }
        guard nodes[nodes.count - 1].value.count < Self.longestMessage else { return .nothing }
        nodes[nodes.count - 1].value.append(line)
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain || (isUnhandled && !nodes.isEmpty) else { return nil }
        var raised = nodes.map { node in
            RaisedException(
                type: String(node.type), value: node.value.isEmpty ? nil : node.value.joined(separator: "\n"),
                frames: node.frames.oldestFirst, source: node.source, isGroup: node.members > 0)
        }
        for index in nodes.indices.reversed() {
            guard let parent = nodes[index].parent else { continue }
            raised[parent].causes.insert(raised[index], at: 0)
        }
        return RecognisedException(platform: "csharp", raised: raised[0], ending: isUnhandled ? .ended : .unknown)
    }

    // MARK: Headers

    /// `Shop.ConfigException: bad configuration ---> System.FormatException: …`, perhaps with `(Inner Exception #1)` before.
    private mutating func begin(_ header: Substring) -> Bool {
        var rest = header
        var isMember = false
        if let numbered = header.cutting(prefix: "(Inner Exception #"),
            let (number, after) = numbered.parts(around: ") ")
        {
            // The first one was told as the inner exception already.
            isMember = true
            rest = after
            open = nodes.isEmpty ? [] : [0]
            if number == "0", let first = nodes.firstIndex(where: { $0.parent == 0 }) { return reopen(first) }
        }
        while !rest.isEmpty {
            let (own, inner) = rest.parts(around: " ---> ") ?? (rest, "")
            guard let (type, value) = Self.named(own), nodes.count < 2 * RecognisedException.maximumLinks else {
                return !nodes.isEmpty && !isMember
            }
            add(type, value)
            rest = inner
        }
        return !nodes.isEmpty
    }

    private mutating func add(_ type: Substring, _ value: Substring?) {
        var node = Node(type: type, value: value.map { [$0] } ?? [], parent: open.last)
        if let parent = open.last {
            let isGroup = nodes[parent].type.ends(in: "AggregateException")
            node.source = isGroup ? "InnerExceptions[\(nodes[parent].members)]" : "InnerException"
            if isGroup { nodes[parent].members += 1 }
        }
        nodes.append(node)
        open.append(nodes.count - 1)
    }

    /// Its frames come once more.
    private mutating func reopen(_ index: Int) -> Bool {
        nodes[index].frames = FrameList()
        open.append(index)
        return true
    }

    private static func named(_ text: Substring) -> (type: Substring, value: Substring?)? {
        let (name, value) =
            text.parts(around: ": ").map { ($0, Optional($1)) } ?? (text.cutting(suffix: ":") ?? text, nil)
        // `System.Net.Sockets.SocketException (111): Connection refused`
        let type = name.parts(around: " (")?.before ?? name
        guard type.isName(separators: ".+`"), type.includes("Exception") || type.includes(".") else { return nil }
        return (type, value)
    }

    /// `2026-11-28 12:13:14.1234|ERROR|Shop.Worker|job failed|System.InvalidOperationException: no stock`
    private static func atEnd(of line: Substring) -> Substring? {
        guard let place = line.first("Exception: ") else { return nil }
        let before = line[..<place.lowerBound]
        let start = before.utf8.lastIndex { !$0.isNamePart && $0 != UInt8(ascii: ".") }
        let header = line[(start.map { before.utf8.index(after: $0) } ?? line.startIndex)...]
        return named(header)?.type.includes(".") == true ? header : nil
    }

    /// The lines of the header, the nearest first.
    private static func lookBack(_ opening: ExceptionOpening) -> (lines: [Substring], distance: Int)? {
        var lines: [Substring] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance)?.trimmed, !line.begins(with: "at ") else { return nil }
            if let inner = line.cutting(prefix: "---> ") {
                lines.append(inner)
            } else if let (type, value) = named(line.parts(around: " ---> ")?.before ?? line),
                type.includes("Exception") || distance == 1 && value != nil
            {
                return (lines + [line], distance)
            } else if distance == 1, let header = atEnd(of: line) {
                return (lines + [header], distance)
            }
        }
        return nil
    }
}
