// Before the level: what loggers put in brackets, which may be the level itself.

import SentryProtocol

extension LogPrefix {
    /// `[main]`, `[42]`, `[ERROR]`, `[core:error]`, `[pid 1:tid 2]`, `(MainThread)`.
    mutating func takeBracket() -> Bool {
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
        if let number = processID, threadID == nil, isConnection(number, before: content) {
            (threadID, processID) = (number, nil)
        }
        // spdlog's `[name] [level]`; whose level is shouted puts threads there.
        if let name = threadName, cursor.slice(content).allSatisfy(\.isLowercase),
            content.lowerBound == name.upperBound + 3,
            cursor.line[name.lowerBound - 1] == UInt8(ascii: "["), isLoggerName(name)
        {
            logger = name
            threadName = nil
        }
        return true
    }

    /// MariaDB's and MySQL's `0 [Note]`: a thread, 0 for the main one. Of others' `[ERROR]` a process.
    private func isConnection(_ number: Int64, before level: Range<Int>) -> Bool {
        let word = cursor.slice(level)
        let isTitled = word[0].isUppercase && word[1].isLowercase
        return (number == 0 || isTitled) && level.lowerBound > 2 && cursor.line[level.lowerBound - 3].isDigit
    }

    /// Airflow's `{taskinstance.py:1937}`.
    mutating func takePlaceInBraces() -> Bool {
        var end = cursor
        guard end.take(UInt8(ascii: "{")), let place = CodePlace(&end), end.take(UInt8(ascii: "}")) else {
            return false
        }
        self.place = place
        cursor = end
        return true
    }

    mutating func note(bracket content: Range<Int>) {
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
}
