// `--help`: what fits a terminal of 80 columns.

private let width = 80
/// Where the explanation of an option begins.
private let column = 35

/// The help of a verb, at most 80 columns wide.
func helpPage(for verb: VerbSet) -> String {
    let page = VerbPage.of(verb)
    var lines = ["Usage: sentry-run \(page.usage)", "", "\(page.summary)."]
    for detail in page.details { lines += [""] + wrapped(detail, width: width) }
    if verb == .run { lines += [""] + verbList() + [""] + examples }
    for group in OptionGroup.allCases {
        let options = allOptions.filter { $0.group == group && $0.verbs.contains(verb) }
        if !options.isEmpty { lines += ["", "\(group.rawValue):"] + options.flatMap(optionLines) }
    }
    if !verb.isDisjoint(with: .supervising) { lines += [""] + closing }
    return lines.joined(separator: "\n") + "\n"
}

private let examples = [
    "Examples:",
    "  sentry-run -- ./import.sh --full",
    "  sentry-run --tag team=data --timeout 1h -- make report",
    "  sentry-run monitors run nightly -s '0 3 * * *' -- ./backup",
]

private let closing = wrapped(
    """
    Each option can be given as a variable: SENTRY_DSN, SENTRY_ENVIRONMENT and others as every Sentry SDK reads them, \
    otherwise SENTRY_RUN_ and the option's name, as in SENTRY_RUN_TIMEOUT=1h. Flags win. 'sentry-run config' shows \
    what is in effect, docs/options.md and sentry-run(1) what is allowed. Booleans can be negated: --no-quiet.
    """, width: width)

private func verbList() -> [String] {
    let pages = VerbPage.all.filter { !$0.isHidden && !$0.name.isEmpty }
    return ["Verbs (sentry-run help VERB explains one):"]
        + pages.flatMap { entry($0.name, $0.summary, column: 16) }
}

private func optionLines(_ option: RunOption) -> [String] {
    let indent = option.short == nil ? "    " : ""
    return entry(indent + option.synopsis, option.summary, column: column)
}

/// A name and its explanation; the explanation goes below a name that is too long.
private func entry(_ name: String, _ text: String, column: Int) -> [String] {
    let name = "  " + name
    var lines = wrapped(text, width: width - column).map { padding(column) + $0 }
    if name.count + 2 > column { return [name] + lines }
    lines[0] = name + padding(column - name.count) + String(lines[0].dropFirst(column))
    return lines
}

private func padding(_ count: Int) -> String { String(repeating: " ", count: count) }

/// Lines of whole words, at most `width` characters each where the words permit.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
        let last = lines[lines.count - 1]
        if last.isEmpty {
            lines[lines.count - 1] = String(word)
        } else if last.count + 1 + word.count <= width {
            lines[lines.count - 1] += " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
