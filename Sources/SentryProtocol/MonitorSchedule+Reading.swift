// Schedules as people type them, checked as strictly as the server does: with a wrong one the check-in is lost.

/// Why a text is no schedule. The description is a sentence that names the wrong part and what is allowed.
package struct MonitorScheduleError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension MonitorSchedule {
    /// Reads either form: `every 5 minutes`, `10 minute`, else a crontab line.
    package init(_ text: String) throws(MonitorScheduleError) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let isInterval =
            words.first?.lowercased() == "every" || (words.count == 2 && words[1].utf8.first.map(isLetter) ?? false)
        self = isInterval ? try Self(interval: text) : try Self(crontab: text)
    }

    // MARK: Intervals

    /// Reads `every 5 minutes`, `10 minute`, `every hour`: a whole number from 1 and a unit.
    package init(interval text: String) throws(MonitorScheduleError) {
        var words = text.lowercased().split(whereSeparator: \.isWhitespace)
        if words.first == "every" { words.removeFirst() }
        if words.count == 1 { words.insert("1", at: 0) }
        let allowed = "a number and one of minute, hour, day, week, month or year, such as 'every 5 minutes'"
        guard words.count == 2 else { throw MonitorScheduleError("'\(text)' is no interval: wanted is \(allowed)") }
        let unitText = words[1].last == "s" ? words[1].dropLast() : words[1]
        guard let unit = Unit(rawValue: String(unitText))
        else { throw MonitorScheduleError("'\(words[1])' is no unit of an interval: wanted is \(allowed)") }
        guard let value = decimal(words[0]), 1...Int(Int32.max) ~= value
        else { throw MonitorScheduleError("'\(words[0])' is not a whole number from 1: wanted is \(allowed)") }
        self = .interval(value, unit: unit)
    }

    // MARK: Crontab lines

    /// The names that stand for a whole line. `@reboot` is none of them: it has no time.
    package static let nicknames = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"]

    /// Reads five fields or a nickname; blanks are collapsed.
    package init(crontab text: String) throws(MonitorScheduleError) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        if let first = fields.first, first.hasPrefix("@") {
            let nickname = first.lowercased()
            guard fields.count == 1, Self.nicknames.contains(nickname) else {
                throw MonitorScheduleError(
                    "'\(text)' is not one of \(Self.nicknames.joined(separator: ", "))")
            }
            self = .crontab(nickname)
            return
        }
        guard fields.count == CrontabField.allCases.count else {
            throw MonitorScheduleError(
                "a crontab schedule has 5 fields (minute hour day month weekday), '\(text)' has \(fields.count)")
        }
        for (field, text) in zip(CrontabField.allCases, fields) {
            if let problem = field.problem(text) {
                throw MonitorScheduleError("the \(field.rawValue) field '\(text)' \(problem)")
            }
        }
        self = .crontab(fields.joined(separator: " "))
    }
}

/// One of the five fields, and what may stand in it: lists of `*`, values, ranges and steps.
private enum CrontabField: String, CaseIterable {
    case minute
    case hour
    case day
    case month
    case weekday

    private var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    private var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        default: []
        }
    }

    /// What is wrong, `nil` when nothing is.
    func problem(_ text: Substring) -> String? {
        text.split(separator: ",", omittingEmptySubsequences: false).lazy.compactMap(itemProblem).first
    }

    private func itemProblem(_ item: Substring) -> String? {
        let parts = item.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 { return "has more than one '/' in '\(item)'" }
        if parts.count == 2 {
            guard let step = decimal(parts[1]), step > 0 else {
                return "has a step that is no number from 1: '\(item)'"
            }
        }
        return rangeProblem(parts[0])
    }

    private func rangeProblem(_ text: Substring) -> String? {
        if text == "*" || isSpecial(text) { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2 else { return "has '\(text)', which is no range" }
        var values: [Int] = []
        for end in ends {
            guard let value = value(end), range.contains(value) else {
                let or = names.first.map { " or \($0)-\(names[names.count - 1])" } ?? ""
                return "has '\(end)': allowed are \(range.lowerBound)-\(range.upperBound)\(or), '*', ',', '-' and '/'"
            }
            values.append(value)
        }
        return values.count == 2 && values[0] > values[1] ? "has the range '\(text)', which runs backwards" : nil
    }

    private func value(_ text: Substring) -> Int? {
        decimal(text) ?? names.firstIndex(of: text.lowercased()).map { $0 + range.lowerBound }
    }

    /// The last day of the month, the last or the n-th weekday of it, as the server's crontab reader knows them.
    private func isSpecial(_ text: Substring) -> Bool {
        switch self {
        case .day: return text == "L" || text == "LW"
        case .weekday:
            if text.last == "L" { return value(text.dropLast()).map(range.contains) ?? false }
            let parts = text.split(separator: "#", omittingEmptySubsequences: false)
            guard parts.count == 2, let nth = decimal(parts[1]) else { return false }
            return value(parts[0]).map(range.contains) ?? false && 1...5 ~= nth
        default: return false
        }
    }
}
