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
    package init(
        _ line: UnsafeRawBufferPointer, flags: LineFlags = [], from stream: CapturedStream, at arrival: Timestamp,
        sequence: Int, isSecret: Bool = false
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
            parsed.message.map { Self.bounded(quoted: $0, limit: Self.maximumBody) }
            ?? Self.bounded(text, limit: Self.maximumBody)
        self.init(timestamp: own ?? arrival, level: parsed.level ?? .info, body: body, attributes: [origin])
        if sequence > 0, own == nil { set("sentry.timestamp.sequence", .integer(Int64(sequence))) }
        if flags.contains(.continued) { set("line.continued", true) }
        for member in parsed.attributes.prefix(Self.maximumAttributes) {
            if let value = Self.attribute(member) { set(member.name, value) }
        }
    }

    /// The first of equal names stays: the wire's object has each once.
    private mutating func set(_ name: String, _ value: LogAttribute) {
        if !attributes.contains(where: { $0.key == name }) { attributes.append((key: name, value: value)) }
    }

    private static func isPlausible(_ time: Int64, _ arrival: Timestamp) -> Bool {
        time > arrival.nanoseconds - plausibleAge && time < arrival.nanoseconds + plausibleLead
    }

    private static func bounded(_ text: [UInt8], limit: Int) -> String {
        let scrubbed = text.withUnsafeBytes { Scrubber.scrubbed($0) } ?? text
        return LineText.string(scrubbed, limit: limit)
    }

    /// A text that a structured line quoted: its escapes may have hidden what ``LineText/cleaned(_:keepsNewlines:)``
    /// removes.
    private static func bounded(quoted text: String, limit: Int) -> String {
        var text = text
        return bounded(
            text.withUTF8 { LineText.cleaned(UnsafeRawBufferPointer($0), keepsNewlines: true) }, limit: limit)
    }

    /// A line's own field: a scalar, its secret removed. Names that Sentry reserves are left out.
    private static func attribute(_ member: JSONValue.Member) -> LogAttribute? {
        var name = member.name
        guard !name.isEmpty, name.utf8.count <= 128, !name.hasPrefix("sentry.") else { return nil }
        let sensitive = name.withUTF8 { SensitiveKey(inText: UnsafeRawBufferPointer($0)) }
        if sensitive == .always || sensitive == .header { return .string(Scrubber.replacement) }
        switch member.value {
        case .null: return nil
        case .bool(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .double(value)
        case .string(var text):
            let isRandom = text.withUTF8 { SecretShape.looksRandom(UnsafeRawBufferPointer($0)) }
            if sensitive == .ifRandomLooking, isRandom { return .string(Scrubber.replacement) }
            return .string(bounded(quoted: text, limit: maximumAttributeValue))
        case .array, .object: return .string(bounded(member.value.jsonBytes, limit: maximumAttributeValue))
        }
    }
}
