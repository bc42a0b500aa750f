// JSON at the end of a line of text: Monolog's context, zap's and winston's fields.

import SentryProtocol

enum JSONTail {
    /// Places at which the tail is looked for: each may cost a look at all that follows.
    private static let mostTries = 8
    private static let longest = 8192

    /// `message {"context":1} {"extra":2}`, where either may be `[]`: makes attributes of the members.
    static func liftMonolog(_ reading: inout LineReading) {
        guard reading.wantsDetails, let range = reading.parsed.range,
            reading.line.last == UInt8(ascii: "]") || reading.line.last == UInt8(ascii: "}")
        else { return }
        var tries = 0
        var index = range.lowerBound
        while index + 1 < reading.line.count, tries < mostTries {
            let isStart =
                reading.line[index] == 0x20
                && (reading.line[index + 1] == UInt8(ascii: "{") || reading.line[index + 1] == UInt8(ascii: "["))
            index += 1
            guard isStart, reading.line.count - index <= longest else { continue }
            tries += 1
            guard let parts = values(reading.line, from: index) else { continue }
            for part in parts { _ = addMembers(of: part, to: &reading) }
            reading.parsed.range = range.lowerBound..<(index - 1)
            return
        }
    }

    /// Two values, or one, that end with the line.
    private static func values(_ line: UnsafeRawBufferPointer, from start: Int) -> [UnsafeRawBufferPointer]? {
        var parts: [UnsafeRawBufferPointer] = []
        var offset = start
        while offset < line.count, parts.count < 2 {
            guard let end = endOfValue(line, from: offset) else { return nil }
            parts.append(UnsafeRawBufferPointer(rebasing: line[offset..<end]))
            offset = end
            while offset < line.count, line[offset] == 0x20 { offset += 1 }
        }
        return offset == line.count ? parts : nil
    }

    private static func endOfValue(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard line[start] == UInt8(ascii: "{") || line[start] == UInt8(ascii: "[") else { return nil }
        var depth = 0
        var isQuoted = false
        var index = start
        while index < line.count {
            let byte = line[index]
            if isQuoted {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isQuoted = false }
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 { return index + 1 }
            }
            index += 1
        }
        return nil
    }

    /// `false`, and nothing is added, when it is no complete object.
    static func addMembers(of object: UnsafeRawBufferPointer, to reading: inout LineReading) -> Bool {
        var scanner = JSONMemberScanner(object, at: 0)
        let before = reading.parsed.attributes.count
        while let member = scanner.next() {
            guard scanner.count <= 64 else { continue }
            let name = reading.parsed.attributes.name(member.key, in: reading.line)
            reading.parsed.attributes.append(name, member.value, in: reading.line)
        }
        if !scanner.isComplete { reading.parsed.attributes.cut(to: before) }
        return scanner.isComplete
    }
}
