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
    /// The attribute's, and how a record begins it.
    let name: UnsafeRawBufferPointer
    let json: UnsafeRawBufferPointer
    /// Whether the value may be secret because of its name.
    let mayBeSecret: Bool

    /// - Parameter keep: keeps bytes for as long as this is kept.
    init(_ key: UnsafeRawBufferPointer, _ keep: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer) {
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
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    private var used = 0
    /// Changes when a key becomes known: what was known before may be forgotten by then.
    private(set) var generation = 0

    deinit {
        memory.deallocate()
        bytes.deallocate()
    }

    /// Valid as long as the generation; `nil` for a key that is too long to be remembered.
    @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UnsafePointer<JSONKey>? {
        ShortText(key).map { memory.value(of: $0) { learn(key) } }
    }

    private func learn(_ key: UnsafeRawBufferPointer) -> JSONKey {
        generation += 1
        if Self.capacity - used < Self.mostBytes {
            memory.forget()
            used = 0
        }
        return JSONKey(key) { keep($0) }
    }

    private func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let place = bytes + used
        used += text.count
        if let start = text.baseAddress { place.copyMemory(from: start, byteCount: text.count) }
        return UnsafeRawBufferPointer(start: place, count: text.count)
    }
}
