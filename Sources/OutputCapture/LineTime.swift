// A line's own time, and what moment that is.

import SentryProtocol

/// A time as a line gives it: perhaps without its date, perhaps without its zone.
package struct LineTime: Sendable, Equatable {
    package enum Day: Sendable, Equatable {
        case unknown
        case of(month: Int64, day: Int64)
        /// Since 1970-01-01.
        case number(Int64)
    }

    package var day: Day
    /// Nanoseconds since that day's midnight.
    package var clock: Int64
    /// Seconds east of Greenwich, where the line says so.
    package var offset: Int64?

    /// How far a line's own time may lie before its arrival: beyond, it is about something else, or replayed.
    private static let longestAge: Int64 = 24 * 3600 * 1_000_000_000
    /// The same where day or zone are ours to find out: less than any two zones differ by.
    private static let longestGuessedAge: Int64 = 600 * 1_000_000_000
    /// What clocks of one machine may be apart. Sentry moves what is further ahead.
    private static let longestLead: Int64 = 60 * 1_000_000_000

    private static let second: Int64 = 1_000_000_000
    private static let dayLength: Int64 = 86400 * second

    /// The moment, in nanoseconds since 1970, `nil` when none that the line can mean is near its arrival.
    ///
    /// With a zone and a date the time is exact. Without a zone it is the job's local time, or UTC where only that is
    /// near the arrival; without a date it is the nearest such time of day.
    ///
    /// - Parameter localOffset: seconds east of Greenwich that the job's clocks show.
    package func nanoseconds(near arrival: Timestamp, localOffset: Int64) -> Int64? {
        if case .number(let number) = day, let offset {
            guard let moment = Self.moment(day: number, clock, offset) else { return nil }
            return Self.isNear(moment, arrival, Self.longestAge) ? moment : nil
        }
        if let offset { return guess(near: arrival, offset) }
        return guess(near: arrival, localOffset) ?? (localOffset == 0 ? nil : guess(near: arrival, 0))
    }

    private func guess(near arrival: Timestamp, _ offset: Int64) -> Int64? {
        let today = (arrival.nanoseconds / Self.second + offset) / 86400
        switch day {
        case .number(let number): return guess(number, near: arrival, offset)
        case .unknown:
            return guess(today, near: arrival, offset) ?? guess(today - 1, near: arrival, offset)
                ?? guess(today + 1, near: arrival, offset)
        case .of(let month, let day):
            let year = Self.year(ofDay: today)
            return guess(year, month, day, near: arrival, offset) ?? guess(year - 1, month, day, near: arrival, offset)
                ?? guess(year + 1, month, day, near: arrival, offset)
        }
    }

    private func guess(_ day: Int64, near arrival: Timestamp, _ offset: Int64) -> Int64? {
        guard let moment = Self.moment(day: day, clock, offset) else { return nil }
        return Self.isNear(moment, arrival, Self.longestGuessedAge) ? moment : nil
    }

    private func guess(
        _ year: Int64, _ month: Int64, _ day: Int64, near arrival: Timestamp, _ offset: Int64
    ) -> Int64? {
        guess(Self.days(year: year, month: month, day: day), near: arrival, offset)
    }

    private static func isNear(_ moment: Int64, _ arrival: Timestamp, _ age: Int64) -> Bool {
        moment > arrival.nanoseconds - age && moment < arrival.nanoseconds + longestLead
    }

    private static func moment(day: Int64, _ clock: Int64, _ offset: Int64) -> Int64? {
        guard (-100_000...100_000).contains(day) else { return nil }
        return day * dayLength + clock - offset * second
    }

    private static func year(ofDay day: Int64) -> Int64 {
        var year = 1970 + day / 366
        while days(year: year + 1, month: 1, day: 1) <= day { year += 1 }
        return year
    }

    /// Days since 1970-01-01 of the proleptic Gregorian calendar.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension LineTime {
    /// From nanoseconds since 1970.
    init(unixNanoseconds: Int64) {
        self.init(day: .number(unixNanoseconds / Self.dayLength), clock: unixNanoseconds % Self.dayLength, offset: 0)
    }

    /// From a Unix time in seconds, milliseconds, microseconds or nanoseconds: the unit follows from the magnitude, the
    /// years 2001–2262 in each do not overlap. Later ones are none: their nanoseconds are too many for a number.
    init?(unix number: Double) {
        switch number {
        case 1e9..<9.2e9: self.init(unixNanoseconds: Int64(number * 1e6) * 1000)
        case 1e12..<9.2e12: self.init(unixNanoseconds: Int64(number * 1e3) * 1000)
        case 1e15..<9.2e15: self.init(unixNanoseconds: Int64(number) * 1000)
        case 1e18..<9.2e18: self.init(unixNanoseconds: Int64(number))
        default: return nil
        }
    }

    init?(unix number: Int64) {
        switch number {
        case 1_000_000_000..<9_200_000_000: self.init(unixNanoseconds: number * 1_000_000_000)
        case 1_000_000_000_000..<9_200_000_000_000: self.init(unixNanoseconds: number * 1_000_000)
        case 1_000_000_000_000_000..<9_200_000_000_000_000: self.init(unixNanoseconds: number * 1000)
        case 1_000_000_000_000_000_000...: self.init(unixNanoseconds: number)
        default: return nil
        }
    }

    /// A whole text that is a time: a JSON or logfmt value.
    init?(text: UnsafeRawBufferPointer) {
        var cursor = LineCursor(text)
        guard let time = Stamp.read(&cursor)?.time, cursor.isAtEnd else { return nil }
        self = time
    }
}
