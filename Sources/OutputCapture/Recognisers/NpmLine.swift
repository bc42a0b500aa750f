// `npm ERR! code E404`, npmlog's `ERR! code E404`, `npm error code E404`, `npm WARN deprecated x`, `npm notice`.

import SentryProtocol

enum NpmLine {
    /// The cursor is at a letter.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        var cursor = start
        if cursor.take(text: "ERR! ") {
            reading.parsed.format = .npm
            reading.parsed.level = .error
            if reading.wantsDetails { reading.setMessage(from: cursor.offset) }
            return true
        }
        guard cursor.take(text: "npm ") || cursor.take(text: "pnpm ") else { return false }
        let isOld = cursor.line.has("ERR!", at: cursor.offset)
        guard let word = LevelWord(cursor.takeWord(limit: LevelWord.longest)) else { return false }
        if isOld { cursor.offset += 1 }
        guard cursor.isAtEnd || cursor.current == 0x20 else { return false }
        reading.parsed.format = .npm
        reading.parsed.level = word.level
        if reading.wantsDetails { reading.setMessage(from: cursor.offset) }
        return true
    }
}
