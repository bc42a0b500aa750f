// docs/options.md, made from the table.

/// The reference page of all options and verbs.
func markdownReference() -> String {
    var text = """
        # Options

        <!-- Made by `sentry-run docs markdown` from the option table. A test compares it: change the table instead. -->

        `sentry-run [options] [--] CMD [ARG...]`. How flags, variables and defaults come together, and what happens to a
        wrong value: [configuration](configuration.md).


        """
    for group in OptionGroup.allCases {
        let options = allOptions.filter { $0.group == group }
        text += "## \(group.rawValue)\n\n"
        text += "| Option | Variable | Default | Allowed | What it does |\n"
        text += "| --- | --- | --- | --- | --- |\n"
        for option in options { text += markdownRow(option) }
        text += "\n"
    }
    text += "## Verbs\n\n| Verb | What it does |\n| --- | --- |\n"
    for page in VerbPage.all where !page.isHidden {
        text +=
            "| `sentry-run \(cell(page.usage))` | \(cell(page.explanation)) |\n"
    }
    return text
}

private func markdownRow(_ option: RunOption) -> String {
    let columns = [
        "`\(option.synopsis)`", option.environment.map { "`\($0)`" } ?? "–", option.standard, option.allowed,
        option.summary + verbRemark(option),
    ]
    return "| " + columns.map(cell).joined(separator: " | ") + " |\n"
}

private func cell(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += $1 == "|" ? "\\|" : String($1) }
}

/// For options that not every run takes.
func verbRemark(_ option: RunOption) -> String {
    guard option.verbs != .every, !option.verbs.contains(.run) || !option.verbs.contains(.monitorsRun) else {
        return ""
    }
    let names = VerbPage.all.filter { option.verbs.contains($0.verb) && !$0.isHidden }.map {
        $0.name.isEmpty ? "sentry-run" : $0.name
    }
    return " (" + names.joined(separator: ", ") + ")"
}
