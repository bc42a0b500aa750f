// `sentry-run config`: what is in effect, and why.

/// A line for each option with where its value comes from and the value; then what could not be used.
func effectiveOptions(_ options: SettledOptions) -> String {
    var rows: [(name: String, origin: String, value: String)] = []
    for (index, option) in allOptions.enumerated() where option.configKey != nil {
        let accepted = options.accepted.filter { $0.option == index }
        rows.append(("--\(option.name)", origins(accepted), value(of: option, accepted)))
    }
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let originWidth = rows.map(\.origin.count).max() ?? 0
    var text = ""
    for row in rows { text += padded(row.name, nameWidth) + padded(row.origin, originWidth) + row.value + "\n" }
    let problems = options.errors + options.problems
    if !problems.isEmpty { text += "\nNot used as given:\n" + problems.map { "  \($0)\n" }.joined() }
    return text
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: width + 2 - text.count)
}

private func value(of option: RunOption, _ accepted: [SettledOptions.Accepted]) -> String {
    guard !accepted.isEmpty else { return option.standard }
    let texts = accepted.map { value -> String in
        if case .boolean = option.kind { return readBoolean(value.text) ?? false ? "on" : "off" }
        return value.text.isEmpty ? "none" : quoted(option.shown(value.text))
    }
    return texts.joined(separator: ", ")
}

private func origins(_ accepted: [SettledOptions.Accepted]) -> String {
    var names: [String] = []
    for value in accepted {
        let name: String
        switch value.origin {
        case .flag(let spelling): name = "flag \(spelling)"
        case .environment(let variable): name = "environment \(variable)"
        }
        if !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? "default" : names.joined(separator: ", ")
}
