// zap's console encoder: `2026-11-21T08:00:00.123Z<tab>INFO<tab>logger<tab>pkg/main.go:12<tab>message<tab>{"key":"value"}`.

import SentryProtocol

enum TabbedLine {
    /// The cursor is behind the time.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        guard cursor.take(0x09) else { return false }
        let word = cursor.takeWord(limit: LevelWord.longest)
        guard let level = LevelWord(word)?.level, cursor.take(0x09) else { return false }
        reading.parsed.level = level
        guard reading.wantsDetails else { return true }
        takeNameAndPlace(&cursor, &reading)
        reading.setMessage(from: cursor.offset)
        takeFields(&reading)
        return true
    }

    private static func takeNameAndPlace(_ cursor: inout LineCursor, _ reading: inout LineReading) {
        var trial = cursor
        trial.skip { $0.isNameByte || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        let name = cursor.offset..<trial.offset
        if !name.isEmpty, trial.take(0x09), let place = CodePlace(&trial), trial.take(0x09) {
            reading.add("logger.name", name)
            place.add(to: &reading.parsed.attributes)
            cursor = trial
            return
        }
        trial = cursor
        guard let place = CodePlace(&trial), trial.take(0x09) else { return }
        place.add(to: &reading.parsed.attributes)
        cursor = trial
    }

    private static func takeFields(_ reading: inout LineReading) {
        guard let range = reading.parsed.range else { return }
        var cursor = LineCursor(reading.line, at: range.lowerBound)
        guard let tab = cursor.find(0x09) else { return }
        cursor.offset = tab + 1
        guard cursor.current == UInt8(ascii: "{"), JSONTail.addMembers(of: cursor.rest, to: &reading) else { return }
        reading.parsed.range = range.lowerBound..<tab
    }
}
