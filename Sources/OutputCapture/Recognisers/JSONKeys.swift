// What the keys of JSON lines mean, remembered: the lines of a stream repeat their keys.

import SentryProtocol

/// What becomes of a member.
struct JSONKey: BitwiseCopyable {
    enum Meaning: BitwiseCopyable {
        case level
        case time
        case message
        case name
        case caller
        case noise
        case attribute
        /// The line as a whole decides.
        case unclear
    }

    let meaning: Meaning
    let field: StructuredField
    let isPythonLevel: Bool
    /// The attribute's, and how a record begins it.
    let name: UnsafeRawBufferPointer
    let json: UnsafeRawBufferPointer
    /// Whether the value may be secret because of its name.
    let mayBeSecret: Bool

    /// - Parameters:
    ///   - isNested: of a member of another object: the names of both, with a dot.
    ///   - keep: keeps bytes for as long as this is kept.
    init(
        _ key: UnsafeRawBufferPointer, isNested: Bool, _ keep: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    ) {
        field = JSONText.hasEscapes(key) ? .resourceLogs : isNested ? .other : StructuredField(key)
        isPythonLevel = key.equalsIgnoringCase("levelname")
        meaning =
            switch field {
            case .level, .pythonLevel: .level
            case .time: .time
            case .message: .message
            case .name: .name
            case .caller: .caller
            case .noise: .noise
            case .named, .exception, .members, .state, .other: .attribute
            case .severityNumber, .body, .template, .target, .log, .resourceLogs: .unclear
            }
        if case .named(let number) = field {
            name = StructuredField.conventionalName(number).bytes
        } else {
            name = keep(key)
        }
        json = LogRecord.withBeginning(ofAttribute: name, keep)
        mayBeSecret = KeyVerdicts.Verdict(name).mayBeSecret
    }
}

extension StaticString {
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}

/// Owned by one thread.
final class JSONKeys: @unchecked Sendable {  // As the stream's habits are, whose part they are.
    private static let capacity = 16 << 10
    /// Of one key: its name and its JSON.
    private static let mostBytes = 512

    private let memory = ShortTextMemory<JSONKey>()
    private let nested = ShortTextMemory<JSONKey>()
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    private var used = 0
    /// Changes when a key becomes known: what was known before may be forgotten by then.
    private(set) var generation = 0

    deinit {
        memory.deallocate()
        nested.deallocate()
        bytes.deallocate()
    }

    /// Valid as long as the generation; `nil` for a key that is too long to be remembered.
    @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UnsafePointer<JSONKey>? {
        ShortText(key).map { memory.value(of: $0) { learn(key, isNested: false) } }
    }

    /// The same of a member of what has the other name.
    func find(_ key: UnsafeRawBufferPointer, in scope: UnsafeRawBufferPointer) -> UnsafePointer<JSONKey>? {
        guard scope.count + 1 + key.count <= ShortText.longest else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: ShortText.longest, alignment: 8) { name in
            name.copyMemory(from: scope)
            name[scope.count] = UInt8(ascii: ".")
            UnsafeMutableRawBufferPointer(rebasing: name[(scope.count + 1)...]).copyMemory(from: key)
            let whole = UnsafeRawBufferPointer(rebasing: name[..<(scope.count + 1 + key.count)])
            return ShortText(whole).map { nested.value(of: $0) { learn(whole, isNested: true) } }
        }
    }

    private func learn(_ key: UnsafeRawBufferPointer, isNested: Bool) -> JSONKey {
        generation += 1
        if Self.capacity - used < Self.mostBytes {
            memory.forget()
            nested.forget()
            used = 0
        }
        return JSONKey(key, isNested: isNested) { keep($0) }
    }

    private func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let place = bytes + used
        used += text.count
        if let start = text.baseAddress { place.copyMemory(from: start, byteCount: text.count) }
        return UnsafeRawBufferPointer(start: place, count: text.count)
    }
}
