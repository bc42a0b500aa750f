// What the keys of JSON lines mean, remembered: the lines of a stream repeat their keys.

import SentryProtocol

/// What becomes of a plain member: one whose value is no object and no array and has no escapes.
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
    /// The attribute's name where it is not the key.
    let name: StaticString?
    /// Whether the value may be secret because of its name.
    let mayBeSecret: Bool

    init(_ key: UnsafeRawBufferPointer) {
        field = JSONText.hasEscapes(key) ? .resourceLogs : StructuredField(key)
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
        if case .named(let number) = field { name = StructuredField.conventionalName(number) } else { name = nil }
        mayBeSecret = KeyVerdicts.Verdict(name?.bytes ?? key).mayBeSecret
    }
}

extension StaticString {
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}

/// Owned by one thread.
final class JSONKeys: @unchecked Sendable {  // As the stream's habits are, whose part they are.
    private let memory = ShortTextMemory<JSONKey>()

    deinit { memory.deallocate() }

    /// Valid until the next one is asked for; `nil` for a key that is too long to be remembered.
    @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UnsafePointer<JSONKey>? {
        ShortText(key).map { memory.value(of: $0) { JSONKey(key) } }
    }
}
