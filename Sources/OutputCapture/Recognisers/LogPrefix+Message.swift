// From the level on to the message: names, threads and places, which some loggers put there.

import SentryProtocol

extension LogPrefix {
    mutating func afterLevel() {
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
        takeNumberAndColon()
        decorations()
    }

    /// HAProxy's `(17939) : `.
    private mutating func takeNumberAndColon() {
        var end = cursor
        guard end.take(UInt8(ascii: "(")), let number = end.takeNumber(digits: 1...10), end.take(text: ") : ") else {
            return
        }
        note(number: number)
        cursor = end
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
        end.skip(.names | ".")
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
        if startsWithWords() { return }
        var trial = self
        for _ in 0..<4 {
            trial.cursor.skipSpaces()
            if trial.takeIDs() || trial.takeNumberAndName() || trial.takeLoggerAndBracket() {
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

    /// `imported 7 rows`: a word that begins with a letter, one blank, and what is no dash or colon can be nothing else than
    /// the message.
    private func startsWithWords() -> Bool {
        guard cursor.current.isLetter else { return false }
        var end = cursor
        end.skip(.names)
        guard end.current == 0x20 else { return false }
        switch end.peek(1) {
        case 0x20, UInt8(ascii: "-"), UInt8(ascii: "|"), UInt8(ascii: ":"): return false
        default: return true
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

    /// simplelog's `(1) module: `.
    private mutating func takeNumberAndName() -> Bool {
        var end = cursor
        guard end.take(UInt8(ascii: "(")), let number = end.takeNumber(digits: 1...10), end.take(text: ") ") else {
            return false
        }
        let name = end.offset
        end.skip { $0.isNameByte || $0 == UInt8(ascii: ".") }
        while end.take(text: "::") { end.skip(while: \.isNameByte) }
        let range = name..<end.offset
        guard isLoggerName(range), end.take(text: ": ") else { return false }
        note(number: number)
        logger = range
        cursor = end
        return true
    }

    /// Apache's `[pid 1:tid 2]`.
    private mutating func takeProcessBracket() -> Bool {
        cursor.line.has("[pid ", at: cursor.offset) && takeBracketAside()
    }

    /// `org.app.Main [main] `, `o.a.Main [Main.java:12] `: a name with a dot, and a bracket.
    private mutating func takeLoggerAndBracket() -> Bool {
        var end = cursor
        end.skip(.names | "." | "$")
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
        end.skip(.names | "." | "$" | "/" | "-")
        while end.current == UInt8(ascii: ":"),
            end.peek(1).isNameByte || end.peek(1) == UInt8(ascii: ":") || end.peek(1) == UInt8(ascii: "<")
        {
            end.skip { !$0.isSpace && $0 != UInt8(ascii: "|") }
            if end.peek(-1) == UInt8(ascii: ":"), end.peek(-2) != UInt8(ascii: ":") { end.offset -= 1 }
        }
        let name = cursor.offset..<end.offset
        // chrony's `Fatal error : `.
        guard isLoggerName(name), LevelWord(cursor.slice(name)) == nil else { return false }
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
}
