// Colours for people, plain text for everything else.

/// SGR styling that is silent where the output is not a terminal or NO_COLOR is set.
struct TextStyle: Sendable {
    let isColoured: Bool

    /// Source: no-color.org; a TERM of `dumb` cannot colour.
    init(isTerminal: Bool, environment: (String) -> String?) {
        let refused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !refused && environment("TERM") != "dumb"
    }

    func bold(_ text: String) -> String { wrap("1", text) }
    func dim(_ text: String) -> String { wrap("2", text) }
    func red(_ text: String) -> String { wrap("31", text) }
    func green(_ text: String) -> String { wrap("32", text) }
    func yellow(_ text: String) -> String { wrap("33", text) }

    func cyan(_ text: String) -> String { wrap("36", text) }

    /// The colour of an event level.
    func level(_ level: String, _ text: String) -> String {
        switch level {
        case "fatal", "error": red(text)
        case "warning", "warn": yellow(text)
        case "debug", "trace": dim(text)
        default: text
        }
    }

    private func wrap(_ code: String, _ text: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Text that came from a job cannot drive the reader's terminal: control characters become visible.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { scalar in
                switch scalar.value {
                case 0x09: scalar
                case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value) ?? "?"
                case 0x7F...0x9F: "\u{FFFD}"
                default: scalar
                }
            }))
}
