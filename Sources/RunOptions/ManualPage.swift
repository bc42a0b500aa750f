// man/sentry-run.1, made from the table.

/// The manual page in man(7) macros.
func manualPage() -> String {
    var text = """
        .\\" Made by "sentry-run docs man" from the option table. A test compares it: change the table instead.
        .TH SENTRY\\-RUN 1 "" "sentry\\-run \(programVersion)" "User Commands"
        .SH NAME
        sentry\\-run \\- run a command and report to Sentry how it went
        .SH SYNOPSIS

        """
    for page in VerbPage.all where !page.isHidden {
        text += ".B sentry\\-run\n\(roff(page.usage))\n.br\n"
    }
    text += ".SH DESCRIPTION\n"
    for detail in VerbPage.of(.run).details { text += "\(roff(detail))\n.PP\n" }
    text += ".SH VERBS\n"
    for page in VerbPage.all where !page.isHidden && !page.name.isEmpty {
        text += ".TP\n.B \(roff(page.name))\n\(roff(page.explanation))\n"
    }
    text += ".SH OPTIONS\n"
    for group in OptionGroup.allCases {
        text += ".SS \(roff(group.rawValue))\n"
        for option in allOptions where option.group == group { text += paragraph(option) }
    }
    return text + closingSections
}

private func paragraph(_ option: RunOption) -> String {
    var text = ".TP\n.B \(roff(option.synopsis))\n\(roff(option.summary + verbRemark(option))).\n"
    if case .boolean = option.kind {
        text += roff("Default: \(option.standard).") + "\n"
    } else {
        text += roff("Allowed: \(option.allowed). Default: \(option.standard).") + "\n"
    }
    if let variable = option.environment { text += roff("Variable: \(variable).") + "\n" }
    return text
}

private let closingSections = """
    .SH ENVIRONMENT
    Flags win over variables, variables over defaults. A wrong value in a variable is left out and said, it never stops
    the job; a wrong flag does, unless
    .B \\-\\-lenient
    is given. SENTRY_TRACE, SENTRY_BAGGAGE and TRACEPARENT continue a trace; they and SENTRY_MONITOR_SLUG are set for the job.
    .SH EXIT STATUS
    The job's own. If the job was killed by a signal, sentry\\-run kills itself with the same one; with
    .B \\-\\-exit\\-code 128+n
    or as PID 1 it returns 128 plus the signal's number. 125: an option is wrong. 126: the command was found but could not
    be executed. 127: it was not found.
    .SH EXAMPLES
    .nf
    sentry\\-run \\-\\- ./import.sh \\-\\-full
    sentry\\-run monitors run nightly \\-s \\(aq0 3 * * *\\(aq \\-\\- ./backup
    .fi
    .SH SEE ALSO
    .BR env (1),
    .BR timeout (1)

    """

/// Text in which roff sees nothing of its own: dashes stay dashes, quotes stay straight, no line is a request.
private func roff(_ text: String) -> String {
    var escaped = text.hasPrefix(".") ? "\\&" : ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "-": escaped += "\\-"
        case "'": escaped += "\\(aq"
        case "\\": escaped += "\\e"
        case "~": escaped += "\\(ti"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
