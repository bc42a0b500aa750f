// One line as a structured log (protocol reference 5.2).

import SentryProtocol

/// A line that is to be sent: cleaned, scrubbed, bounded.
package struct LogRecord: Sendable, Equatable {
    package var timestamp: Timestamp
    package var level: LogLevel
    /// At most ``maximumBody`` bytes and a `…`.
    package var body: String
    package var stream: CapturedStream
    /// Scalars only; the wire knows no others.
    package var attributes: [JSONValue.Member]
    /// Orders records of the same timestamp, 0 for the first.
    package var sequence: Int

    /// In bytes of UTF-8. The wire would allow 1 MiB; lines that say more than this are data, and logs are billed by
    /// bytes.
    package static let maximumBody = 8192
    package static let maximumAttributes = 32
    package static let maximumAttributeValue = 1024
    /// How far a line's own time may differ from its arrival before it is taken for something else.
    private static let plausibleAge: Int64 = 24 * 3600 * 1_000_000_000
    private static let plausibleLead: Int64 = 60 * 1_000_000_000

    /// Understands a line.
    ///
    /// - Parameters:
    ///   - line: as the job wrote it.
    ///   - arrival: when it was read; the record's time unless the line states its own.
    ///   - isSecret: the line belongs to a private key.
    package init(
        _ line: UnsafeRawBufferPointer, flags: LineFlags = [], from stream: CapturedStream, at arrival: Timestamp,
        sequence: Int, isSecret: Bool = false
    ) {
        self.stream = stream
        self.sequence = sequence
        timestamp = arrival
        level = .info
        attributes = []
        guard !isSecret else {
            body = Scrubber.replacement
            return
        }
        // What lies behind twice the limit cannot show, and must not cost.
        let text = LineText.cleaned(UnsafeRawBufferPointer(rebasing: line.prefix(2 * Self.maximumBody)))
        let parsed = text.withUnsafeBytes { LogLineParser.parse($0) }
        level = parsed.level ?? .info
        if let time = parsed.timestamp, Self.isPlausible(time, arrival) {
            timestamp = Timestamp(nanoseconds: time)
            self.sequence = 0
        }
        body = Self.bounded(parsed.message.map { Array($0.utf8) } ?? text, limit: Self.maximumBody)
        attributes = parsed.attributes.prefix(Self.maximumAttributes).compactMap(Self.attribute)
        if flags.contains(.continued) { attributes.append(JSONValue.Member("line.continued", true)) }
    }

    private static func isPlausible(_ time: Int64, _ arrival: Timestamp) -> Bool {
        time > arrival.nanoseconds - plausibleAge && time < arrival.nanoseconds + plausibleLead
    }

    private static func bounded(_ text: [UInt8], limit: Int) -> String {
        let scrubbed = text.withUnsafeBytes { Scrubber.scrubbed($0) } ?? text
        return LineText.string(scrubbed, limit: limit)
    }

    /// A line's own field: a scalar, its secret removed. Names that Sentry reserves are left out.
    private static func attribute(_ member: JSONValue.Member) -> JSONValue.Member? {
        var name = member.name
        guard !name.isEmpty, name.utf8.count <= 128, !name.hasPrefix("sentry.") else { return nil }
        let sensitive = name.withUTF8 { SensitiveKey(inText: UnsafeRawBufferPointer($0)) }
        if sensitive == .always || sensitive == .header { return JSONValue.Member(name, .string(Scrubber.replacement)) }
        switch member.value {
        case .null: return nil
        case .bool, .integer, .number: return member
        case .string(var text):
            let isRandom = text.withUTF8 { SecretShape.looksRandom(UnsafeRawBufferPointer($0)) }
            if sensitive == .ifRandomLooking, isRandom {
                return JSONValue.Member(name, .string(Scrubber.replacement))
            }
            return JSONValue.Member(name, .string(bounded(Array(text.utf8), limit: maximumAttributeValue)))
        case .array, .object:
            return JSONValue.Member(name, .string(bounded(member.value.jsonBytes, limit: maximumAttributeValue)))
        }
    }
}

extension LogRecord {
    /// Writes one entry of a log container.
    ///
    /// - Parameter common: attributes of every record of the run; the record's own of the same name win.
    func write(to json: inout JSONWriter, trace: LogTrace, common: [JSONValue.Member]) {
        json.object { entry in
            entry.field("timestamp") { $0.raw(timestamp.secondsText.utf8) }
            entry.field("trace_id", trace.traceID)
            entry.field("span_id", trace.spanID)
            entry.field("level", level.name)
            entry.field("severity_number", Int(level.rawValue))
            entry.field("body", body)
            entry.field("attributes") { $0.object { write(attributesTo: &$0, common) } }
        }
    }

    private func write(attributesTo json: inout JSONWriter, _ common: [JSONValue.Member]) {
        let own = Set(attributes.map(\.name))
        for member in common where !own.contains(member.name) { Self.write(member, to: &json) }
        Self.write(JSONValue.Member("sentry.origin", .string("auto.log.\(stream.name)")), to: &json)
        if sequence > 0 {
            Self.write(JSONValue.Member("sentry.timestamp.sequence", .integer(Int64(sequence))), to: &json)
        }
        var written: Set<String> = []
        for member in attributes where written.insert(member.name).inserted { Self.write(member, to: &json) }
    }

    private static func write(_ attribute: JSONValue.Member, to json: inout JSONWriter) {
        guard let type = typeName(attribute.value) else { return }
        json.field(attribute.name) {
            $0.object {
                $0.field("value", attribute.value)
                $0.field("type", type)
            }
        }
    }

    private static func typeName(_ value: JSONValue) -> String? {
        switch value {
        case .string: "string"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "double"
        case .null, .array, .object: nil
        }
    }
}

/// Which trace a run's logs belong to.
package struct LogTrace: Sendable, Equatable {
    package let traceID: TraceID
    package let spanID: SpanID?

    package init(traceID: TraceID, spanID: SpanID?) {
        self.traceID = traceID
        self.spanID = spanID
    }
}
