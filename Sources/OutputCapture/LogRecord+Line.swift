// One line as a structured log (protocol reference 5.2).

import SentryProtocol

extension LogRecord {
    /// In bytes of UTF-8. The wire would allow 1 MiB; lines that say more than this are data, and logs are billed by
    /// bytes.
    package static let maximumBody = 8192
    package static let maximumAttributes = 32
    package static let maximumAttributeValue = 1024
    private static let maximumName = 128

    /// Understands a line: cleaned, scrubbed, bounded; with its stream as `sentry.origin`.
    ///
    /// - Parameters:
    ///   - line: as the job wrote it.
    ///   - arrival: when it was read; the record's time unless the line states its own.
    ///   - sequence: orders lines of the same arrival, 0 for the first.
    ///   - isSecret: the line belongs to a private key.
    ///   - header: the line before it, which says of what level and logger this one is.
    ///   - exception: that the line is the first one of.
    ///   - habits: of the stream; they take the line in.
    ///   - localOffset: seconds east of Greenwich that the job's clocks show.
    ///   - scrubber: removes and counts secrets.
    package init(
        _ line: UnsafeRawBufferPointer, flags: LineFlags = [], from stream: CapturedStream, at arrival: Timestamp,
        sequence: Int, isSecret: Bool = false, under header: HeldHeader? = nil, of exception: WholeException? = nil,
        habits: inout StreamHabits, localOffset: Int64 = 0, scrubber: Scrubber = Scrubber()
    ) {
        self.init(timestamp: arrival, level: exception?.level ?? .info)
        guard !isSecret else {
            append(body: Scrubber.replacement, exception, scrubber)
            addOrigin(stream, exception)
            exception?.describe(in: &self)
            return
        }
        // What lies behind twice the limit cannot show, and must not cost.
        let start = UnsafeRawBufferPointer(rebasing: line.prefix(2 * Self.maximumBody))
        LineText.withCleaned(start) { text in
            if header == nil, exception == nil, text.first == UInt8(ascii: "{"),
                take(json: text, flags, stream, sequence, &habits, localOffset, scrubber)
            {
                return
            }
            var parsed = LogLineParser.parse(text, habits: habits)
            habits.note(parsed)
            header?.complete(&parsed, text)
            let hasTime = take(parsed.time, localOffset)
            if exception == nil, let stated = parsed.level { level = stated }
            addBody(parsed, text, exception, scrubber)
            addOrigin(stream, exception)
            add(flags, hasTime ? 0 : sequence)
            addTemplate(parsed, scrubber)
            addFields(parsed.attributes, text, scrubber)
            exception?.describe(in: &self)
        }
    }

    /// Most lines of JSON, at once; `false` where nothing was done.
    private mutating func take(
        json text: UnsafeRawBufferPointer, _ flags: LineFlags, _ stream: CapturedStream, _ sequence: Int,
        _ habits: inout StreamHabits, _ localOffset: Int64, _ scrubber: Scrubber
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: PlainJSON.Field.self, capacity: PlainJSON.mostFields) { fields in
            var json = PlainJSON(fields, habits.jsonKeys)
            guard json.read(text) else { return false }
            habits.note(.json, hasLevel: json.level != nil, [])
            let hasTime = take(json.time, localOffset)
            if let stated = json.level { level = stated }
            switch json.message {
            case .text(let message, isEscaped: false)?: append(body: message, nil, scrubber)
            case .text(let message, isEscaped: true)?: append(body: JSONText.unescaped(message), nil, scrubber)
            default: append(body: text, nil, scrubber)
            }
            addOrigin(stream, nil)
            add(flags, hasTime ? 0 : sequence)
            addFields(json, scrubber)
            return true
        }
    }

    /// The line's own time; whether that is the record's.
    private mutating func take(_ time: LineTime?, _ localOffset: Int64) -> Bool {
        guard let own = time?.nanoseconds(near: timestamp, localOffset: localOffset) else { return false }
        timestamp = Timestamp(nanoseconds: own)
        return true
    }

    private mutating func addOrigin(_ stream: CapturedStream, _ exception: WholeException?) {
        add("sentry.origin", text: exception?.origin ?? stream.origin)
    }

    /// - Parameter sequence: 0 where the time says it all.
    private mutating func add(_ flags: LineFlags, _ sequence: Int) {
        if sequence > 0 { add("sentry.timestamp.sequence", .integer(Int64(sequence))) }
        if flags.contains(.continued) { add("line.continued", true) }
    }

    // MARK: Body

    private mutating func addBody(
        _ parsed: ParsedLine, _ line: UnsafeRawBufferPointer, _ exception: WholeException?, _ scrubber: Scrubber
    ) {
        if let text = parsed.text { return append(body: text, exception, scrubber) }
        append(body: parsed.range.map { UnsafeRawBufferPointer(rebasing: line[$0]) } ?? line, exception, scrubber)
    }

    /// A text that a structured line quoted: its escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)``
    /// removes.
    private mutating func append(body text: String, _ exception: WholeException?, _ scrubber: Scrubber) {
        var text = text
        text.withUTF8 { utf8 in
            LineText.withCleaned(UnsafeRawBufferPointer(utf8), keepsNewlines: true) {
                append(body: $0, exception, scrubber)
            }
        }
    }

    private mutating func append(
        body text: UnsafeRawBufferPointer, _ exception: WholeException?, _ scrubber: Scrubber
    ) {
        scrubber.withScrubbed(text) { text in
            let shown = LineText.cut(text, limit: Self.maximumBody)
            guard let exception, !exception.others.isEmpty else {
                return append(body: shown, isCut: shown.count < text.count)
            }
            exception.appendBody(to: &self, first: shown, isCut: shown.count < text.count, scrubber)
        }
    }

    // MARK: Fields

    private mutating func addFields(_ list: LineFields, _ line: UnsafeRawBufferPointer, _ scrubber: Scrubber) {
        // One look at the list for all of its fields: counting references for each would cost as much as its text.
        list.fields.withUnsafeBufferPointer { fields in
            for index in 0..<min(fields.count, Self.maximumAttributes) {
                list.withName(fields[index], in: line) { name in
                    guard 1...Self.maximumName ~= name.count, !name.has("sentry."), key(name) else { return }
                    addValue(of: fields[index], list, name, line, scrubber)
                }
            }
        }
    }

    /// A line's own field, its secret removed.
    private mutating func addValue(
        of field: LineFields.Field, _ list: LineFields, _ name: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer,
        _ scrubber: Scrubber
    ) {
        switch field.value {
        // The line has no control characters any more.
        case .place(let lower, let upper): addValue(LineFields.slice(line, lower, upper), named: name, scrubber)
        case .escaped(let lower, let upper):
            addValue(quoted: JSONText.unescaped(LineFields.slice(line, lower, upper)), named: name, scrubber)
        case .number(let lower, let upper, let isInteger):
            if addSecret(numberNamed: name, scrubber) { return }
            value(number: LineFields.slice(line, lower, upper), isInteger: isInteger)
        case .text, .boolean, .integer, .double: addValue(list.attribute(field, in: line), named: name, scrubber)
        }
    }

    mutating func addValue(
        _ attribute: LogAttribute, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) {
        switch attribute {
        case .string(let text): addValue(quoted: text, named: name, scrubber)
        case .integer, .double: if !addSecret(numberNamed: name, scrubber) { value(attribute) }
        case .boolean: value(attribute)
        }
    }

    /// `true` for a number that has a secret's name, such as a one-time password.
    private mutating func addSecret(numberNamed name: UnsafeRawBufferPointer, _ scrubber: Scrubber) -> Bool {
        guard scrubber.isSecret(numberNamed: name) else { return false }
        value(.string(Scrubber.replacement))
        return true
    }

    /// A text whose escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)`` removes.
    mutating func addValue(quoted text: String, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber) {
        var text = text
        text.withUTF8 { utf8 in
            LineText.withCleaned(UnsafeRawBufferPointer(utf8), keepsNewlines: true) {
                addValue($0, named: name, scrubber)
            }
        }
    }

    mutating func addValue(
        _ text: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) {
        scrubber.withScrubbed(text, named: name) { addValue(bounded: $0) }
    }

    mutating func addValue(bounded text: UnsafeRawBufferPointer) {
        let shown = LineText.cut(text, limit: Self.maximumAttributeValue)
        value(text: shown, isCut: shown.count < text.count)
    }

    // MARK: Templates

    /// A template goes only with a parameter (protocol reference 5.3).
    private mutating func addTemplate(_ parsed: ParsedLine, _ scrubber: Scrubber) {
        guard var template = parsed.template else { return }
        var hasParameter = false
        for parameter in parsed.parameters.prefix(Self.maximumAttributes) {
            var (name, key) = (parameter.name, "sentry.message.parameter." + parameter.name)
            guard !name.isEmpty, name.utf8.count <= Self.maximumName else { continue }
            hasParameter = true
            guard key.withUTF8({ self.key(UnsafeRawBufferPointer($0)) }) else { continue }
            name.withUTF8 { addValue(parameter.value, named: UnsafeRawBufferPointer($0), scrubber) }
        }
        guard hasParameter, key("sentry.message.template") else { return }
        template.withUTF8 { utf8 in
            LineText.withCleaned(UnsafeRawBufferPointer(utf8), keepsNewlines: true) {
                scrubber.withScrubbed($0) { addValue(bounded: $0) }
            }
        }
    }
}

extension Scrubber {
    fileprivate func isSecret(numberNamed name: UnsafeRawBufferPointer) -> Bool {
        guard decisions.keys.verdict(name).ofField == .always, !decisions.allows(key: name) else { return false }
        count(.named)
        return true
    }

    /// Calls `body` with the text without its secrets.
    func withScrubbed(_ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let scrubbed = scrubbed(text) else { return body(text) }
        scrubbed.withUnsafeBytes(body)
    }

    func withScrubbed(
        _ text: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        guard let scrubbed = scrubbed(text, named: name) else { return body(text) }
        scrubbed.withUnsafeBytes(body)
    }
}
