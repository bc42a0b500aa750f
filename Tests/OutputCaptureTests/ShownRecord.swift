import SentryProtocol
import Testing

@testable import OutputCapture

/// A record read back out of its JSON.
struct ShownRecord {
    let timestamp: Timestamp
    let level: LogLevel
    let body: String
    let attributes: [(key: String, value: LogAttribute)]

    init(_ record: borrowing LogRecord) {
        timestamp = record.timestamp
        level = record.level
        body = Self.text([0x22] + Array(record.bodyJSON) + [0x22])
        var attributes: [(key: String, value: LogAttribute)] = []
        var reader = LogAttributeReader(record.attributesJSON)
        while let (name, value, type) = reader.next() {
            guard let attribute = Self.attribute(Array(value), String(decoding: type, as: UTF8.self)) else {
                Issue.record("\(String(decoding: value, as: UTF8.self)) is no value")
                continue
            }
            attributes.append((key: Self.text(Array(name)), value: attribute))
        }
        self.attributes = attributes
    }

    subscript(key: String) -> LogAttribute? { attributes.first { $0.key == key }?.value }

    private static func text(_ json: [UInt8]) -> String {
        guard case .string(let text)? = try? JSONValue(parsing: json) else {
            Issue.record("\(String(decoding: json, as: UTF8.self)) is no text")
            return ""
        }
        return text
    }

    private static func attribute(_ json: [UInt8], _ type: String) -> LogAttribute? {
        switch (try? JSONValue(parsing: json), type) {
        case (.string(let value)?, "string"): .string(value)
        case (.bool(let value)?, "boolean"): .boolean(value)
        case (.integer(let value)?, "integer"): .integer(value)
        case (.integer(let value)?, "double"): .double(Double(value))
        case (.number(let value)?, "double"): .double(value)
        default: nil
        }
    }
}
