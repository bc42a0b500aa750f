// What JSON lines and logfmt have in common: keys that mean level, time and message, and what becomes of the rest.

import SentryProtocol

/// Gathers the fields of one structured line. The first of each meaning counts; repeats are attributes.
struct StructuredLine: ~Copyable {
    static let deepestNesting = 3
    private static let maximumMembers = 64

    private let line: UnsafeRawBufferPointer
    private(set) var parsed = ParsedLine()
    private(set) var count = 0
    /// Docker's: what the container wrote, and the time at which it came.
    private(set) var dockerLine: FieldValue?

    // What only the whole line decides.
    private var hasStream = false
    private var hasNumericLevel = false
    private var hasPythonLevel = false
    private var hasSeverity = false
    private var hasFields = false
    private var hasTemplate = false
    private var body: FieldValue?
    private var name: FieldValue?
    private var target: FieldValue?

    init(_ line: UnsafeRawBufferPointer) {
        self.line = line
        parsed.attributes.reserveCapacity(12)
    }

    /// Whether the line is worth being taken for structured.
    var isLog: Bool {
        parsed.level != nil || parsed.range != nil || parsed.text != nil || dockerLine != nil || hasTemplate
    }

    /// - Parameter scope: names of the objects around, each followed by a dot.
    mutating func add(_ key: UnsafeRawBufferPointer, _ value: FieldValue, scope: String = "", depth: Int = 0) {
        guard count < Self.maximumMembers else { return }
        count += 1
        let field = scope.isEmpty ? StructuredField(key) : .other
        switch field {
        case .level, .pythonLevel, .severityNumber: addLevel(field, key, value)
        case .time where parsed.time == nil:
            parsed.time = Self.time(value)
            if parsed.time == nil { keep(key, value, scope, depth) }
        case .message where parsed.range == nil && parsed.text == nil && isText(value): setMessage(value)
        case .body where body == nil: body = value
        case .template where parsed.template == nil && isText(value):
            parsed.template = value.string
            hasTemplate = true
        case .name where name == nil: name = value
        case .target where target == nil: target = value
        case .caller: addCaller(key, value)
        case .exception: addException(key, value)
        case .log: addLog(key, value, depth)
        case .members: addMembers(key, value, depth)
        case .state: addState(key, value, depth)
        case .noise: break
        case .named(let number): keep(under: StructuredField.conventionalName(number), value, depth)
        case .time, .message, .body, .template, .name, .target, .resourceLogs, .other: keep(key, value, scope, depth)
        }
    }

    /// Settles what only the whole line decides.
    mutating func finish() {
        if let body {
            if parsed.range == nil, parsed.text == nil, hasSeverity, isText(body) {
                setMessage(body)
            } else {
                keep(under: "body", body, 0)
            }
        }
        if let name { keep(under: hasNumericLevel || hasPythonLevel ? "logger.name" : "name", name, 0) }
        if let target {
            let isModule = hasFields || target.word.map { LineCursor($0).find(UInt8(ascii: ":")) != nil } == true
            keep(under: isModule ? "logger.name" : "target", target, 0)
        }
        if hasTemplate, parsed.level == nil { parsed.level = .info }
        parsed.separateParameters(of: line)
    }

    /// All that was gathered, without a copy.
    consuming func taken(as format: LineFormat) -> ParsedLine {
        parsed.format = format
        return parsed
    }

    // MARK: Level, time, message

    private mutating func addLevel(_ field: StructuredField, _ key: UnsafeRawBufferPointer, _ value: FieldValue) {
        if case .severityNumber = field { hasSeverity = true }
        if key.hasPrefixIgnoringCase("severity") { hasSeverity = true }
        if key.equalsIgnoringCase("levelname") { hasPythonLevel = true }
        guard let (level, isNumber) = Self.level(field, value) else { return keep(key, value, "", 0) }
        // Words say more than numbers, whose meaning is the library's own.
        if parsed.level == nil || hasNumericLevel && !isNumber { parsed.level = level }
        hasNumericLevel = isNumber
    }

    static func level(_ field: StructuredField, _ value: FieldValue) -> (LogLevel, isNumber: Bool)? {
        guard let word = value.word else { return nil }
        if let number = word.decimal {
            switch field {
            case .pythonLevel: return LogLevel(python: number).map { ($0, true) }
            case .severityNumber: return LogLevel(openTelemetry: number).map { ($0, true) }
            default: return LogLevel(number: number).map { ($0, true) }
            }
        }
        return LevelWord(name: word).map { ($0.level, false) }
    }

    /// The level that a member states, `nil` when it is no level's.
    static func level(_ key: UnsafeRawBufferPointer, _ value: FieldValue) -> LogLevel? {
        let field = StructuredField(key)
        switch field {
        case .level, .pythonLevel, .severityNumber: return level(field, value)?.0
        default: return nil
        }
    }

    static func time(_ value: FieldValue) -> LineTime? {
        guard let word = value.word else { return nil }
        if let time = LineTime(text: word) { return time }
        // 1.795234329123e9, as zap writes it, and numbers with more digits than a stamp has.
        guard case .bare = value else { return nil }
        return Double(word.text).flatMap { LineTime(unix: $0) }
    }

    private func isText(_ value: FieldValue) -> Bool {
        if case .text = value { true } else { false }
    }

    private mutating func setMessage(_ value: FieldValue) {
        if let word = value.word, let start = word.baseAddress, let base = line.baseAddress, start >= base,
            start + word.count <= base + line.count
        {
            parsed.range = (start - base)..<(start - base + word.count)
        } else {
            parsed.text = value.string
        }
    }

    // MARK: Attributes

    private mutating func keep(_ key: UnsafeRawBufferPointer, _ value: FieldValue, _ scope: String, _ depth: Int) {
        if key.count == 6, key.has("stream") { hasStream = true }
        guard scope.isEmpty, value.object == nil else {
            return keep(named: scope + JSONText.unescaped(key), value, depth)
        }
        let name = parsed.attributes.name(key, in: line)
        parsed.attributes.append(name, value, in: line)
    }

    private mutating func keep(under name: StaticString, _ value: FieldValue, _ depth: Int) {
        guard value.object == nil else { return keep(named: "\(name)", value, depth) }
        parsed.attributes.append(.fixed(name), value, in: line)
    }

    /// Objects become one attribute for each member, named with dots.
    private mutating func keep(named name: String, _ value: FieldValue, _ depth: Int) {
        if let object = value.object, depth < Self.deepestNesting {
            return add(membersOf: object, scope: name + ".", depth: depth + 1)
        }
        let name = parsed.attributes.name(name)
        parsed.attributes.append(name, value, in: line)
    }

    private mutating func add(membersOf object: UnsafeRawBufferPointer, scope: String, depth: Int) {
        var scanner = JSONMemberScanner(object, at: 0)
        while count < Self.maximumMembers, let member = scanner.next() {
            add(member.key, member.value, scope: scope, depth: depth)
        }
    }

    private mutating func addMembers(_ key: UnsafeRawBufferPointer, _ value: FieldValue, _ depth: Int) {
        guard let object = value.object, depth == 0 else { return keep(key, value, "", depth) }
        hasFields = hasFields || key.has("fields")
        // tracing has its message in there, older logstash formats the level.
        if key.first == UInt8(ascii: "@") || key.has("fields") && parsed.range == nil && parsed.text == nil {
            return add(membersOf: object, scope: "", depth: 1)
        }
        var scanner = JSONMemberScanner(object, at: 0)
        while count < Self.maximumMembers, let member = scanner.next() {
            count += 1
            keep(named: JSONText.unescaped(member.key), member.value, 1)
        }
    }

    /// `{"Message":"Hello bob","name":"bob","{OriginalFormat}":"Hello {name}"}`.
    private mutating func addState(_ key: UnsafeRawBufferPointer, _ value: FieldValue, _ depth: Int) {
        guard let object = value.object, depth == 0 else { return keep(key, value, "", depth) }
        var scanner = JSONMemberScanner(object, at: 0)
        while count < Self.maximumMembers, let member = scanner.next() {
            count += 1
            if member.key.has("{OriginalFormat}"), member.key.count == 16 {
                parsed.template = member.value.string
            } else if !member.key.equalsIgnoringCase("message") {
                keep(named: JSONText.unescaped(member.key), member.value, 1)
            }
        }
    }

    /// `"caller":"pkg/main.go:12"` (zap, zerolog, go-kit); `"source":{"function":…,"file":…,"line":…}` (log/slog).
    private mutating func addCaller(_ key: UnsafeRawBufferPointer, _ value: FieldValue) {
        if let object = value.object {
            var scanner = JSONMemberScanner(object, at: 0)
            while let member = scanner.next() {
                let name =
                    member.key.has("file")
                    ? "code.file.path"
                    : member.key.has("line")
                        ? "code.line.number"
                        : member.key.has("function") ? "code.function.name" : "source." + JSONText.unescaped(member.key)
                keep(named: name, member.value, Self.deepestNesting)
            }
        } else if let word = value.word, let place = CodePlace(whole: word) {
            place.add(to: &parsed.attributes, in: line)
        } else {
            keep(key, value, "", 0)
        }
    }

    /// `"err":{"type":"TypeError","message":"…","stack":"…"}` (pino, bunyan); a text is kept as it is.
    private mutating func addException(_ key: UnsafeRawBufferPointer, _ value: FieldValue) {
        guard let object = value.object else { return keep(key, value, "", 0) }
        var scanner = JSONMemberScanner(object, at: 0)
        while count < Self.maximumMembers, let member = scanner.next() {
            count += 1
            let name =
                member.key.equalsIgnoringCase("type") || member.key.equalsIgnoringCase("name")
                ? "exception.type"
                : member.key.equalsIgnoringCase("message")
                    ? "exception.message"
                    : member.key.equalsIgnoringCase("stack")
                        ? "exception.stacktrace"
                        : JSONText.unescaped(key) + "." + JSONText.unescaped(member.key)
            keep(named: name, member.value, 1)
        }
    }

    private mutating func addLog(_ key: UnsafeRawBufferPointer, _ value: FieldValue, _ depth: Int) {
        guard let object = value.object else {
            if isText(value), dockerLine == nil, count == 1 { dockerLine = value } else { keep(key, value, "", depth) }
            return
        }
        // ECS: {"log":{"level":"info","logger":"app"}}.
        var scanner = JSONMemberScanner(object, at: 0)
        while count < Self.maximumMembers, let member = scanner.next() {
            count += 1
            switch StructuredField(member.key) {
            case .level: addLevel(.level, member.key, member.value)
            case .named(let number): keep(under: StructuredField.conventionalName(number), member.value, 1)
            default: keep(named: "log." + JSONText.unescaped(member.key), member.value, 1)
            }
        }
    }

    /// The line was no container's after all.
    mutating func dropDockerLine() {
        guard let value = dockerLine else { return }
        dockerLine = nil
        keep(under: "log", value, 0)
    }

    /// Docker's json-file: the line, the stream and the time, and nothing else but what it was told to add.
    var isDocker: Bool { dockerLine != nil && hasStream && parsed.time != nil && parsed.level == nil }
}
