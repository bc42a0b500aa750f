// A run's record as `sentry-run show` prints it.

import CrashReporting
import SentryProtocol

extension RunRecord {
    /// The whole report: what ran, how it ended, what it used, what it said last.
    func text(_ style: TextStyle) -> String {
        var text: [String] = []
        text.append("\(mark(style)) \(style.bold(printable(summary)))")
        text.append("")
        text += facts.map { "  \(style.dim($0.label.padding(to: 9)))  \($0.value)" }
        for crash in crashes { text += [""] + CrashText(crash, paint: style.paint).lines }
        let printed = exceptions.filter { !$0.isCause }.flatMap { ExceptionText($0, paint: style.paint).lines }
        if !printed.isEmpty { text += [""] + printed }
        for cause in exceptions where cause.isCause { text += [""] + ExceptionText(cause, paint: style.paint).lines }
        if let profile { text += ["", style.bold("Profile")] + profile.lines }
        if processes.count > 1 { text += ["", style.bold("Processes")] + waterfall(style) }
        if !lines.isEmpty { text += ["", style.bold("Last output")] + outputLines(style) }
        if !notes.isEmpty { text += ["", style.bold("Notes")] + notes.map { "  - \(printable($0))" } }
        return text.joined(separator: "\n") + "\n"
    }

    /// One line for `sentry-run runs`.
    func row(_ style: TextStyle) -> String {
        let took = duration(seconds: Double(ended.nanoseconds - started.nanoseconds) / 1e9)
        return "\(mark(style)) \(id)  \(took.padding(to: 9))  \(exitText.padding(to: 12))  \(printable(title))"
    }

    private func mark(_ style: TextStyle) -> String { isFailure ? style.red("✗") : style.green("✓") }

    /// The command as a shell would take it.
    var title: String { command.map(shellQuoted).joined(separator: " ") }

    var exitText: String {
        switch exit {
        case .code(let code): "exit \(code)"
        case .signal(_, let name, let coreDumped): coreDumped ? "\(name) (core)" : name
        case .notStarted: "not started"
        case .unknown: "unknown"
        }
    }

    private var facts: [(label: String, value: String)] {
        var facts: [(label: String, value: String)] = [
            ("command", printable(title)), ("run", id), ("exit", exitText), ("started", moment(started)),
            ("ended", moment(ended)),
        ]
        facts.append(("took", usageText))
        if let usage {
            facts.append(("memory", "\(size(bytes: usage.maxResidentBytes)) at most"))
            facts.append(("switches", "\(usage.voluntarySwitches) voluntary, \(usage.involuntarySwitches) forced"))
            facts.append(
                ("disk", "\(size(bytes: usage.blocksIn * 512)) read, \(size(bytes: usage.blocksOut * 512)) written"))
        }
        facts.append(("output", outputText))
        if !removed.isEmpty { facts.append(("removed", removedText)) }
        facts.append(("where", "\(host):\(printable(directory))" + (pid.map { ", pid \($0)" } ?? "")))
        if let release { facts.append(("release", "\(printable(release)) (\(printable(environment)))")) }
        if let monitor { facts.append(("monitor", printable(monitor))) }
        facts.append(("trace", traceID))
        if let eventID { facts.append(("event", eventID)) }
        facts.append(("reports", reportsText))
        return facts
    }

    private var usageText: String {
        let wall = duration(seconds: Double(ended.nanoseconds - started.nanoseconds) / 1e9)
        guard let usage else { return wall }
        return "\(wall) (user \(duration(seconds: usage.userSeconds)), "
            + "system \(duration(seconds: usage.systemSeconds)))"
    }

    private var outputText: String {
        var text =
            "\(size(bytes: output.standardOutputBytes)) on stdout, "
            + "\(size(bytes: output.standardErrorBytes)) on stderr, \(count(output.lines, "line"))"
        if output.unseenBytes > 0 { text += " (\(size(bytes: output.unseenBytes)) passed too fast to be looked at)" }
        return text
    }

    private var removedText: String {
        removed.map {
            count(Int64($0.count), printable($0.kind), plural: "sh".contains($0.kind.last ?? "-") ? "es" : "s")
        }
        .joined(separator: ", ")
    }

    private var reportsText: String {
        let items = reports.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
        let contents = items.isEmpty ? "none" : items
        return destination.map { "\(contents) → \($0)" } ?? "\(contents), kept here (no DSN)"
    }

    private func outputLines(_ style: TextStyle) -> [String] {
        lines.map { line in
            let offset = Double(line.time.nanoseconds - started.nanoseconds) / 1e9
            let prefix = "  +\(fixed(max(0, offset), 3).leading(to: 8)) \(line.stream == "stderr" ? "err" : "out") "
            return style.dim(prefix) + style.level(line.level, printable(line.text))
        }
    }

    private func waterfall(_ style: TextStyle) -> [String] {
        let total = Double(max(1, ended.nanoseconds - started.nanoseconds))
        let width = 24
        return processes.prefix(60).map { process in
            let from = Double(process.started.nanoseconds - started.nanoseconds) / total
            let to = Double(process.ended.nanoseconds - started.nanoseconds) / total
            let first = min(width - 1, max(0, Int(from * Double(width))))
            let last = min(width, max(first + 1, Int((to * Double(width)).rounded(.up))))
            let bar = String(repeating: " ", count: first) + String(repeating: "▇", count: last - first)
            let took = duration(seconds: (to - from) * total / 1e9)
            let indent = String(repeating: "  ", count: process.depth)
            return "  \(style.dim("│"))\(style.green(bar.padding(to: width)))\(style.dim("│")) "
                + "\(took.leading(to: 9))  \(indent)\(printable(String(process.title.prefix(120))))"
        } + (processes.count > 60 ? ["  … and \(processes.count - 60) more"] : [])
    }
}

extension RunRecord.Profile {
    fileprivate var lines: [String] {
        var lines = ["  " + printable(headline)]
        if let output { lines.append("  in \(printable(output))") }
        return lines + summary.split(separator: "\n").map { "  " + printable(String($0)) }
    }
}

extension TextStyle {
    /// A piece of a crash, which is the job's text: nothing in it may drive the terminal.
    fileprivate func paint(_ ink: CrashText.Ink, _ text: String) -> String {
        let text = printable(text)
        return switch ink {
        case .plain: text
        case .heading: bold(text)
        case .trouble: red(text)
        case .function: cyan(text)
        case .location: green(text)
        case .faint: dim(text)
        case .doubt: yellow(text)
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func leading(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// A word as a POSIX shell would need it written.
func shellQuoted(_ word: String) -> String {
    let plain =
        !word.isEmpty
        && word.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "_-./=:,@%+".utf8.contains(byte)
            }
        }
    return plain
        ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
