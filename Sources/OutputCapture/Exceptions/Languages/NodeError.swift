// Node's errors: V8's stack, and what util.inspect shows around it.
//
//     /srv/app/main.js:17
//         throw new ConfigError('bad configuration', { cause: error });
//         ^
//
//     ConfigError: bad configuration
//         at boot (/srv/app/main.js:17:11)
//         ... 5 lines matching cause stack trace ...
//         at node:internal/main/run_main_module:28:49 {
//       code: 'E_CONFIG',
//       [cause]: SyntaxError: Unexpected token
//           at JSON.parse (<anonymous>)
//     }
//
//     Node.js v20.20.2

import SentryProtocol

struct NodeError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("    at "), .start("[AggregateError: "), .start("(Use `node --trace-uncaught"), .start("Thrown at:"),
        .start("Node.js v"), .anywhere("Error: "),
    ]

    private struct Node: Sendable {
        var type: Substring?
        var value: [Substring]
        var parent: Int?
        var source: String?
        /// Blanks before its first line.
        var indent: Int
        var frames = FrameList()
        /// `... n lines matching cause stack trace ...` after so many frames.
        var elided: (after: Int, count: Int)?
        var members = 0
    }

    private var nodes: [Node]
    /// Where the source was shown above an uncaught error.
    private var place: Frame?
    private var isUncaught = false
    /// A promise was rejected, and Node was told to go on.
    private var isWarning = false
    /// Nothing more comes.
    private var isOver = false
    /// What follows is where an `error` event was emitted that nobody listened to.
    private var isEmission = false
    private(set) var isCertain = false
    /// Braces that are open: properties of errors are shown in them.
    private var isOpen = false
    /// The indentation of a list of errors' members.
    private var listIndent: Int?
    private var messageLines = 0
    private var blanks = 0

    private static let longestMessage = 24

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.begins(with: "(Use `node") || text == "Thrown at:" {
            guard let value = opening.previous(1) else { return nil }
            nodes = [Node(value: [value], indent: 0)]
            readPlace(opening, above: 1)
            guard isUncaught || text != "Thrown at:" else { return nil }
            isCertain = true
            return
        }
        if text.begins(with: "Node.js v") {
            guard let value = Self.thrownValue(opening) else { return nil }
            nodes = [Node(value: value, indent: 0)]
            readPlace(opening, above: value.count + 1)
            isCertain = true
            isOver = true
            return
        }
        if let rest = text.cutting(prefix: "["), text.begins(with: "[AggregateError") {
            guard let (header, tail) = rest.parts(aroundLast: "]"), let (type, value) = Self.named(header) else {
                return nil
            }
            nodes = [Node(type: type, value: value.map { [$0] } ?? [], indent: 0)]
            isOpen = tail.ends(in: "{")
            readPlace(opening, above: 0)
            return
        }
        if text.begins(with: "    at ") {
            guard let frame = NodeFrame.read(text), let header = Self.lookBack(opening) else { return nil }
            nodes = [Node(type: header.type, value: header.value, indent: 0)]
            readPlace(opening, above: header.distance)
            opening.include(header.distance)
            nodes[0].frames.append(frame)
            isOpen = text.ends(in: " {")
            isCertain = true
            return
        }
        opening.extendBack { $0.isNamePart }
        // Unprefixed, the first frame will tell, and looks back to this line.
        if opening.start == 0 { opening.waitForFrames() }
        guard opening.start > 0, let (type, value) = Self.named(opening.text) else { return nil }
        isWarning = opening.line[..<opening.line.offset(opening.start)].ends(in: "UnhandledPromiseRejectionWarning: ")
        nodes = [Node(type: type, value: value.map { [$0] } ?? [], indent: 0)]
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isOver { return .over }
        if line.isBlank { return takeBlank() }
        if line.begins(with: "Node.js v"), blanks > 0 || isCertain {
            isUncaught = true
            return .complete
        }
        let indent = line.indentation
        let text = line.trimmed
        if text.begins(with: "at "), indent >= 4, let frame = NodeFrame.read(line) { return add(frame, text, indent) }
        if let rest = text.cutting(prefix: "... "),
            let count = rest.parts(around: " lines matching ")?.before.wholeNumber
        {
            let last = nodes.count - 1
            nodes[last].elided = (nodes[last].frames.frames.count, count)
            return .taken
        }
        if isOpen { return takeProperty(line, text, indent) }
        if isCertain, line.begins(with: "Emitted '"), line.ends(in: " at:") {
            isEmission = true
            return .taken
        }
        if !isCertain { return takeMessage(line) }
        return line.begins(with: "(Use `node") || line.begins(with: "Thrown at:") ? .taken : .over
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var raised = nodes.map { node in
            RaisedException(
                type: node.type.map(String.init), value: node.value.isEmpty ? nil : node.value.joined(separator: "\n"),
                source: node.source, isGroup: node.members > 0)
        }
        let frames = filledFrames()
        for index in raised.indices { raised[index].frames = frames[index].reversed() }
        if let place, place.inApp == true, !raised[0].frames.contains(where: { $0.inApp == true }) {
            raised[0].frames.append(place)
        }
        for index in nodes.indices.reversed() {
            guard let parent = nodes[index].parent else { continue }
            raised[parent].causes.insert(raised[index], at: 0)
        }
        let ending: RecognisedException.Ending = isUncaught ? .ended : isWarning ? .survived : .unknown
        return RecognisedException(platform: "node", raised: raised[0], ending: ending)
    }

    // MARK: Headers

    /// `TypeError: message`, `Error [ERR_X]: message`, `Uncaught RangeError`.
    private static func named(_ line: Substring) -> (type: Substring, value: Substring?)? {
        let text = line.cutting(prefix: "Uncaught ") ?? line
        let (name, value) =
            text.parts(around: ": ").map { ($0, Optional($1)) } ?? (text.cutting(suffix: ":") ?? text, nil)
        var type = name
        if let (own, inner) = name.cutting(suffix: "]")?.parts(around: " [") {
            // `Error [ERR_X]` has a code there, `DOMException [DataCloneError]` the name.
            type = inner.utf8.contains(where: \.isLowercase) && inner.isName() ? inner : own
        }
        guard type.isName(separators: "."), type.utf8.first?.isUppercase == true || isError(type) else { return nil }
        return (type, value)
    }

    /// What was thrown is no error: shown below the place, and a blank line above the version.
    private static func thrownValue(_ opening: ExceptionOpening) -> [Substring]? {
        guard opening.previous(1)?.isBlank == true else { return nil }
        var value: [Substring] = []
        for distance in 2...RecentLines.capacity {
            guard let line = opening.previous(distance), !line.isBlank else { return nil }
            if line.trimmed.utf8.allSatisfy({ $0 == UInt8(ascii: "^") }) {
                return value.isEmpty ? nil : value.reversed()
            }
            // An error has a stack, and was read by it.
            if line.trimmed.begins(with: "at ") { return nil }
            value.append(line)
        }
        return nil
    }

    private static func isError(_ type: Substring) -> Bool {
        type.ends(in: "Error") || type.ends(in: "Exception") || type.ends(in: "Rejection")
    }

    private static func lookBack(_ opening: ExceptionOpening) -> (type: Substring, value: [Substring], distance: Int)? {
        var message: [Substring] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance), !line.trimmed.begins(with: "at ") else { return nil }
            if let (type, value) = named(line), distance == 1 || isError(type) {
                return (type, (value.map { [$0] } ?? []) + message.reversed(), distance)
            }
            if let (type, value) = inside(line) { return (type, [value] + message.reversed(), distance) }
            message.append(line)
        }
        return nil
    }

    /// `worker failed: TypeError: message`
    private static func inside(_ line: Substring) -> (type: Substring, value: Substring)? {
        guard let (before, value) = line.parts(around: "Error: ") else { return nil }
        let start = before.utf8.lastIndex { !$0.isNamePart }.map { before.utf8.index(after: $0) } ?? before.startIndex
        return (line[start..<line.utf8.index(before.endIndex, offsetBy: 5)], value)
    }

    /// The file, its line and a caret stand above an error that ends the program.
    private mutating func readPlace(_ opening: ExceptionOpening, above header: Int) {
        for distance in (header + 1)..<(header + 5) {
            guard let caret = opening.previous(distance) else { return }
            guard caret.trimmed.utf8.allSatisfy({ $0 == UInt8(ascii: "^") }), !caret.isBlank else { continue }
            isUncaught = true
            let source = opening.previous(distance + 1)
            guard let head = opening.previous(distance + 2), let (file, line) = head.parts(aroundLast: ":"),
                let number = line.position
            else { return }
            place = Frame(function: nil, path: file.cutting(prefix: "file://") ?? file, line: number)
            place?.contextLine = source.map(String.init)
            return
        }
    }

    // MARK: Lines

    private mutating func takeBlank() -> ExceptionStep {
        blanks += 1
        return blanks > 3 || !isCertain ? .over : .taken
    }

    private mutating func takeMessage(_ line: Substring) -> ExceptionStep {
        messageLines += 1
        guard messageLines <= 4 else { return .nothing }
        nodes[nodes.count - 1].value.append(line)
        return .taken
    }

    private mutating func add(_ frame: Frame, _ text: Substring, _ indent: Int) -> ExceptionStep {
        guard blanks == 0 else { return .over }
        isCertain = true
        if !isEmission { nodes[nodes.count - 1].frames.append(frame) }
        if text.ends(in: " {") { isOpen = true }
        return .taken
    }

    private mutating func takeProperty(_ line: Substring, _ text: Substring, _ indent: Int) -> ExceptionStep {
        if indent == 0 {
            isOpen = false
            return text.begins(with: "}") ? .taken : .over
        }
        if let rest = text.cutting(prefix: "[cause]: "), let (type, value) = Self.named(rest) {
            return begin(type, value, indent, source: "cause")
        }
        if text.begins(with: "[errors]: [") {
            listIndent = indent + 2
        } else if let list = listIndent, indent == list, let (type, value) = Self.named(text) {
            let parent = nodes.lastIndex { $0.indent < indent } ?? 0
            nodes[parent].members += 1
            return begin(type, value, indent, source: "errors[\(nodes[parent].members - 1)]")
        } else if let list = listIndent, indent < list {
            listIndent = nil
        }
        return .taken
    }

    private mutating func begin(
        _ type: Substring, _ value: Substring?, _ indent: Int, source: String
    ) -> ExceptionStep {
        guard nodes.count < 2 * RecognisedException.maximumLinks else { return .taken }
        let parent = nodes.lastIndex { $0.indent < indent } ?? 0
        nodes.append(
            Node(type: type, value: value.map { [$0] } ?? [], parent: parent, source: source, indent: indent))
        isCertain = true
        return .taken
    }

    /// Frames that were left out because the cause has them too.
    private func filledFrames() -> [[Frame]] {
        var all = nodes.map(\.frames.frames)
        for index in nodes.indices.reversed() {
            guard let (position, count) = nodes[index].elided, position > 0, position <= all[index].count,
                let cause = nodes.indices.first(where: { nodes[$0].parent == index && nodes[$0].source == "cause" }),
                let common = all[cause].firstIndex(of: all[index][position - 1])
            else { continue }
            all[index].insert(contentsOf: all[cause][(common + 1)...].prefix(count), at: position)
        }
        return all
    }
}
