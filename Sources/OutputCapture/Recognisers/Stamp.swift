// The ways in which programs write the time at the beginning of a line.
//
//   2026-11-21T08:00:00.123Z      2026-11-21 08:00:00,123 +0100     2026/11/21 08:00:00      20261121 08:00:00.123
//   Nov 21 08:00:00               Nov 21, 2026 8:00:00 AM           Sat Nov 21 08:00:00 2026
//   21/Nov/2026:08:00:00 +0100    21-Nov-2026 08:00:00 UTC          08:00:00.123             8:00AM
//   1795234329.123                1795234329123

/// What stands where a line has its time.
struct Stamp {
    /// `nil` where it is only a date, or one whose day and month cannot be told apart.
    var time: LineTime?

    /// Passes the stamp at the cursor; `nil`, and the cursor stays, where there is none.
    static func read(_ cursor: inout LineCursor) -> Stamp? {
        var reader = StampReader(cursor: cursor)
        guard let stamp = cursor.current.isDigit ? reader.numeric() : reader.named() else { return nil }
        cursor = reader.cursor
        return stamp
    }
}

private struct StampReader {
    var cursor: LineCursor

    // MARK: Forms

    /// The cursor is at a digit.
    mutating func numeric() -> Stamp? {
        if let words = StampWords(cursor) { return plain(words) }
        var end = cursor
        end.skip(while: \.isDigit)
        switch (end.offset - cursor.offset, end.current) {
        case (4, UInt8(ascii: "-")), (4, UInt8(ascii: "/")): return calendarDate()
        case (1...2, UInt8(ascii: ":")): return clockAlone()
        case (1...2, UInt8(ascii: "/")), (1...2, UInt8(ascii: "-")), (1...2, UInt8(ascii: ".")): return dayFirst()
        case (1...2, UInt8(ascii: " ")) where end.peek(1).isUppercase: return dayFirst()
        case (8, UInt8(ascii: "T")), (8, UInt8(ascii: " ")): return compactDate()
        case (10, _), (13, _), (16, _), (19, _): return unixTime(end)
        default: return nil
        }
    }

    private mutating func plain(_ words: StampWords) -> Stamp? {
        cursor.offset += StampWords.length
        return finish(.number(words.day), words.seconds * 1_000_000_000 + fraction())
    }

    /// The cursor is at a letter: `Nov 21 …`, `Sat Nov 21 …`.
    mutating func named() -> Stamp? {
        if Self.isWeekday(cursor) {
            cursor.offset += 3
            guard cursor.take(0x20) else { return nil }
        }
        guard let month = month(), cursor.take(0x20) else { return nil }
        _ = cursor.take(0x20)
        guard let day = cursor.takeNumber(digits: 1...2), (1...31).contains(day) else { return nil }
        if cursor.take(UInt8(ascii: ",")) {
            guard cursor.take(0x20), let year = year(), cursor.take(0x20), let clock = clock() else { return nil }
            return stamp(.number(LineTime.days(year: year, month: month, day: day)), clock, nil)
        }
        guard cursor.take(0x20), let clock = clock() else { return nil }
        // ctime(3) and Apache have the year last.
        let before = cursor
        let zone = zone()
        if cursor.take(0x20), let year = year(), !cursor.current.isAlphanumeric {
            return stamp(.number(LineTime.days(year: year, month: month, day: day)), clock, zone)
        }
        cursor = before
        return finish(.of(month: month, day: day), clock)
    }

    /// `2026-11-21T08:00:00`, `2026/11/21 - 08:00:00`; the clock may be missing.
    private mutating func calendarDate() -> Stamp? {
        guard let year = year() else { return nil }
        let separator = cursor.current
        cursor.offset += 1
        guard let month = cursor.takeNumber(digits: 2...2), (1...12).contains(month), cursor.take(separator),
            let day = cursor.takeNumber(digits: 2...2), (1...31).contains(day)
        else { return nil }
        let number = LineTime.Day.number(LineTime.days(year: year, month: month, day: day))
        return afterDate(number)
    }

    /// `20261121T080000`, `20261121 08:00:00`.
    private mutating func compactDate() -> Stamp? {
        guard let date = cursor.takeNumber(digits: 8...8), let day = Self.day(compact: date) else { return nil }
        let isBasic = cursor.take(UInt8(ascii: "T"))
        guard isBasic || cursor.take(0x20) else { return nil }
        if isBasic, let clock = cursor.takeNumber(digits: 6...6) {
            let seconds = clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100
            guard seconds < 86400 else { return nil }
            let fraction = fraction()
            return finish(day, seconds * 1_000_000_000 + fraction)
        }
        guard let clock = clock() else { return nil }
        return finish(day, clock)
    }

    /// `21/Nov/2026:08:00:00 +0100`, `21-Nov-2026 08:00:00`; of `11/21/2026` only the clock is beyond doubt.
    private mutating func dayFirst() -> Stamp? {
        guard let day = cursor.takeNumber(digits: 1...2) else { return nil }
        let separator = cursor.current
        cursor.offset += 1
        guard let month = month() else { return numericDay(separator) }
        guard (1...31).contains(day), cursor.take(separator), let year = year() else { return nil }
        guard cursor.take(UInt8(ascii: ":")) || cursor.take(0x20), let clock = clock() else { return nil }
        return finish(.number(LineTime.days(year: year, month: month, day: day)), clock)
    }

    private mutating func numericDay(_ separator: UInt8) -> Stamp? {
        guard cursor.takeNumber(digits: 1...2) != nil, cursor.take(separator),
            cursor.takeNumber(digits: 2...4) != nil, cursor.take(0x20), let clock = clock()
        else { return nil }
        return finish(.unknown, clock)
    }

    private mutating func clockAlone() -> Stamp? {
        guard let clock = clock() else { return nil }
        return finish(.unknown, clock)
    }

    private mutating func unixTime(_ end: LineCursor) -> Stamp? {
        guard let number = cursor.slice(cursor.offset..<end.offset).decimal ?? largeNumber(end),
            let time = LineTime(unix: number)
        else { return nil }
        let digits = end.offset - cursor.offset
        cursor = end
        var stamp = Stamp(time: time)
        if digits == 10 { stamp.time?.clock += fraction() }
        guard !cursor.current.isLetter, cursor.current != UInt8(ascii: "_") else { return nil }
        return stamp
    }

    private func largeNumber(_ end: LineCursor) -> Int64? { Int64(cursor.slice(cursor.offset..<end.offset).text) }

    private mutating func afterDate(_ day: LineTime.Day) -> Stamp? {
        let before = cursor
        if cursor.current == UInt8(ascii: "T") || cursor.current == UInt8(ascii: "t") || cursor.current == 0x20 {
            cursor.offset += 1
            if cursor.current == UInt8(ascii: "-"), cursor.peek(1) == 0x20 { cursor.offset += 2 }
            if let clock = clock() { return finish(day, clock) }
        }
        cursor = before
        return cursor.current.isNameByte || cursor.current == UInt8(ascii: "-") ? nil : Stamp(time: nil)
    }

    private mutating func finish(_ day: LineTime.Day, _ clock: Int64) -> Stamp? {
        let offset = zone()
        return stamp(day, clock, offset)
    }

    private func stamp(_ day: LineTime.Day, _ clock: Int64, _ offset: Int64?) -> Stamp? {
        // A stamp ends where it ends: `08:00:00x` is none.
        guard !cursor.current.isNameByte else { return nil }
        return Stamp(time: LineTime(day: day, clock: clock, offset: offset))
    }

    // MARK: Parts

    /// Hours, minutes and mostly seconds, with a fraction, with `AM` or `PM`; nanoseconds since midnight.
    private mutating func clock() -> Int64? {
        let start = cursor
        guard var hour = cursor.takeNumber(digits: 1...2), hour < 24, cursor.take(UInt8(ascii: ":")),
            let minute = cursor.takeNumber(digits: 2...2), minute < 60
        else { return nil }
        var nanoseconds: Int64 = 0
        var hasSeconds = false
        if cursor.take(UInt8(ascii: ":")) {
            guard let second = cursor.takeNumber(digits: 2...2), second <= 60 else { return nil }
            nanoseconds = second * 1_000_000_000 + fraction()
            hasSeconds = true
        }
        let half = halfOfDay()
        guard hasSeconds || half != nil || cursor.offset - start.offset == 5 else { return nil }
        if let half {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + half
        }
        return (hour * 3600 + minute * 60) * 1_000_000_000 + nanoseconds
    }

    /// `.123456`, `,123`; nothing is taken where no digit follows.
    private mutating func fraction() -> Int64 {
        guard cursor.current == UInt8(ascii: ".") || cursor.current == UInt8(ascii: ","), cursor.peek(1).isDigit else {
            return 0
        }
        cursor.offset += 1
        var fraction: Int64 = 0
        var digits = 0
        while cursor.current.isDigit {
            if digits < 9 {
                fraction = fraction * 10 + Int64(cursor.current - 0x30)
                digits += 1
            }
            cursor.offset += 1
        }
        for _ in digits..<9 { fraction *= 10 }
        return fraction
    }

    /// Hours to add; Java puts a narrow no-break space before it.
    private mutating func halfOfDay() -> Int64? {
        let before = cursor
        if !cursor.take(0x20) { _ = cursor.take(text: "\u{202F}") }
        if cursor.take(text: "AM"), !cursor.current.isAlphanumeric { return 0 }
        cursor = before
        if !cursor.take(0x20) { _ = cursor.take(text: "\u{202F}") }
        if cursor.take(text: "PM"), !cursor.current.isAlphanumeric { return 12 }
        cursor = before
        return nil
    }

    /// `Z`, `+01:00`, `+0100`, `+01`, ` +0100`, ` UTC`. A name that is no offset by itself (` CET`, ` Europe/Berlin`) is
    /// passed.
    private mutating func zone() -> Int64? {
        guard mayHaveZone else { return nil }
        if cursor.current == UInt8(ascii: "Z"), !cursor.peek(1).isAlphanumeric {
            cursor.offset += 1
            return 0
        }
        let before = cursor
        let isApart = cursor.take(0x20)
        if let offset = signedOffset(isApart: isApart) { return offset }
        guard isApart else {
            cursor = before
            return nil
        }
        let name = cursor.offset
        cursor.skip { $0.isNameByte || $0 == UInt8(ascii: "/") }
        let zone = cursor.slice(name..<cursor.offset)
        if zone.has("UTC") || zone.has("GMT"), zone.count == 3 { return 0 }
        if !Self.isZoneName(zone) { cursor = before }
        return nil
    }

    private var mayHaveZone: Bool {
        switch cursor.current {
        case UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"): return true
        case 0x20:
            let next = cursor.peek(1)
            let isSign = next == UInt8(ascii: "+") || next == UInt8(ascii: "-")
            return next.isLetter || isSign && cursor.peek(2).isDigit
        default: return false
        }
    }

    private mutating func signedOffset(isApart: Bool) -> Int64? {
        let sign = cursor.current
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let before = cursor
        cursor.offset += 1
        var seconds: Int64?
        if let both = cursor.takeNumber(digits: 4...4) {
            seconds = both / 100 * 3600 + both % 100 * 60
        } else if let hours = cursor.takeNumber(digits: 2...2) {
            if cursor.current == UInt8(ascii: ":"), cursor.peek(1).isDigit, cursor.peek(2).isDigit {
                seconds = hours * 3600 + Int64(cursor.peek(1) - 0x30) * 600 + Int64(cursor.peek(2) - 0x30) * 60
                cursor.offset += 3
            } else if !isApart {
                seconds = hours * 3600
            }
        }
        guard let seconds, seconds <= 18 * 3600, !cursor.current.isNameByte else {
            cursor = before
            return nil
        }
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func isZoneName(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.count > 2, name.contains(UInt8(ascii: "/")) { return name[0].isUppercase && name[1].isLowercase }
        guard name.count == 3 || name.count == 4 else { return false }
        let known: [StaticString] = [
            "CET", "CEST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "BST", "IST", "JST", "MSK", "EET",
            "EEST", "WET", "WEST", "HKT", "SGT", "AEST", "AEDT",
        ]
        return known.contains { name.count == $0.utf8CodeUnitCount && name.has($0) }
    }

    private mutating func year() -> Int64? {
        let start = cursor
        guard let year = cursor.takeNumber(digits: 4...4), (1970...2200).contains(year) else {
            cursor = start
            return nil
        }
        return year
    }

    private mutating func month() -> Int64? {
        let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
        guard cursor.current.isLetter, cursor.peek(1).isLowercase, cursor.peek(2).isLowercase, !cursor.peek(3).isLetter
        else { return nil }
        for month in 0..<12 {
            let name = names.utf8Start + 3 * month
            guard cursor.current.lowered == name[0], cursor.peek(1) == name[1], cursor.peek(2) == name[2] else {
                continue
            }
            cursor.offset += 3
            return Int64(month + 1)
        }
        return nil
    }

    private static func isWeekday(_ cursor: LineCursor) -> Bool {
        let names: [StaticString] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
        return names.contains { cursor.line.has($0, at: cursor.offset) }
    }

    private static func day(compact: Int64) -> LineTime.Day? {
        let (year, month, day) = (compact / 10000, compact / 100 % 100, compact % 100)
        guard (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        return .number(LineTime.days(year: year, month: month, day: day))
    }
}
