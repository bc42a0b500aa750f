// What JSON lines and logfmt have in common: which keys mean level, time and message, and what becomes of the rest.

import SentryProtocol

/// The meaning of a structured line's key.
enum StructuredField {
    case level
    case time
    case message
    case other

    init(_ key: UnsafeRawBufferPointer) {
        switch key.count {
        case 1: self = key.equalsIgnoringCase("t") ? .time : .other
        case 2:
            self = key.has("@l") ? .level : key.has("@m") ? .message : key.has("@t") || key.has("ts") ? .time : .other
        case 3:
            self = key.equalsIgnoringCase("lvl") ? .level : key.equalsIgnoringCase("msg") ? .message : .other
        default: self.init(longKey: key)
        }
    }

    private init(longKey key: UnsafeRawBufferPointer) {
        let levels: [StaticString] = ["level", "severity", "levelname", "log.level", "loglevel", "priority"]
        let times: [StaticString] = ["time", "timestamp", "@timestamp"]
        let messages: [StaticString] = ["message", "short_message", "event"]
        if levels.contains(where: { key.equalsIgnoringCase($0) }) {
            self = .level
        } else if messages.contains(where: { key.equalsIgnoringCase($0) }) {
            self = .message
        } else {
            self = times.contains { key.equalsIgnoringCase($0) } ? .time : .other
        }
    }
}

/// Gathers the fields of one structured line. The first of each meaning counts; repeats are attributes.
struct StructuredLine {
    private(set) var parsed = ParsedLine()
    private(set) var count = 0

    /// - Parameter isText: the value was quoted, so `"5"` stays a string where logfmt's bare `5` becomes a number.
    mutating func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue, isText: Bool) {
        count += 1
        switch StructuredField(key) {
        case .level where parsed.level == nil:
            parsed.level = Self.level(value)
            if parsed.level == nil { keep(key, value, isText) }
        case .time where parsed.timestamp == nil:
            parsed.timestamp = LineTimestamp.nanoseconds(value)
            if parsed.timestamp == nil { keep(key, value, isText) }
        case .message where parsed.message == nil && value.string != nil:
            parsed.message = value.string
        default: keep(key, value, isText)
        }
    }

    private mutating func keep(_ key: UnsafeRawBufferPointer, _ value: JSONValue, _ isText: Bool) {
        var value = value
        if !isText, case .string(let text) = value { value = Self.scalar(text) }
        parsed.attributes.append(JSONValue.Member(String(decoding: key, as: UTF8.self), value))
    }

    private static func level(_ value: JSONValue) -> LogLevel? {
        switch value {
        case .string(let text): LevelWord(name: text)?.level ?? Int(text).flatMap { LogLevel(number: $0) }
        case .integer(let number): Int(exactly: number).flatMap { LogLevel(number: $0) }
        default: nil
        }
    }

    private static func scalar(_ text: String) -> JSONValue {
        if let integer = Int64(text) { return .integer(integer) }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if text.utf8.first?.isDigit == true || text.utf8.first == UInt8(ascii: "-"), let number = Double(text),
            number.isFinite
        {
            return .number(number)
        }
        return .string(text)
    }
}
