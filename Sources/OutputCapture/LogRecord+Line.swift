// One line as a structured log (protocol reference 5.2).

import SentryProtocol

extension LogRecord {
    /// In bytes of UTF-8. The wire would allow 1 MiB; lines that say more than this are data, and logs are billed by
    /// bytes.
    package static let maximumBody = 8192
    package static let maximumAttributes = 32
    package static let maximumAttributeValue = 1024
    /// How far a line's own time may differ from its arrival before it is taken for something else.
    private static let plausibleAge: Int64 = 24 * 3600 * 1_000_000_000
    private static let plausibleLead: Int64 = 60 * 1_000_000_000

    /// Understands a line: cleaned, scrubbed, bounded; with its stream as `sentry.origin`.
    ///
    /// - Parameters:
    ///   - line: as the job wrote it.
    ///   - arrival: when it was read; the record's time unless the line states its own.
    ///   - sequence: orders lines of the same arrival, 0 for the first.
    ///   - isSecret: the line belongs to a private key.
    ///   - scrubber: removes and counts secrets.
    package init(
        _ line: UnsafeRawBufferPointer, flags: LineFlags = [], from stream: CapturedStream, at arrival: Timestamp,
        sequence: Int, isSecret: Bool = false, scrubber: Scrubber
    ) {
        let origin = (key: "sentry.origin", value: LogAttribute.string("auto.log.\(stream.name)"))
        guard !isSecret else {
            self.init(timestamp: arrival, level: .info, body: Scrubber.replacement, attributes: [origin])
            return
        }
        // What lies behind twice the limit cannot show, and must not cost.
        let text = LineText.cleaned(UnsafeRawBufferPointer(rebasing: line.prefix(2 * Self.maximumBody)))
        let parsed = text.withUnsafeBytes { LogLineParser.parse($0) }
        let own = parsed.timestamp.flatMap { Self.isPlausible($0, arrival) ? Timestamp(nanoseconds: $0) : nil }
        let body =
            parsed.message.map { Self.bounded(quoted: $0, limit: Self.maximumBody, scrubber) }
            ?? Self.bounded(text, limit: Self.maximumBody, scrubber)
        self.init(timestamp: own ?? arrival, level: parsed.level ?? .info, body: body, attributes: [origin])
        if sequence > 0, own == nil { set("sentry.timestamp.sequence", .integer(Int64(sequence))) }
        if flags.contains(.continued) { set("line.continued", true) }
        for member in parsed.attributes.prefix(Self.maximumAttributes) {
            if let value = Self.attribute(member, scrubber) { set(member.name, value) }
        }
    }

    /// The first of equal names stays: the wire's object has each once.
    private mutating func set(_ name: String, _ value: LogAttribute) {
        if !attributes.contains(where: { $0.key == name }) { attributes.append((key: name, value: value)) }
    }

    private static func isPlausible(_ time: Int64, _ arrival: Timestamp) -> Bool {
        time > arrival.nanoseconds - plausibleAge && time < arrival.nanoseconds + plausibleLead
    }

    private static func bounded(_ text: [UInt8], limit: Int, _ scrubber: Scrubber) -> String {
        let scrubbed = text.withUnsafeBytes { scrubber.scrubbed($0) } ?? text
        return LineText.string(scrubbed, limit: limit)
    }

    /// A text that a structured line quoted: its escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)``
    /// removes.
    private static func bounded(quoted text: String, limit: Int, _ scrubber: Scrubber) -> String {
        var text = text
        return bounded(
            text.withUTF8 { LineText.cleaned(UnsafeRawBufferPointer($0), keepsNewlines: true) }, limit: limit, scrubber)
    }

    /// A line's own field: a scalar, its secret removed. Names that Sentry reserves are left out.
    private static func attribute(_ member: JSONValue.Member, _ scrubber: Scrubber) -> LogAttribute? {
        guard !member.name.isEmpty, member.name.utf8.count <= 128, !member.name.hasPrefix("sentry.") else { return nil }
        switch member.value {
        case .null: return nil
        case .bool(let value): return .boolean(value)
        case .integer(let value): return scrubber.isSecret(number: member) ? redacted : .integer(value)
        case .number(let value): return scrubber.isSecret(number: member) ? redacted : .double(value)
        case .string(let text): return .string(named(member.name, text, scrubber))
        case .array, .object:
            let text = String(decoding: member.value.jsonBytes, as: UTF8.self)
            return .string(named(member.name, text, scrubber))
        }
    }

    private static let redacted = LogAttribute.string(Scrubber.replacement)

    private static func named(_ name: String, _ text: String, _ scrubber: Scrubber) -> String {
        var name = name
        var text = text
        let cleaned = text.withUTF8 { LineText.cleaned(UnsafeRawBufferPointer($0), keepsNewlines: true) }
        let scrubbed = name.withUTF8 { name in
            cleaned.withUnsafeBytes { scrubber.scrubbed($0, named: UnsafeRawBufferPointer(name)) }
        }
        return LineText.string(scrubbed ?? cleaned, limit: maximumAttributeValue)
    }
}

extension Scrubber {
    /// A number that has a secret's name, such as a one-time password.
    fileprivate func isSecret(number member: JSONValue.Member) -> Bool {
        var name = member.name
        let digits = Array("0".utf8)
        return name.withUTF8 { name in
            digits.withUnsafeBytes { scrubbed($0, named: UnsafeRawBufferPointer(name)) } != nil
        }
    }
}
