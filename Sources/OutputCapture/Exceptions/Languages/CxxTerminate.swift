// C++ programs that nobody caught an exception in, as libstdc++ and libc++ say it.
//
//     terminate called after throwing an instance of 'std::runtime_error'
//       what():  cannot open importer.conf
//     libc++abi: terminating due to uncaught exception of type std::runtime_error: cannot open importer.conf
//
// Source: libsupc++/vterminate.cc, libcxxabi/src/cxa_default_handlers.cpp.

import SentryProtocol

struct CxxTerminate: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("terminate called "), .anywhere("libc++abi: ")]

    private var type: Substring
    private var value: String?
    /// `what()` may still come, and further lines of it.
    private var expectsValue: Bool
    private var extraLines = 0

    private static let maximumLines = 24
    /// Lines of others before `what()`.
    private static let longestWait = 3

    init?(_ opening: inout ExceptionOpening) {
        guard let said = Self.terminate(opening) ?? Self.libcxx(opening.text) else { return nil }
        type = said.type
        value = said.value.map(String.init)
        expectsValue = said.expectsValue
    }

    private typealias Said = (type: Substring, value: Substring?, expectsValue: Bool)

    private static func terminate(_ opening: ExceptionOpening) -> Said? {
        let text = opening.text
        if let rest = text.cutting(prefix: "terminate called after throwing an instance of '"),
            let type = rest.trimmed.cutting(suffix: "'"), !type.isEmpty
        {
            return (type, nil, true)
        }
        if text.trimmed == "terminate called without an active exception" {
            if let line = opening.previous(1), line.includes("pure virtual method called") {
                return ("PureVirtualCall", line.trimmed, false)
            }
            return ("std::terminate", text.trimmed, false)
        }
        return text.begins(with: "terminate called recursively") ? ("std::terminate", text.trimmed, false) : nil
    }

    private static func libcxx(_ line: Substring) -> Said? {
        guard let text = line.cutting(prefix: "libc++abi: ") else { return nil }
        if text.begins(with: "Pure virtual function called") { return ("PureVirtualCall", text.trimmed, false) }
        guard text.begins(with: "terminating") || text.begins(with: "terminate_handler") else { return nil }
        guard let (_, rest) = text.parts(around: "exception of type ") else {
            return ("std::terminate", text.trimmed, false)
        }
        guard let (type, value) = rest.parts(around: ": ") else { return (rest.trimmed, nil, false) }
        return (type, value, true)
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard expectsValue, extraLines < Self.maximumLines else { return .over }
        extraLines += 1
        if value == nil {
            // Not every exception says something, and another may follow.
            guard extraLines <= Self.longestWait, !line.begins(with: "terminate called ") else { return .over }
            guard let what = line.cutting(prefix: "  what():  ") else { return .foreign }
            value = String(what)
            return .taken
        }
        // Where a message of several lines ends cannot be seen, except where the rest of it is indented.
        guard line.indentation > 0, !line.isBlank else { return .over }
        value = (value ?? "") + "\n" + line
        return .taken
    }

    func finish() -> RecognisedException? {
        RecognisedException(
            platform: "native", raised: RaisedException(type: String(type), value: value), ending: .ended)
    }
}
