// `<3>message` (sd-daemon), `<34>Oct 11 22:14:15 host su[7]: message` (RFC 3164), `<34>1 2026-10-11T22:14:15Z host su 7 - - message`
// (RFC 5424), `Nov 21 08:00:00 host su[7]: message` (files, journalctl).

import SentryProtocol

enum SyslogLine {
    /// The cursor is at the `<`.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard let level = priority(&cursor) else { return false }
        reading.parsed.format = .syslog
        reading.parsed.level = level
        guard reading.wantsDetails else { return true }
        if readVersion1(cursor, &reading) { return true }
        var stamped = cursor
        if let stamp = Stamp.read(&stamped) {
            reading.parsed.time = stamp.time
            if readHostAndTag(stamped, into: &reading) || readTag(stamped, &reading) { return true }
            reading.setMessage(from: stamped.offset)
            return true
        }
        // .NET's systemd formatter names its category as its console formatter does.
        if let header = DotNetHeader.category(cursor) {
            reading.add("logger.name", header.category)
            reading.setMessage(from: header.end)
            return true
        }
        reading.setMessage(from: cursor.offset)
        return true
    }

    /// At most 191: facility 23, severity 7.
    private static func priority(_ cursor: inout LineCursor) -> LogLevel? {
        guard cursor.take(UInt8(ascii: "<")), let priority = cursor.takeNumber(digits: 1...3), priority <= 191,
            cursor.take(UInt8(ascii: ">"))
        else { return nil }
        return LogLevel(syslogSeverity: Int(priority))
    }

    // MARK: RFC 5424

    private static func readVersion1(_ start: LineCursor, _ reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(text: "1 ") else { return false }
        if cursor.current != UInt8(ascii: "-") {
            guard let stamp = Stamp.read(&cursor) else { return false }
            reading.parsed.time = stamp.time
        } else {
            cursor.offset += 1
        }
        guard cursor.take(0x20), takeField(&cursor) != nil, let name = takeField(&cursor),
            let process = takeField(&cursor),
            let identifier = takeField(&cursor)
        else { return false }
        add("logger.name", name, &reading)
        if let number = cursor.slice(process).decimal { reading.add("process.pid", number) }
        add("syslog.msgid", identifier, &reading)
        readStructuredData(&cursor, &reading)
        if cursor.take(0x20) { _ = cursor.take(text: "\u{FEFF}") }
        reading.setMessage(from: cursor.offset)
        return true
    }

    private static func takeField(_ cursor: inout LineCursor) -> Range<Int>? {
        let start = cursor.offset
        cursor.skip { $0 != 0x20 }
        guard cursor.offset > start, cursor.take(0x20) else { return nil }
        return start..<(cursor.offset - 1)
    }

    private static func add(_ name: StaticString, _ range: Range<Int>, _ reading: inout LineReading) {
        if reading.line[range.lowerBound] != UInt8(ascii: "-") || range.count > 1 { reading.add(name, range) }
    }

    /// `[id@1 key="value" other="a \"b\""][id2 …]` or `-`.
    private static func readStructuredData(_ cursor: inout LineCursor, _ reading: inout LineReading) {
        if cursor.take(UInt8(ascii: "-")) { return }
        while cursor.take(UInt8(ascii: "[")) {
            let name = cursor.offset
            cursor.skip { $0 != 0x20 && $0 != UInt8(ascii: "]") }
            let identifier = cursor.slice(name..<cursor.offset).text
            while cursor.take(0x20), readParameter(&cursor, identifier, &reading) {}
            guard cursor.take(UInt8(ascii: "]")) else { return }
        }
    }

    private static func readParameter(_ cursor: inout LineCursor, _ identifier: String, _ reading: inout LineReading)
        -> Bool
    {
        let start = cursor.offset
        cursor.skip { $0.isNameByte || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        let key = cursor.slice(start..<cursor.offset).text
        guard !key.isEmpty, cursor.take(text: "=\"") else { return false }
        let value = cursor.offset
        while !cursor.isAtEnd, cursor.current != UInt8(ascii: "\"") {
            cursor.offset += cursor.current == UInt8(ascii: "\\") ? 2 : 1
        }
        guard !cursor.isAtEnd else { return false }
        reading.add(identifier + "." + key, text: JSONText.unescaped(cursor.slice(value..<cursor.offset)))
        cursor.offset += 1
        return true
    }

    // MARK: RFC 3164

    /// `Nov 21 08:00:00 host prog[12]: message` at a letter.
    static func readFile(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard let stamp = Stamp.read(&cursor) else { return false }
        reading.parsed.time = stamp.time
        if readHostAndTag(cursor, into: &reading) || readTag(cursor, &reading) { return true }
        if readLevel(cursor, &reading) { return true }
        return JavaHeader.read(start, cursor, into: &reading)
    }

    /// slog-term's `Nov 28 16:30:35.249 DEBG message`.
    private static func readLevel(_ start: LineCursor, _ reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(0x20) else { return false }
        let begin = cursor.offset
        let word = cursor.takeWord(limit: LevelWord.longest)
        guard cursor.current == 0x20, word.allSatisfy(\.isUppercase), let found = LevelWord(word), !found.isWeak else {
            return false
        }
        var prefix = LogPrefix(cursor, for: &reading)
        prefix.readOn(level: found.level, at: begin..<cursor.offset)
        prefix.apply(to: &reading)
        return true
    }

    /// ` host prog[12]: message`. The host is known already.
    static func readHostAndTag(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(0x20) else { return false }
        let host = cursor.offset
        cursor.skip(.names | "-" | ".")
        guard cursor.offset > host, cursor.current == 0x20, LevelWord(cursor.slice(host..<cursor.offset)) == nil else {
            return false
        }
        return readTag(cursor, &reading, needsProcess: !isNamed(start))
    }

    /// A time that begins with a month's name is syslog's; behind others only a process' number says so.
    private static func isNamed(_ afterStamp: LineCursor) -> Bool {
        afterStamp.offset >= 12 && afterStamp.peek(-9) == 0x20 && !afterStamp.peek(-10).isLetter
            && afterStamp.peek(-12) == 0x20
            && afterStamp.peek(-13).isLetter
    }

    /// ` prog[12]: message`, ` kernel: message`.
    private static func readTag(_ start: LineCursor, _ reading: inout LineReading, needsProcess: Bool = false) -> Bool {
        var cursor = start
        guard cursor.take(0x20) else { return false }
        let name = cursor.offset
        cursor.skip(.names | "-" | "." | "/" | "(" | ")")
        let tag = name..<cursor.offset
        guard !tag.isEmpty else { return false }
        var process: Int64?
        if cursor.take(UInt8(ascii: "[")) {
            process = cursor.takeNumber(digits: 1...10)
            guard process != nil, cursor.take(UInt8(ascii: "]")) else { return false }
        }
        guard process != nil || !needsProcess,
            cursor.take(text: ": ") || cursor.take(UInt8(ascii: ":")) && cursor.isAtEnd,
            LevelWord(cursor.slice(tag)) == nil
        else { return false }
        reading.parsed.format = .syslog
        if reading.parsed.level == nil { reading.parsed.level = ToolDiagnostic.level(cursor) }
        reading.add("logger.name", tag)
        if let process { reading.add("process.pid", process) }
        if reading.wantsDetails { reading.setMessage(from: cursor.offset) }
        return true
    }
}
