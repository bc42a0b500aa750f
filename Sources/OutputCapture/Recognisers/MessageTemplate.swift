// `Hello {Name}, {Count,5:000} items`: the message templates of Serilog and .NET.

import SentryProtocol

/// Source: messagetemplates.org.
enum MessageTemplate {
    /// The names of the parameters, in order.
    static func names(_ template: String) -> [String] {
        var names: [String] = []
        forEachPart(template) { part in
            if case .parameter(let name) = part, names.count < 32, !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The template with the values in their places; what has no value stays as written.
    static func rendered(_ template: String, _ values: [LineAttribute]) -> String {
        var text = ""
        forEachPart(template) { part in
            switch part {
            case .text(let piece): text += piece
            case .parameter(let name):
                let value = values.first { $0.name == name }?.value
                text += value?.plainText ?? "{\(name)}"
            }
        }
        return text
    }

    private enum Part {
        case text(String)
        case parameter(String)
    }

    private static func forEachPart(_ template: String, _ body: (Part) -> Void) {
        var rest = Substring(template).utf8
        while let brace = rest.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
            body(.text(String(Substring(rest[..<brace]))))
            let opens = rest[brace] == UInt8(ascii: "{")
            let after = rest[rest.index(after: brace)...]
            if after.first == rest[brace] || !opens {
                // Doubled, it means itself.
                body(.text(opens ? "{" : "}"))
                rest = after.first == rest[brace] ? after.dropFirst() : after
            } else if let (name, tail) = parameter(after) {
                body(.parameter(name))
                rest = tail
            } else {
                body(.text("{"))
                rest = after
            }
        }
        body(.text(String(Substring(rest))))
    }

    /// `Name`, `@Name`, `$Name`, each perhaps with `,alignment` and `:format`, up to the brace.
    private static func parameter(_ text: Substring.UTF8View) -> (String, Substring.UTF8View)? {
        var text = text
        if text.first == UInt8(ascii: "@") || text.first == UInt8(ascii: "$") { text = text.dropFirst() }
        let name = text.prefix(64).prefix { $0.isNameByte || $0 == UInt8(ascii: ".") }
        let after = text[name.endIndex...]
        guard !name.isEmpty else { return nil }
        guard let close = after.prefix(64).firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let format = after[..<close]
        guard format.isEmpty || format.first == UInt8(ascii: ",") || format.first == UInt8(ascii: ":") else {
            return nil
        }
        return (String(Substring(name)), after[after.index(after: close)...])
    }
}

extension ParsedLine {
    /// Moves what the template names from the attributes to the parameters, and renders the message where none is given.
    mutating func separateParameters(of line: UnsafeRawBufferPointer) {
        guard let template else { return }
        let names = MessageTemplate.names(template)
        let all = attributes.list(in: line)
        parameters = all.filter { names.contains($0.name) }
        attributes = LineFields()
        for attribute in all where !names.contains(attribute.name) { attributes.append(attribute) }
        if range == nil, text == nil { text = MessageTemplate.rendered(template, parameters) }
        if parameters.isEmpty { self.template = nil }
    }
}
