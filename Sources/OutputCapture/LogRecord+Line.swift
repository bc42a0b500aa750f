// One line as a structured log (protocol reference 5.2).

import SentryProtocol

extension LogRecord {
    /// In bytes of UTF-8. The wire would allow 1 MiB; lines that say more than this are data, and logs are billed by
    /// bytes.
    package static let maximumBody = 8192
    package static let maximumAttributes = 32
    package static let maximumAttributeValue = 1024

    /// Understands a line: cleaned, scrubbed, bounded; with its stream as `sentry.origin`.
    ///
    /// - Parameters:
    ///   - line: as the job wrote it.
    ///   - arrival: when it was read; the record's time unless the line states its own.
    ///   - sequence: orders lines of the same arrival, 0 for the first.
    ///   - isSecret: the line belongs to a private key.
    ///   - header: the line before it, which says of what level and logger this one is.
    ///   - habits: of the stream; they take the line in.
    ///   - localOffset: seconds east of Greenwich that the job's clocks show.
    ///   - scrubber: removes and counts secrets.
    package init(
        _ line: UnsafeRawBufferPointer, flags: LineFlags = [], from stream: CapturedStream, at arrival: Timestamp,
        sequence: Int, isSecret: Bool = false, under header: HeldHeader? = nil, habits: inout StreamHabits,
        localOffset: Int64 = 0, scrubber: Scrubber = Scrubber()
    ) {
        let origin = (key: "sentry.origin", value: LogAttribute.string(stream.origin))
        guard !isSecret else {
            self.init(timestamp: arrival, level: .info, body: Scrubber.replacement, attributes: [origin])
            return
        }
        // What lies behind twice the limit cannot show, and must not cost.
        let start = UnsafeRawBufferPointer(rebasing: line.prefix(2 * Self.maximumBody))
        self = LineText.withCleaned(start) { text in
            var parsed = LogLineParser.parse(text, habits: habits)
            habits.note(parsed)
            header?.complete(&parsed, text)
            let own = parsed.time?.nanoseconds(near: arrival, localOffset: localOffset)
            var record = LogRecord(
                timestamp: own.map { Timestamp(nanoseconds: $0) } ?? arrival, level: parsed.level ?? .info,
                body: Self.body(parsed, text, scrubber))
            record.attributes.reserveCapacity(3 + min(parsed.attributes.count, Self.maximumAttributes))
            record.attributes.append(origin)
            if sequence > 0, own == nil { record.set("sentry.timestamp.sequence", .integer(Int64(sequence))) }
            if flags.contains(.continued) { record.set("line.continued", true) }
            record.addTemplate(parsed, scrubber)
            record.addFields(parsed.attributes, text, scrubber)
            return record
        }
    }

    // MARK: Fields

    private mutating func addFields(_ list: LineFields, _ line: UnsafeRawBufferPointer, _ scrubber: Scrubber) {
        for (index, field) in list.fields.prefix(Self.maximumAttributes).enumerated() {
            list.withName(field, in: line) { name in
                guard !name.isEmpty, name.count <= Self.maximumName, !name.has("sentry."),
                    !Self.isRepeated(name, list, before: index, line), !hasAttribute(name)
                else { return }
                attributes.append((key: name.text, value: Self.value(field, list, name, line, scrubber)))
            }
        }
    }

    private static let maximumName = 128

    /// The first of equal names stays: the wire's object has each once.
    private static func isRepeated(
        _ name: UnsafeRawBufferPointer, _ list: LineFields, before index: Int, _ line: UnsafeRawBufferPointer
    ) -> Bool {
        for other in list.fields[..<index] {
            if list.withName(other, in: line, { $0.count == name.count && $0.elementsEqual(name) }) { return true }
        }
        return false
    }

    /// What was set beside the line's own fields; there is next to nothing.
    private func hasAttribute(_ name: UnsafeRawBufferPointer) -> Bool {
        name.has("line.continued") && attributes.contains { $0.key.utf8.elementsEqual(name) }
    }

    /// A line's own field, its secret removed.
    private static func value(
        _ field: LineFields.Field, _ list: LineFields, _ name: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer,
        _ scrubber: Scrubber
    ) -> LogAttribute {
        switch field.value {
        case .place(let lower, let upper):
            // The line has no control characters any more.
            return .string(text(LineFields.slice(line, lower, upper), named: name, scrubber))
        case .escaped(let lower, let upper):
            return .string(quoted(JSONText.unescaped(LineFields.slice(line, lower, upper)), named: name, scrubber))
        case .text(let index): return .string(quoted(list.text(index), named: name, scrubber))
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return number(.integer(value), named: name, scrubber)
        case .double(let value): return number(.double(value), named: name, scrubber)
        }
    }

    private static func number(
        _ value: LogAttribute, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) -> LogAttribute {
        scrubber.isSecret(numberNamed: name) ? .string(Scrubber.replacement) : value
    }

    private static func text(
        _ bytes: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) -> String {
        guard let scrubbed = scrubber.scrubbed(bytes, named: name) else {
            return LineText.string(bytes, limit: maximumAttributeValue)
        }
        return LineText.string(scrubbed, limit: maximumAttributeValue)
    }

    /// A text whose escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)`` removes.
    private static func quoted(
        _ text: String, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) -> String {
        var text = text
        return text.withUTF8 { utf8 in
            LineText.withCleaned(UnsafeRawBufferPointer(utf8), keepsNewlines: true) {
                self.text($0, named: name, scrubber)
            }
        }
    }

    /// A template goes only with a parameter (protocol reference 5.3).
    private mutating func addTemplate(_ parsed: ParsedLine, _ scrubber: Scrubber) {
        guard let template = parsed.template else { return }
        var hasParameter = false
        for member in parsed.parameters.prefix(Self.maximumAttributes) {
            guard let value = Self.parameter(member, scrubber) else { continue }
            hasParameter = true
            set("sentry.message.parameter." + member.name, value)
        }
        guard hasParameter else { return }
        set(
            "sentry.message.template",
            .string(Self.bounded(quoted: template, limit: Self.maximumAttributeValue, scrubber)))
    }

    /// The first of equal names stays: the wire's object has each once.
    private mutating func set(_ name: String, _ value: LogAttribute) {
        // Strings are compared by their characters, which takes a while; most names differ in their lengths.
        let count = name.utf8.count
        if !attributes.contains(where: { $0.key.utf8.count == count && $0.key == name }) {
            attributes.append((key: name, value: value))
        }
    }

    private static func body(_ parsed: ParsedLine, _ line: UnsafeRawBufferPointer, _ scrubber: Scrubber) -> String {
        if let text = parsed.text { return bounded(quoted: text, limit: maximumBody, scrubber) }
        let message = parsed.range.map { UnsafeRawBufferPointer(rebasing: line[$0]) } ?? line
        return bounded(message, limit: maximumBody, scrubber)
    }

    private static func bounded(_ text: UnsafeRawBufferPointer, limit: Int, _ scrubber: Scrubber) -> String {
        guard let scrubbed = scrubber.scrubbed(text) else { return LineText.string(text, limit: limit) }
        return LineText.string(scrubbed, limit: limit)
    }

    /// A text that a structured line quoted: its escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)``
    /// removes.
    private static func bounded(quoted text: String, limit: Int, _ scrubber: Scrubber) -> String {
        var text = text
        let isClean = text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            return bytes.count <= limit && !LineText.hasControls(bytes)
                && scrubber.scrubbed(bytes, counts: false) == nil
        }
        if isClean { return text }
        return text.withUTF8 { utf8 in
            LineText.withCleaned(UnsafeRawBufferPointer(utf8), keepsNewlines: true) {
                bounded($0, limit: limit, scrubber)
            }
        }
    }

    private static func parameter(_ member: LineAttribute, _ scrubber: Scrubber) -> LogAttribute? {
        var name = member.name
        guard !name.isEmpty, name.utf8.count <= maximumName else { return nil }
        return name.withUTF8 { utf8 in
            let name = UnsafeRawBufferPointer(utf8)
            switch member.value {
            case .boolean: return member.value
            case .integer, .double: return number(member.value, named: name, scrubber)
            case .string(let text): return .string(quoted(text, named: name, scrubber))
            }
        }
    }
}

extension Scrubber {
    /// A number that has a secret's name, such as a one-time password.
    fileprivate func isSecret(numberNamed name: UnsafeRawBufferPointer) -> Bool {
        guard decisions.keys.verdict(name).ofField == .always, !decisions.allows(key: name) else { return false }
        count(.named)
        return true
    }
}
