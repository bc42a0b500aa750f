// Lines of JSON whose members are texts, numbers and truths, without objects and escapes: most of those that loggers write.

import SentryProtocol

/// Reads what ``JSONLine`` reads, where it is sure to say the same. It only finds places, and knows the keys.
struct PlainJSON {
    /// A line with more members is not read.
    static let mostMembers = 24

    enum Kind {
        case text
        case number(isInteger: Bool)
        case truth(Bool)
        /// A number that a record writes otherwise.
        case scalar
    }

    struct Field {
        let name: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        let kind: Kind
        let mayBeSecret: Bool
    }

    private(set) var level: LogLevel?
    private(set) var time: LineTime?
    private(set) var message: UnsafeRawBufferPointer?
    /// Attributes in the line's order, the first ``count`` of them.
    let fields: UnsafeMutableBufferPointer<Field>
    private(set) var count = 0
    private var name: FieldValue?
    private var hasNumericLevel = false
    private var hasPythonLevel = false

    /// - Parameter fields: memory for ``mostMembers``.
    init(_ fields: UnsafeMutableBufferPointer<Field>) { self.fields = fields }

    /// `false`: the line is for ``JSONLine``.
    mutating func read(_ line: UnsafeRawBufferPointer, _ keys: JSONKeys) -> Bool {
        var scanner = JSONMemberScanner(line, at: 0)
        while let member = scanner.next() {
            guard !member.isEscaped, let key = keys[member.key], take(member, key) else { return false }
        }
        guard scanner.isComplete, level != nil || message != nil else { return false }
        guard let name else { return true }
        let text: StaticString = hasNumericLevel || hasPythonLevel ? "logger.name" : "name"
        return add(text.bytes, name, mayBeSecret: true)
    }

    private mutating func take(_ member: JSONMemberScanner.Member, _ key: UnsafePointer<JSONKey>) -> Bool {
        let value = member.value
        if case .nested = value { return false }
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
            if message == nil, case .text(let text, _) = value {
                message = text
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
        return add(key.pointee.name?.bytes ?? member.key, value, mayBeSecret: key.pointee.mayBeSecret)
    }

    private mutating func add(_ place: CodePlace, _ word: UnsafeRawBufferPointer) -> Bool {
        let (file, line): (StaticString, StaticString) = ("code.file.path", "code.line.number")
        let path = UnsafeRawBufferPointer(rebasing: word[place.file])
        let number = UnsafeRawBufferPointer(rebasing: word[(place.file.upperBound + 1)...])
        return add(file.bytes, .text(path, isEscaped: false), mayBeSecret: false)
            && add(line.bytes, .bare(number), mayBeSecret: false)
    }

    private mutating func add(_ name: UnsafeRawBufferPointer, _ value: FieldValue, mayBeSecret: Bool) -> Bool {
        guard count < Self.mostMembers else { return false }
        switch value {
        case .nested: return false
        case .text(let text, _): set(name, text, .text, mayBeSecret)
        case .bare(let word):
            guard let first = word.first else { return false }
            if first.isLetter {
                if word.count == 4, word.has("null") { return true }
                let isTrue = word.count == 4 && word.has("true")
                let isTruth = isTrue || word.count == 5 && word.has("false")
                set(name, word, isTruth ? .truth(isTrue) : .text, mayBeSecret)
            } else {
                let isInteger = FieldValue.isIntegerAsWritten(word)
                set(name, word, isInteger.map { .number(isInteger: $0) } ?? .scalar, mayBeSecret)
            }
        }
        return true
    }

    private mutating func set(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ kind: Kind, _ mayBeSecret: Bool
    ) {
        fields.initializeElement(
            at: count, to: Field(name: name, value: value, kind: kind, mayBeSecret: mayBeSecret))
        count += 1
    }
}
