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
    static let longestBracket = 64

    var cursor: LineCursor
    var level: LogLevel?
    /// `level` stood in lower case or mixed: `Error: …` may be a sentence.
    var isShouted = true
    var shapes: LineShapes = []
    var logger: Range<Int>?
    /// The logger's name and the level were one word with a dot: Monolog.
    private(set) var hasChannel = false
    var place: CodePlace?
    /// The level's name begins here, and it ends there.
    var levelRange = 0..<0

    let trusted: LineShapes
    private let wantsMessage: Bool
    private let start: Int
    /// Words before the level that nothing marks as the logger's.
    private var words = 0
    var threadName: Range<Int>?
    var processID: Int64?
    var threadID: Int64?
    var function: Range<Int>?
    var connection: Int64?
    var isInBracket: Bool

    /// - Parameters:
    ///   - reading: says whether more than the level is wanted. (By reference: it is large.)
    ///   - isInBracket: the cursor is inside a bracket that the line began with.
    @inline(__always) init(_ cursor: LineCursor, for reading: inout LineReading, isInBracket: Bool = false) {
        self.cursor = cursor
        wantsMessage = reading.wantsDetails
        trusted = reading.trusted
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
            if takePlaceInBraces() { continue }
            if takeLevel(isFirst: field == 0) { break }
            if passName() { continue }
            if takeChannelAndLevel() || takeLetterAndPlace() { break }
            guard !cursor.isAtEnd else { return false }
            passField()
        }
        guard level != nil else { return false }
        if wantsMessage { afterLevel() }
        return true
    }

    /// The level was found by the caller, and the cursor is behind it.
    mutating func readOn(level: LogLevel, at range: Range<Int>) {
        self.level = level
        levelRange = range
        if wantsMessage { afterLevel() }
    }

    /// Message and attributes.
    func apply(to reading: inout LineReading) {
        reading.parsed.level = level
        reading.parsed.shapes.formUnion(shapes)
        guard reading.wantsDetails else { return }
        if isSentence { return reading.setMessage(from: start) }
        reading.setMessage(from: cursor.offset)
        if let logger, words <= 1 { reading.add("logger.name", logger) }
        if let processID { reading.add("process.pid", processID) }
        if let threadID { reading.add("thread.id", threadID) }
        if let threadName { reading.add("thread.name", threadName) }
        if let place { place.add(to: &reading.parsed.attributes) }
        if let function { reading.add("code.function.name", function) }
        if let connection { reading.add("connection.id", connection) }
    }

    /// The level is part of what is said: `retry after ERROR in module x`, `recovered: runtime error: index out of range`.
    private var isSentence: Bool {
        guard words > 1, levelRange.upperBound < cursor.line.count else { return false }
        let next = cursor.line[levelRange.upperBound]
        return next.isSpace || !isShouted && next == UInt8(ascii: ":")
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

    mutating func note(number: Int64) {
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
        end.skip(.names | "-")
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
        // etcd's `W | auth: message`.
        if cursor.peek(2) == UInt8(ascii: "|"), cursor.peek(3) == 0x20 {
            level = found
            levelRange = cursor.offset..<(cursor.offset + 1)
            cursor.offset += 1
            return true
        }
        guard let place = CodePlace(&end), end.current == UInt8(ascii: "]") else { return false }
        level = found
        levelRange = cursor.offset..<(cursor.offset + 1)
        self.place = place
        cursor = end
        return true
    }

    /// Passes what the others would find to be a word or a logger's name, and nothing else: `app.importer `.
    private mutating func passName() -> Bool {
        guard cursor.current.isLetter else { return false }
        var end = cursor
        end.skip(.names | "." | "$")
        let name = cursor.offset..<end.offset
        guard end.current == 0x20, name.count > 3, name.count <= 128 else { return false }
        if place == nil {
            words += 1
            logger = name
        }
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
        let plain = ASCIISet.names | "." | "/"
        while !cursor.isAtEnd, plain.contains(cursor.current) || !isFieldEnd() { cursor.offset += 1 }
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

    func isLoggerName(_ range: Range<Int>) -> Bool {
        guard let first = cursor.slice(range).first, range.count <= 128 else { return false }
        guard first.isNameByte && !first.isDigit || first == UInt8(ascii: "$") else { return false }
        let text = cursor.slice(range)
        guard !(text.has("pid") || text.has("tid")) || text.count > 3 else { return false }
        let names = ASCIISet.names | "." | "$" | ":" | "/" | "-" | "<" | ">"
        return text.allSatisfy { names.contains($0) }
    }

    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, cursor.line[low].isSpace { low += 1 }
        while low < high, cursor.line[high - 1].isSpace { high -= 1 }
        return low..<high
    }
}
