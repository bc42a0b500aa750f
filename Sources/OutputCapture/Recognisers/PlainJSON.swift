// Lines of JSON whose members can be told one by one: most of those that loggers write.

import SentryProtocol

/// Reads what ``JSONLine`` reads, where it is sure to say the same. It only finds places, and knows the keys.
struct PlainJSON {
    /// A line with more attributes, or more members, is not read.
    static let mostFields = 32
    private static let mostMembers = 64

    enum Kind {
        case text
        case escapedText
        case number(isInteger: Bool)
        case truth(Bool)
        /// A number that a record writes otherwise.
        case scalar
    }

    struct Field {
        let key: UnsafePointer<JSONKey>
        let value: UnsafeRawBufferPointer
        let kind: Kind
    }

    private(set) var level: LogLevel?
    private(set) var time: LineTime?
    private(set) var message: FieldValue?
    /// Attributes in the line's order, the first ``count`` of them.
    let fields: UnsafeMutableBufferPointer<Field>
    private(set) var count = 0
    private var members = 0
    private var name: FieldValue?
    private var hasNumericLevel = false
    private var hasPythonLevel = false

    private let keys: JSONKeys

    /// - Parameter fields: memory for ``mostFields``.
    init(_ fields: UnsafeMutableBufferPointer<Field>, _ keys: JSONKeys) {
        self.fields = fields
        self.keys = keys
    }

    /// `false`: the line is for ``JSONLine``.
    mutating func read(_ line: UnsafeRawBufferPointer) -> Bool {
        let generation = keys.generation
        var scanner = JSONMemberScanner(line, at: 0)
        while let member = scanner.next() {
            guard let key = keys[member.key], take(member, key) else { return false }
        }
        guard scanner.isComplete, level != nil || message != nil else { return false }
        if let name, !add(hasNumericLevel || hasPythonLevel ? "logger.name" : "name", name) { return false }
        return keys.generation == generation
    }

    private mutating func take(_ member: JSONMemberScanner.Member, _ key: UnsafePointer<JSONKey>) -> Bool {
        let value = member.value
        members += 1
        guard members <= Self.mostMembers else { return false }
        if case .nested(let json) = value { return take(nested: json, key, depth: 0) }
        switch key.pointee.meaning {
        case .noise: return true
        case .unclear: return false
        case .level:
            // Of two levels one may count more.
            guard level == nil else { return false }
            if key.pointee.isPythonLevel { hasPythonLevel = true }
            if let (found, isNumber) = StructuredLine.level(key.pointee.field, value) {
                level = found
                hasNumericLevel = isNumber
                return true
            }
        case .time:
            if time == nil {
                time = StructuredLine.time(value)
                if time != nil { return true }
            }
        case .message:
            if message == nil, case .text = value {
                message = value
                return true
            }
        case .name:
            if name == nil {
                name = value
                return true
            }
        case .caller: if let word = value.word, let place = CodePlace(whole: word) { return add(place, word) }
        case .attribute: break
        }
        return add(key, value)
    }

    /// Objects become one attribute for each member, as ``StructuredLine`` has it.
    private mutating func take(nested json: UnsafeRawBufferPointer, _ key: UnsafePointer<JSONKey>, depth: Int) -> Bool {
        switch key.pointee.field {
        case .other, .named: break
        default: return false
        }
        guard json.first == UInt8(ascii: "{"), depth < StructuredLine.deepestNesting else {
            return add(key, .text(json, isEscaped: false))
        }
        let scope = key.pointee.name
        var scanner = JSONMemberScanner(json, at: 0)
        while let member = scanner.next() {
            members += 1
            guard members <= Self.mostMembers, let inner = keys.find(member.key, in: scope),
                inner.pointee.meaning == .attribute
            else { return false }
            if case .nested(let json) = member.value {
                guard take(nested: json, inner, depth: depth + 1) else { return false }
            } else if !add(inner, member.value) {
                return false
            }
        }
        return true
    }

    private mutating func add(_ place: CodePlace, _ word: UnsafeRawBufferPointer) -> Bool {
        let path = UnsafeRawBufferPointer(rebasing: word[place.file])
        let number = UnsafeRawBufferPointer(rebasing: word[(place.file.upperBound + 1)...])
        return add("code.file.path", .text(path, isEscaped: false)) && add("code.line.number", .bare(number))
    }

    private mutating func add(_ name: StaticString, _ value: FieldValue) -> Bool {
        keys[name.bytes].map { add($0, value) } ?? false
    }

    private mutating func add(_ key: UnsafePointer<JSONKey>, _ value: FieldValue) -> Bool {
        guard count < Self.mostFields else { return false }
        switch value {
        case .nested: return false
        case .text(let text, let isEscaped): set(key, text, isEscaped ? .escapedText : .text)
        case .bare(let word):
            guard let first = word.first else { return false }
            if first.isLetter {
                if word.count == 4, word.has("null") { return true }
                let isTrue = word.count == 4 && word.has("true")
                set(key, word, isTrue || word.count == 5 && word.has("false") ? .truth(isTrue) : .text)
            } else {
                set(key, word, FieldValue.isIntegerAsWritten(word).map { .number(isInteger: $0) } ?? .scalar)
            }
        }
        return true
    }

    @inline(__always) private mutating func set(
        _ key: UnsafePointer<JSONKey>, _ value: UnsafeRawBufferPointer, _ kind: Kind
    ) {
        fields.initializeElement(at: count, to: Field(key: key, value: value, kind: kind))
        count += 1
    }
}
