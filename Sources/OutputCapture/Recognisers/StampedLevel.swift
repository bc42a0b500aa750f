// `2026-11-21 08:00:00,123 - name - ERROR - message`: the level alone, of the form of line that most loggers write. Nearly every
// line of a job that logs passes here, many of them to be dropped right after.

import LinuxSystem
import SentryProtocol

/// Reads what ``TimestampedLine`` reads, but the level only, and only where it is sure to say the same.
struct StampedLevel {
    enum Answer {
        case certain(LogLevel?)
        /// ``TimestampedLine`` has to look.
        case unknown
    }

    /// As many as ``LogPrefix`` looks at.
    private static let maximumFields = 6

    private let line: UnsafeRawBufferPointer
    private let base: UnsafeRawPointer
    private let count: Int
    private let start: Int
    private var place: Int

    private init(_ line: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, at start: Int) {
        self.line = line
        self.base = base
        count = line.count
        self.start = start
        place = start
    }

    /// - Parameter start: of a digit.
    static func read(_ line: UnsafeRawBufferPointer, from start: Int) -> Answer {
        guard let base = line.baseAddress, line.count - start > StampWords.length else { return .unknown }
        var reader = StampedLevel(line, base, at: start)
        guard reader.takeStamp(), reader.isPlain() else { return .unknown }
        return reader.level()
    }

    /// 0 behind the end.
    @inline(__always) private func byte(_ index: Int) -> UInt8 {
        index < count ? base.load(fromByteOffset: index, as: UInt8.self) : 0
    }

    // MARK: The time

    /// `2026-11-21 08:00:00`, `2026-11-21T08:00:00.123Z`, `2026/11/21 08:00:00,123+01:00`.
    private mutating func takeStamp() -> Bool {
        guard StampWords(base + place) != nil else { return false }
        place += StampWords.length
        skipFraction()
        return takeZone()
    }

    private mutating func skipFraction() {
        guard byte(place) == UInt8(ascii: ".") || byte(place) == UInt8(ascii: ","), byte(place + 1).isDigit else {
            return
        }
        place += 1
        while byte(place).isDigit { place += 1 }
    }

    /// `Z`, `+01:00`, `-0100`; zones with a blank before them, and what could be one, are left to others.
    private mutating func takeZone() -> Bool {
        switch byte(place) {
        case UInt8(ascii: "Z"):
            // tracing's form.
            let length = place + 1 - start
            guard length != 27, length != 30 else { return false }
            place += 1
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard byte(place + 1).isDigit else { return byte(place) == UInt8(ascii: "-") }
            let hasColon = byte(place + 3) == UInt8(ascii: ":")
            let minutes = place + (hasColon ? 4 : 3)
            guard byte(place + 2).isDigit, byte(minutes).isDigit, byte(minutes + 1).isDigit else { return false }
            guard byte(place + 1) == UInt8(ascii: "0"), byte(minutes) < UInt8(ascii: "6") else { return false }
            place = minutes + 2
        default: break
        }
        return !byte(place).isNameByte
    }

    // MARK: What others read

    /// Whether nothing but fields and a message can follow.
    private func isPlain() -> Bool {
        guard byte(place) == 0x20 else {
            return byte(place) != 0x09 && byte(place) < 0x80 && !isHalfOfDay(place)
        }
        let next = byte(place + 1)
        guard next != UInt8(ascii: "{"), next != UInt8(ascii: "+"), next < 0x80, !isHalfOfDay(place + 1) else {
            return false
        }
        if next == UInt8(ascii: "-"), byte(place + 2).isDigit { return false }
        if next == UInt8(ascii: "s"), line.has("std", at: place + 1) { return false }
        return !isZoneName() && !isHostAndTag()
    }

    private func isHalfOfDay(_ index: Int) -> Bool {
        byte(index + 1) == UInt8(ascii: "M") && (byte(index) == UInt8(ascii: "A") || byte(index) == UInt8(ascii: "P"))
    }

    /// ` CET`, ` Europe/Berlin`, or what looks like it.
    private func isZoneName() -> Bool {
        guard byte(place + 1).isUppercase else { return false }
        var end = place + 1
        while byte(end).isNameByte { end += 1 }
        if byte(end) == UInt8(ascii: "/") { return true }
        guard end - place - 1 == 3 || end - place - 1 == 4 else { return false }
        return LevelWord(UnsafeRawBufferPointer(rebasing: line[(place + 1)..<end])) == nil
    }

    /// ` host prog[12]: `
    private func isHostAndTag() -> Bool {
        var end = place + 1
        while byte(end).isNameByte || byte(end) == UInt8(ascii: "-") || byte(end) == UInt8(ascii: ".") { end += 1 }
        guard end > place + 1, byte(end) == 0x20 else { return false }
        end += 1
        let tag = end
        while byte(end).isNameByte || (0x28...0x2F).contains(byte(end)) { end += 1 }
        return end > tag && byte(end) == UInt8(ascii: "[")
    }

    // MARK: The level

    private mutating func level() -> Answer {
        let afterStamp = place
        for field in 0..<Self.maximumFields {
            skipSeparators()
            guard place < count else { break }
            if byte(place) == UInt8(ascii: "[") || byte(place) == UInt8(ascii: "(") {
                guard let level = bracket() else { return .unknown }
                if case .certain(.some) = level { return level }
                continue
            }
            if let level = word(isFirst: field == 0) ?? channel() { return .certain(level) }
            if byte(place).isUppercase, byte(place + 1) == 0x20, LogLevel(letter: byte(place)) != nil {
                return .unknown
            }
            guard passField() else { return .unknown }
        }
        // A tool's `error:` may be anywhere behind the time.
        let rest = UnsafeRawBufferPointer(rebasing: line[afterStamp...])
        return firstOffset(of: UInt8(ascii: ":"), in: rest) == nil ? .certain(nil) : .unknown
    }

    private mutating func skipSeparators() {
        while place < count {
            switch byte(place) {
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "|"), UInt8(ascii: "]"), UInt8(ascii: ")"),
                UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ">"):
                place += 1
            default: return
            }
        }
    }

    /// `[main]`, `[ERROR]`, `[core:error]`; `nil` where it has no end.
    private mutating func bracket() -> Answer? {
        let closing = byte(place) == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: ")")
        let end = min(count, place + LogPrefix.longestBracket)
        var close = place + 1
        while close < end, byte(close) != closing { close += 1 }
        guard close < end else { return nil }
        var (low, high) = (place + 1, close)
        while low < high, byte(low).isSpace { low += 1 }
        while low < high, byte(high - 1).isSpace { high -= 1 }
        place = close + 1
        var colon = low
        while colon < high, byte(colon).isNameByte || byte(colon) == UInt8(ascii: ".") { colon += 1 }
        if colon < high, byte(colon) == UInt8(ascii: ":") {
            let word = UnsafeRawBufferPointer(rebasing: line[(colon + 1)..<high])
            return .certain(word.count > 1 ? LevelWord(name: word)?.level : nil)
        }
        return .certain(LevelWord(UnsafeRawBufferPointer(rebasing: line[low..<high]))?.level)
    }

    /// A field that is a level's name as a whole.
    private func word(isFirst: Bool) -> LogLevel? {
        var end = place
        var isShouted = true
        while end < place + LevelWord.longest + 1, byte(end).isLetter {
            isShouted = isShouted && byte(end).isUppercase
            end += 1
        }
        guard let found = LevelWord(UnsafeRawBufferPointer(rebasing: line[place..<end])) else { return nil }
        switch byte(end) {
        case UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ">"):
            return found.level
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: ","), 0:
            return !found.isWeak && (isFirst || isShouted) ? found.level : nil
        default: return nil
        }
    }

    /// `app.ERROR: message`
    private func channel() -> LogLevel? {
        var end = place
        while byte(end).isNameByte || byte(end) == UInt8(ascii: "-") { end += 1 }
        guard end > place, byte(end) == UInt8(ascii: "."), byte(end + 1).isUppercase else { return nil }
        let start = end + 1
        end = start
        while end < start + LevelWord.longest + 1, byte(end).isUppercase { end += 1 }
        guard byte(end) == UInt8(ascii: ":") else { return nil }
        return LevelWord(UnsafeRawBufferPointer(rebasing: line[start..<end]))?.level
    }

    /// `false` where the field's end depends on what it is.
    private mutating func passField() -> Bool {
        while place < count {
            switch byte(place) {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ","):
                return true
            case UInt8(ascii: "-"):
                let next = byte(place + 1)
                if !next.isLowercase, !next.isDigit { return next == 0x20 }
            case UInt8(ascii: ":"):
                let next = byte(place + 1)
                if !next.isNameByte, next != UInt8(ascii: ":") { return true }
            default: break
            }
            place += 1
        }
        return true
    }
}
