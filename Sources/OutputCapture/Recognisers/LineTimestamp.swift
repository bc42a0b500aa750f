// A line's own time: RFC 3339 with a zone, or a Unix time in seconds, milliseconds, microseconds or nanoseconds.

import SentryProtocol

enum LineTimestamp {
    /// Nanoseconds since 1970; `nil` where zone or unit would be a guess.
    static func nanoseconds(_ value: JSONValue) -> Int64? {
        switch value {
        case .string(let text): rfc3339(Array(text.utf8)) ?? Double(text).flatMap(unix)
        case .integer(let number): unix(Double(number))
        case .number(let number): unix(number)
        default: nil
        }
    }

    /// The unit follows from the magnitude: years 2001–2286 in each unit do not overlap.
    static func unix(_ number: Double) -> Int64? {
        switch number {
        case 1e9..<1e10: Int64(number * 1e6) * 1000
        case 1e12..<1e13: Int64(number * 1e3) * 1000
        case 1e15..<1e16: Int64(number) * 1000
        case 1e18..<9.2e18: Int64(number)
        default: nil
        }
    }

    /// `2026-11-21T08:00:00.123456Z`, also with a space and `+01:00`.
    static func rfc3339(_ text: [UInt8]) -> Int64? {
        guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[13] == 0x3A, text[16] == 0x3A,
            text[10] | 0x20 == UInt8(ascii: "t") || text[10] == 0x20,
            let year = digits(text[0..<4]), let month = digits(text[5..<7]), let day = digits(text[8..<10]),
            let hour = digits(text[11..<13]), let minute = digits(text[14..<16]), let second = digits(text[17..<19]),
            (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var rest = text[19...]
        let fraction = takeFraction(&rest)
        guard let offset = zoneSeconds(rest) else { return nil }
        let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }

    private static func digits(_ text: ArraySlice<UInt8>) -> Int64? {
        text.reduce(Int64?(0)) { sum, byte in byte.isDigit ? sum.map { $0 * 10 + Int64(byte - 0x30) } : nil }
    }

    private static func takeFraction(_ rest: inout ArraySlice<UInt8>) -> Int64 {
        guard rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") else { return 0 }
        rest = rest.dropFirst()
        var fraction: Int64 = 0
        var unit: Int64 = 100_000_000
        while let byte = rest.first, byte.isDigit {
            fraction += Int64(byte - 0x30) * unit
            unit /= 10
            rest = rest.dropFirst()
        }
        return fraction
    }

    private static func zoneSeconds(_ zone: ArraySlice<UInt8>) -> Int64? {
        let zone = Array(zone)
        if zone.count == 1 { return zone[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        guard zone.count == 6 || zone.count == 5, zone[0] == 0x2B || zone[0] == 0x2D,
            let hours = digits(zone[1..<3]), let minutes = digits(zone[(zone.count - 2)...])
        else { return nil }
        return (hours * 3600 + minutes * 60) * (zone[0] == 0x2D ? -1 : 1)
    }

    /// Days since 1970-01-01 of the proleptic Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
