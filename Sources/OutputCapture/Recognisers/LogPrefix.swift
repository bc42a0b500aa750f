// What loggers put before a message: level, thread, process, logger, place, in the orders that are common.
//
//   ERROR - message                         [main] INFO  org.app.Main - message       name - ERROR - message
//   [7] [INFO] message                      INFO 4242 --- [main] c.e.App : message    app.ERROR: message
//   | INFO | module:function:12 - message   [error] 12#34: *5 message                 [core:error] [pid 1:tid 2] message

import SentryProtocol

/// Reads on from behind the time, or from the line's beginning.
struct LogPrefix {
    /// How many fields may come before the level.
    private static let maximumFields = 6
    private static let longestBracket = 64

    private(set) var cursor: LineCursor
    private(set) var level: LogLevel?
    /// `level` stood in lower case or mixed: `Error: …` may be a sentence.
    private(set) var isShouted = true
    private(set) var shapes: LineShapes = []
    private(set) var logger: Range<Int>?
    /// The logger's name and the level were one word with a dot: Monolog.
    private(set) var hasChannel = false
    private(set) var place: CodePlace?
    /// The level's name begins here, and it ends there.
    private(set) var levelRange = 0..<0

    private let trusted: LineShapes
    private let start: Int
    /// Words before the level that nothing marks as the logger's.
    private var words = 0
    private var threadName: Range<Int>?
    private var processID: Int64?
    private var threadID: Int64?
    private var function: Range<Int>?
    private var connection: Int64?
    private var isInBracket: Bool

    /// - Parameter isInBracket: the cursor is inside a bracket that the line began with.
    init(_ cursor: LineCursor, trusted: LineShapes, isInBracket: Bool = false) {
        self.cursor = cursor
        self.trusted = trusted
        self.isInBracket = isInBracket
        start = cursor.offset
    }

    /// Looks for the level among the next fields, and reads on to the message.
    mutating func read(fields: Int = maximumFields) -> Bool {
        for field in 0..<fields {
            skipSeparators()
            if takeBracket() {
                guard level != nil else { continue }
                break
            }
            if takeLevel(isFirst: field == 0) || takeChannelAndLevel() || takeLetterAndPlace() { break }
            guard !cursor.isAtEnd else { return false }
            passField()
        }
        guard level != nil else { return false }
        afterLevel()
        return true
    }

    /// The level was found by the caller, and the cursor is behind it.
    mutating func readOn(level: LogLevel, at range: Range<Int>) {
        self.level = level
        levelRange = range
        afterLevel()
    }

    /// Message and attributes.
    func apply(to reading: inout LineReading) {
        reading.parsed.level = level
        reading.parsed.shapes.formUnion(shapes)
        guard reading.wantsDetails else { return }
        // `retry after ERROR in module x`: the level is part of the sentence.
        let isSentence =
            words > 1 && levelRange.upperBound < reading.line.count && reading.line[levelRange.upperBound].isSpace
        reading.setMessage(from: isSentence ? start : cursor.offset)
        if let logger, words <= 1 { reading.add("logger.name", logger) }
        if let processID { reading.add("process.pid", .integer(processID)) }
        if let threadID { reading.add("thread.id", .integer(threadID)) }
        if let threadName { reading.add("thread.name", threadName) }
        if let place { reading.parsed.attributes += place.attributes }
        if let function { reading.add("code.function.name", function) }
        if let connection { reading.add("connection.id", .integer(connection)) }
    }

    // MARK: Before the level

    private mutating func skipSeparators() {
        while !cursor.isAtEnd {
            switch cursor.current {
            case UInt8(ascii: "]"), UInt8(ascii: ")"): isInBracket = false
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ","),
                UInt8(ascii: ":"), UInt8(ascii: ">"):
                break
            default: return
            }
            cursor.offset += 1
        }
    }

    /// `[main]`, `[42]`, `[ERROR]`, `[core:error]`, `[pid 1:tid 2]`, `(MainThread)`.
    private mutating func takeBracket() -> Bool {
        let opening = cursor.current
        guard opening == UInt8(ascii: "[") || opening == UInt8(ascii: "(") else { return false }
        let closing = opening == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: ")")
        guard let end = cursor.find(closing, within: Self.longestBracket) else {
            cursor.offset += 1
            return false
        }
        let content = trimmed((cursor.offset + 1)..<end)
        if takeLevel(inBracket: content) {
            levelRange = content
            cursor.offset = end
            return true
        }
        note(bracket: content)
        cursor.offset = end + 1
        return true
    }

    private mutating func takeLevel(inBracket content: Range<Int>) -> Bool {
        var inner = LineCursor(cursor.line, at: content.lowerBound)
        inner.skip { $0.isNameByte || $0 == UInt8(ascii: ".") }
        // Apache's module, celery's process.
        if inner.offset < content.upperBound, inner.current == UInt8(ascii: ":") {
            let word = (inner.offset + 1)..<content.upperBound
            guard let found = LevelWord(name: cursor.slice(word)), word.count > 1 else { return false }
            logger = content.lowerBound..<inner.offset
            level = found.level
            return true
        }
        guard let found = LevelWord(cursor.slice(content)) else { return false }
        level = found.level
        return true
    }

    private mutating func note(bracket content: Range<Int>) {
        let text = cursor.slice(content)
        if let number = text.decimal {
            note(number: number)
        } else if text.has("pid ") {
            var inner = LineCursor(cursor.line, at: content.lowerBound + 4)
            processID = inner.takeNumber(digits: 1...10)
            if inner.take(text: ":tid ") { threadID = inner.takeNumber(digits: 1...18) }
        } else if text.first == UInt8(ascii: "#"),
            let number = UnsafeRawBufferPointer(rebasing: text.dropFirst()).decimal
        {
            note(number: number)
        } else if threadName == nil, !text.isEmpty, !text.has("client ") {
            threadName = content
        }
    }

    private mutating func note(number: Int64) {
        if processID == nil { processID = number } else if threadID == nil { threadID = number }
    }

    /// A field that is a level word as a whole: in capitals, set off by punctuation, or the very first.
    private mutating func takeLevel(isFirst: Bool) -> Bool {
        var end = cursor
        let word = end.takeWord(limit: LevelWord.longest + 1)
        guard let found = LevelWord(word) else { return false }
        switch end.current {
        case UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ">"): break
        case UInt8(ascii: "/") where isInBracket: break
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: ","), 0:
            guard isInBracket && isFirst || !found.isWeak && (isFirst || word.allSatisfy(\.isUppercase)) else {
                return false
            }
        default: return false
        }
        level = found.level
        levelRange = cursor.offset..<end.offset
        cursor = end
        return true
    }

    /// `app.ERROR: message`.
    private mutating func takeChannelAndLevel() -> Bool {
        var end = cursor
        end.skip { $0.isNameByte || $0 == UInt8(ascii: "-") }
        guard end.offset > cursor.offset, end.current == UInt8(ascii: ".") else { return false }
        let channel = cursor.offset..<end.offset
        end.offset += 1
        let start = end.offset
        let word = end.takeWord(limit: LevelWord.longest + 1)
        guard end.current == UInt8(ascii: ":"), word.allSatisfy(\.isUppercase), let found = LevelWord(word) else {
            return false
        }
        logger = channel
        hasChannel = true
        level = found.level
        levelRange = start..<end.offset
        cursor = end
        return true
    }

    /// `I tensorflow/core/platform/x.cc:12] message`.
    private mutating func takeLetterAndPlace() -> Bool {
        guard cursor.peek(1) == 0x20, cursor.current.isUppercase, let found = LogLevel(letter: cursor.current) else {
            return false
        }
        var end = cursor
        end.offset += 2
        guard let place = CodePlace(&end), end.current == UInt8(ascii: "]") else { return false }
        level = found
        levelRange = cursor.offset..<(cursor.offset + 1)
        self.place = place
        cursor = end
        return true
    }

    private mutating func passField() {
        let start = cursor.offset
        if cursor.take(UInt8(ascii: "#")) {
            if let number = cursor.takeNumber(digits: 1...10) { note(number: number) }
        } else if let place = CodePlace(&cursor) {
            self.place = place
        }
        while !cursor.isAtEnd, !isFieldEnd() { cursor.offset += 1 }
        let field = start..<cursor.offset
        if let number = cursor.slice(field).decimal {
            note(number: number)
        } else if place == nil {
            words += 1
            if isLoggerName(field) { logger = field }
        }
    }

    private func isFieldEnd() -> Bool {
        switch cursor.current {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ","):
            true
        case UInt8(ascii: "-"): !cursor.peek(1).isLowercase && !cursor.peek(1).isDigit
        case UInt8(ascii: ":"): !cursor.peek(1).isNameByte && cursor.peek(1) != UInt8(ascii: ":")
        default: false
        }
    }

    // MARK: After the level

    private mutating func afterLevel() {
        isShouted = cursor.slice(levelRange).allSatisfy(\.isUppercase)
        switch cursor.current {
        case UInt8(ascii: "]"), UInt8(ascii: ")"):
            cursor.offset += 1
            isInBracket = false
            _ = cursor.take(UInt8(ascii: ":"))
        case UInt8(ascii: "/") where isInBracket: takeProcessName()
        case UInt8(ascii: ":"):
            cursor.offset += 1
            if takeNameBetweenColons() { return }
        case UInt8(ascii: ">"), UInt8(ascii: ","): cursor.offset += 1
        default: break
        }
        cursor.skipSpaces()
        if isInBracket, takeNameToBracket() { return }
        skipDashes()
        decorations()
    }

    /// `INFO/MainProcess] message`.
    private mutating func takeProcessName() {
        guard let end = cursor.find(UInt8(ascii: "]"), within: Self.longestBracket) else { return }
        threadName = (cursor.offset + 1)..<end
        cursor.offset = end + 1
        isInBracket = false
    }

    /// `ERROR:name:message`.
    private mutating func takeNameBetweenColons() -> Bool {
        var end = cursor
        end.skip { $0.isNameByte || $0 == UInt8(ascii: ".") }
        let name = cursor.offset..<end.offset
        guard !name.isEmpty, end.take(UInt8(ascii: ":")), end.current != UInt8(ascii: ":") else { return false }
        shapes.insert(.nameBetweenColons)
        let isCertain = cursor.slice(name).has("root") && name.count == 4 || trusted.contains(.nameBetweenColons)
        guard isCertain || cursor.slice(name).contains(UInt8(ascii: ".")) else { return false }
        logger = name
        cursor = end
        return true
    }

    /// `[2026-11-21T08:00:00Z ERROR my_crate::module] message`.
    private mutating func takeNameToBracket() -> Bool {
        guard let end = cursor.find(UInt8(ascii: "]"), within: 2 * Self.longestBracket) else { return false }
        let name = trimmed(cursor.offset..<end)
        if isLoggerName(name) { logger = name }
        cursor.offset = end + 1
        isInBracket = false
        return true
    }

    private mutating func skipDashes() {
        let before = cursor
        cursor.skip { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "|") }
        if cursor.offset > before.offset, !cursor.current.isSpace { cursor = before }
        cursor.skipSpaces()
    }

    /// Thread, process, logger and place, which count only if one of the last two says that they are no message.
    private mutating func decorations() {
        var trial = self
        for _ in 0..<4 {
            trial.cursor.skipSpaces()
            if trial.takeIDs() || trial.takeLoggerAndBracket() {
                self = trial
                return
            }
            if trial.takeProcessBracket() {
                self = trial
                continue
            }
            if trial.takePlace() {
                self = trial
                continue
            }
            if trial.takeLogger() {
                self = trial
                trial.cursor.skipSpaces()
                if trial.takePlace() { self = trial }
                return
            }
            shapes = trial.shapes
            guard trial.takeBracketAside() || trial.takeNumberAndDashes() || trial.takePlaceAside() else { return }
        }
    }

    private mutating func takeBracketAside() -> Bool {
        guard cursor.current == UInt8(ascii: "["), let end = cursor.find(UInt8(ascii: "]"), within: Self.longestBracket)
        else {
            return false
        }
        note(bracket: trimmed((cursor.offset + 1)..<end))
        cursor.offset = end + 1
        return true
    }

    /// Apache's `[pid 1:tid 2]`.
    private mutating func takeProcessBracket() -> Bool {
        cursor.line.has("[pid ", at: cursor.offset) && takeBracketAside()
    }

    /// `org.app.Main [main] `, `o.a.Main [Main.java:12] `: a name with a dot, and a bracket.
    private mutating func takeLoggerAndBracket() -> Bool {
        var end = cursor
        end.skip { $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") }
        let name = cursor.offset..<end.offset
        guard isLoggerName(name), Self.isQualified(cursor.slice(name)), end.take(text: " ["),
            let close = end.find(UInt8(ascii: "]"), within: Self.longestBracket), end.line.has("] ", at: close)
        else { return false }
        logger = name
        var inside = end
        if let place = CodePlace(&inside), inside.offset == close {
            self.place = place
        } else {
            note(bracket: end.offset..<close)
        }
        cursor.offset = close + 1
        return true
    }

    /// `main.pl:12 `, which counts with a logger behind it.
    private mutating func takePlaceAside() -> Bool {
        var end = cursor
        guard let place = CodePlace(&end), end.current == 0x20 else { return false }
        self.place = place
        cursor = end
        return true
    }

    /// Spring's `4242 ---`.
    private mutating func takeNumberAndDashes() -> Bool {
        if let number = cursor.takeNumber(digits: 1...10) {
            guard cursor.take(text: " --- ") else { return false }
            note(number: number)
            return true
        }
        return cursor.take(text: "--- ")
    }

    /// nginx' `12#34: *5 `.
    private mutating func takeIDs() -> Bool {
        var end = cursor
        guard let process = end.takeNumber(digits: 1...10), end.take(UInt8(ascii: "#")),
            let thread = end.takeNumber(digits: 1...10), end.take(text: ": ")
        else { return false }
        processID = process
        threadID = thread
        if end.take(UInt8(ascii: "*")) {
            connection = end.takeNumber(digits: 1...18)
            _ = end.take(0x20)
        }
        cursor = end
        return true
    }

    private mutating func takePlace() -> Bool {
        let isBracketed = cursor.current == UInt8(ascii: "[") || cursor.current == UInt8(ascii: "(")
        var end = cursor
        if isBracketed { end.offset += 1 }
        guard let place = CodePlace(&end) else { return false }
        if isBracketed, end.current == UInt8(ascii: "]") || end.current == UInt8(ascii: ")") { end.offset += 1 }
        guard
            end.take(text: ": ") || end.take(text: "] ") || end.take(text: " - ") || end.take(text: " | ")
                || end.take(text: ":\t") || end.take(UInt8(ascii: "\t")) || isBracketed && end.take(0x20)
                || end.take(text: " > ")
        else { return false }
        self.place = place
        cursor = end
        return true
    }

    private mutating func takeLogger() -> Bool {
        var end = cursor
        end.skip {
            $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "/")
                || $0 == UInt8(ascii: "-")
        }
        while end.current == UInt8(ascii: ":"),
            end.peek(1).isNameByte || end.peek(1) == UInt8(ascii: ":") || end.peek(1) == UInt8(ascii: "<")
        {
            end.skip { !$0.isSpace && $0 != UInt8(ascii: "|") }
            if end.peek(-1) == UInt8(ascii: ":"), end.peek(-2) != UInt8(ascii: ":") { end.offset -= 1 }
        }
        let name = cursor.offset..<end.offset
        guard isLoggerName(name) else { return false }
        end.skip { $0 == 0x20 }
        if end.take(text: "- ") || end.take(text: "| ") || end.offset > name.upperBound && end.take(text: ": ") {
            return settle(name, end)
        }
        guard end.offset == name.upperBound, end.take(text: ": ") else { return false }
        shapes.insert(.nameBeforeColon)
        let text = cursor.slice(name)
        guard trusted.contains(.nameBeforeColon) || Self.isQualified(text) else { return false }
        return settle(name, end)
    }

    /// loguru's `module:function:12` is three things.
    private mutating func settle(_ name: Range<Int>, _ end: LineCursor) -> Bool {
        let text = cursor.slice(name)
        var inner = LineCursor(cursor.line, at: name.lowerBound)
        inner.skip { $0.isNameByte || $0 == UInt8(ascii: ".") }
        if inner.offset < name.upperBound, inner.current == UInt8(ascii: ":"), text.last?.isDigit == true,
            let colon = text.lastIndex(of: UInt8(ascii: ":")), name.lowerBound + colon > inner.offset
        {
            logger = name.lowerBound..<inner.offset
            function = (inner.offset + 1)..<(name.lowerBound + colon)
        } else {
            logger = name
        }
        cursor = end
        return true
    }

    /// Names with a dot or colons inside are no words of a sentence.
    private static func isQualified(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let mark = name.firstIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }) else {
            return false
        }
        return mark > 0 && mark + 1 < name.count
    }

    private func isLoggerName(_ range: Range<Int>) -> Bool {
        guard let first = cursor.slice(range).first, range.count <= 128 else { return false }
        guard first.isNameByte && !first.isDigit || first == UInt8(ascii: "$") else { return false }
        let text = cursor.slice(range)
        guard !(text.has("pid") || text.has("tid")) || text.count > 3 else { return false }
        return text.allSatisfy {
            $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: ":")
                || $0 == UInt8(ascii: "/")
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">")
        }
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, cursor.line[low].isSpace { low += 1 }
        while low < high, cursor.line[high - 1].isSpace { high -= 1 }
        return low..<high
    }
}
