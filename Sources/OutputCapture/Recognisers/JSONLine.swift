// `{"level":"warn","msg":"…","port":80}`: one object a line, as pino, bunyan, zap, zerolog, slog, logrus, winston, structlog,
// Serilog, .NET, logstash, ECS, GELF, tracing, Monolog, OpenTelemetry and Docker write it.

import LinuxSystem
import SentryProtocol

enum JSONLine {
    /// Docker writes of lines, whose text may be JSON again: so deep, and no deeper.
    private static let deepestLine = 2

    /// The level that the object at `start` states, without building anything else.
    static func level(_ line: UnsafeRawBufferPointer, from start: Int, depth: Int = 0) -> LogLevel? {
        var scanner = JSONMemberScanner(line, at: start)
        var docker: FieldValue?
        var number: LogLevel?
        var (hasStream, hasTime) = (false, false)
        while let member = scanner.next() {
            let value = member.value
            switch StructuredField(member.key) {
            case .level, .pythonLevel, .severityNumber:
                guard let level = StructuredLine.level(member.key, value) else { continue }
                // Words say more than numbers, whose meaning is the library's own.
                if value.word?.first?.isDigit != true { return level }
                number = number ?? level
            case .log where scanner.count == 1 && value.object == nil: docker = value
            case .log where depth < deepestLine:
                if let level = value.object.flatMap({ level($0, from: 0, depth: deepestLine) }) { return level }
            case .resourceLogs: return parse(line, from: start)?.level
            case .template: return number ?? levelOfTemplate(scanner)
            case .members where member.key.first == UInt8(ascii: "@") && depth < deepestLine:
                if let level = value.object.flatMap({ level($0, from: 0, depth: deepestLine) }) { return level }
            case .time: hasTime = true
            default: hasStream = hasStream || member.key.has("stream")
            }
        }
        guard number == nil, let docker, hasStream, hasTime, depth + 1 < deepestLine else { return number }
        return levelInside(docker, depth + 1)
    }

    /// Serilog leaves out the level of what is only information.
    private static func levelOfTemplate(_ scanner: JSONMemberScanner) -> LogLevel {
        var scanner = scanner
        while let member = scanner.next() {
            if let level = StructuredLine.level(member.key, member.value) { return level }
        }
        return .info
    }

    private static func levelInside(_ docker: FieldValue, _ depth: Int) -> LogLevel? {
        withLine(docker) { inner in
            var start = 0
            while start < inner.count, inner[start].isSpace { start += 1 }
            if start < inner.count, inner[start] == UInt8(ascii: "{") { return level(inner, from: start, depth: depth) }
            return LogLineParser.level(of: inner)
        }
    }

    /// `nil` unless the line is one complete object that names a level or a message.
    static func parse(_ line: UnsafeRawBufferPointer, from start: Int, depth: Int = 0) -> ParsedLine? {
        var scanner = JSONMemberScanner(line, at: start)
        var structured = StructuredLine(line)
        while let member = scanner.next() {
            if case .nested(let records) = member.value, member.key.has("resourceLogs"), scanner.count == 1 {
                return OpenTelemetryLine.parse(records)
            }
            structured.add(member.key, member.value)
        }
        guard scanner.isComplete else { return nil }
        if structured.isDocker, let docker = structured.dockerLine, depth + 1 < deepestLine {
            return unwrapped(docker, structured, depth + 1)
        }
        structured.dropDockerLine()
        structured.finish()
        guard structured.isLog else { return nil }
        var parsed = structured.parsed
        parsed.format = .json
        return parsed
    }

    /// What the container's line says; what it does not say, Docker does.
    private static func unwrapped(_ docker: FieldValue, _ outer: StructuredLine, _ depth: Int) -> ParsedLine {
        withLine(docker) { inner in
            var parsed = LogLineParser.parse(inner, depth: depth)
            parsed = parsed.owned(from: inner)
            parsed.time = parsed.time ?? outer.parsed.time
            parsed.attributes.append(outer.parsed.attributes)
            parsed.format = .json
            return parsed
        }
    }

    /// The text of a line inside the line, without its newline and its colours.
    private static func withLine<Result>(
        _ value: FieldValue, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var text = Array((value.string ?? "").utf8)
        while text.last == 0x0A || text.last == 0x0D { text.removeLast() }
        return text.withUnsafeBytes { raw in
            guard firstOffset(of: 0x1B, in: raw) != nil else { return body(raw) }
            return LineText.cleaned(raw, keepsNewlines: true).withUnsafeBytes(body)
        }
    }
}
