// `sentry-run config`: what is in effect, and why.

/// A table of the options with their values and where these come from, then what could not be used.
func effectiveOptions(_ options: SettledOptions) -> String {
    var rows: [[String]] = []
    for (index, option) in allOptions.enumerated()
    where option.verbs.contains(.config) && option.group != .sentryCLI && option.configKey != nil {
        rows.append(["--\(option.name)", value(of: option, options.accepted[index]), origins(options.accepted[index])])
    }
    let widths = (0..<2).map { column in min(40, rows.map { $0[column].count }.max() ?? 0) }
    var text = ""
    for row in rows {
        let padded = (0..<2).map { row[$0] + String(repeating: " ", count: max(0, widths[$0] - row[$0].count)) }
        text += padded.joined(separator: "  ") + "  " + row[2] + "\n"
    }
    let problems = options.errors + options.problems
    if !problems.isEmpty { text += "\nNot used:\n" + problems.map { "  \($0)\n" }.joined() }
    return text
}

private func value(of option: RunOption, _ accepted: [(text: String, origin: ValueOrigin)]?) -> String {
    guard let accepted, !accepted.isEmpty else { return option.standard }
    let texts = accepted.map { option.shown($0.text) }
    return texts.map { $0.isEmpty ? "none" : $0 }.joined(separator: ", ")
}

private func origins(_ accepted: [(text: String, origin: ValueOrigin)]?) -> String {
    guard let accepted, !accepted.isEmpty else { return "default" }
    var names: [String] = []
    for (_, origin) in accepted {
        let name: String
        switch origin {
        case .flag(let spelling): name = "flag \(spelling)"
        case .environment(let variable): name = "environment \(variable)"
        }
        if !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: ", ")
}
