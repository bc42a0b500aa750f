// A context as it goes into an event: a name and an object.

import SentryProtocol

/// One entry of an event's `contexts` (protocol reference 3.7).
package struct NamedContext: Sendable, Equatable {
    package let name: String
    /// Always an object; empty ones are not made.
    package let value: JSONValue

    /// `nil` when there is nothing to say.
    init?(_ name: String, _ fields: [(String, JSONValue?)]) {
        let members = fields.compactMap { field in field.1.map { JSONValue.Member(field.0, $0) } }
        guard !members.isEmpty else { return nil }
        self.name = name
        self.value = .object(members)
    }
}

extension JSONValue {
    /// `nil` for no text and for an empty one.
    static func text(_ text: (some StringProtocol)?) -> JSONValue? {
        guard let text, !text.isEmpty else { return nil }
        return .string(String(text))
    }

    static func count(_ number: Int64?) -> JSONValue? { number.map { .integer($0) } }
}
