// Points in time out of texts, and arithmetic in seconds.

extension Timestamp {
    /// `seconds` later; stays at the ends of what can be represented.
    package func advanced(bySeconds seconds: Double) -> Timestamp {
        let delta = (seconds * 1e9).rounded()
        guard delta.magnitude < 9e18 else { return Timestamp(nanoseconds: delta > 0 ? .max : .min) }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(Int64(delta))
        return Timestamp(nanoseconds: overflow ? (delta > 0 ? .max : .min) : sum)
    }

    /// Seconds from `earlier` to here; negative when it is later.
    package func seconds(since earlier: Timestamp) -> Double {
        Double(nanoseconds) / 1e9 - Double(earlier.nanoseconds) / 1e9
    }

    /// Reads the date of HTTP headers in its preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// Source: RFC 9110, 5.6.7 (IMF-fixdate). The two obsolete forms give `nil`.
    package init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = decimal(words[1]),
            let month = months.firstIndex(of: String(words[2])),
            let year = decimal(words[3]), 1970...9999 ~= year, 1...31 ~= day
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map { decimal($0) ?? -1 }
        guard clock.count == 3, 0...23 ~= clock[0], 0...59 ~= clock[1], 0...60 ~= clock[2] else { return nil }
        let days = daysSince1970(year: Int64(year), month: Int64(month + 1), day: Int64(day))
        let seconds = days * 86400 + Int64(clock[0] * 3600 + clock[1] * 60 + clock[2])
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self.init(nanoseconds: overflow ? .max : nanoseconds)
    }
}

/// The civil-to-days algorithm, for years after 1970.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
