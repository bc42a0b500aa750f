// OpenTelemetry's protocol as JSON lines: `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{…}]}]}]}`.
//
// Source: opentelemetry.io, OTLP file exporter; opentelemetry/proto/logs/v1/logs.proto in its JSON mapping.

import SentryProtocol

enum OpenTelemetryLine {
    private static let mostRecords = 64

    /// The first record of the line; of more than one, their number is kept and the worst level counts.
    static func parse(_ resourceLogs: UnsafeRawBufferPointer) -> ParsedLine? {
        var first: ParsedLine?
        var count = 0
        forEachRecord(resourceLogs) { record, scope in
            count += 1
            guard let parsed = parse(record: record, scope: scope) else { return }
            if let level = parsed.level, let worst = first?.level, level > worst { first?.level = level }
            if first == nil { first = parsed }
        }
        if count > 1 { first?.attributes.append("otel.records", Int64(count)) }
        return first
    }

    private static func forEachRecord(
        _ resourceLogs: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Void
    ) {
        var seen = 0
        forEachElement(resourceLogs) { resource in
            forEachElement(member("scopeLogs", of: resource)) { scope in
                let scopeFacts = member("scope", of: scope)
                forEachElement(member("logRecords", of: scope)) { record in
                    seen += 1
                    if seen <= mostRecords { body(record, scopeFacts) }
                }
            }
        }
    }

    private static func parse(record: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer?) -> ParsedLine? {
        var parsed = ParsedLine()
        parsed.format = .json
        var scanner = JSONMemberScanner(record, at: 0)
        while let member = scanner.next() {
            switch member.key.text {
            case "timeUnixNano":
                parsed.time = member.value.word?.decimalNanoseconds.map { LineTime(unixNanoseconds: $0) }
            case "severityNumber":
                parsed.level = member.value.word?.decimal.flatMap { LogLevel(openTelemetry: $0) } ?? parsed.level
            case "severityText": parsed.level = parsed.level ?? member.value.word.flatMap { LevelWord(name: $0)?.level }
            case "body": parsed.text = plain(member.raw)?.plainText
            case "attributes": attributes(member.raw).forEach { parsed.attributes.append($0) }
            case "traceId", "spanId":
                if let text = member.value.string, !text.isEmpty {
                    parsed.attributes.append(LineAttribute(member.key.text, .string(text)))
                }
            default: break
            }
        }
        if let name = scope.flatMap({ member("name", of: $0)?.text }), name.count > 2 {
            parsed.attributes.append(LineAttribute("logger.name", .string(String(name.dropFirst().dropLast()))))
        }
        return parsed.text == nil && parsed.level == nil ? nil : parsed
    }

    /// `[{"key":"a","value":{"intValue":"1"}}]`.
    private static func attributes(_ list: UnsafeRawBufferPointer) -> [LineAttribute] {
        var found: [LineAttribute] = []
        forEachElement(list) { entry in
            guard let key = member("key", of: entry), key.count > 2,
                let value = member("value", of: entry).flatMap(plain)
            else { return }
            found.append(
                LineAttribute(JSONText.unescaped(UnsafeRawBufferPointer(rebasing: key[1..<(key.count - 1)])), value))
        }
        return found
    }

    /// The one member of an AnyValue.
    private static func plain(_ value: UnsafeRawBufferPointer) -> LogAttribute? {
        var scanner = JSONMemberScanner(value, at: 0)
        guard let member = scanner.next() else { return nil }
        if member.key.has("intValue"), let word = member.value.word { return FieldValue.scalar(word) }
        return member.value.attribute
    }

    private static func member(_ name: StaticString, of object: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var scanner = JSONMemberScanner(object, at: 0)
        while let member = scanner.next() {
            if member.key.count == name.utf8CodeUnitCount, member.key.has(name) { return member.raw }
        }
        return nil
    }

    private static func forEachElement(_ list: UnsafeRawBufferPointer?, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let list else { return }
        var scanner = JSONMemberScanner(list, at: 0)
        while let element = scanner.nextElement() { body(element.raw) }
    }
}

extension UnsafeRawBufferPointer {
    /// Up to 19 digits.
    fileprivate var decimalNanoseconds: Int64? { count <= 19 ? Int64(text) : nil }
}
