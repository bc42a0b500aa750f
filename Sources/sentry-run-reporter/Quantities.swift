// Durations, sizes and counts as people read them.

import SentryProtocol

/// `870 µs`, `12.3 ms`, `4.56 s`, `3m 07s`, `2h 05m`.
func duration(seconds: Double) -> String {
    switch seconds {
    case ..<0.001: "\(Int(seconds * 1e6)) µs"
    case ..<1: "\(fixed(seconds * 1e3, seconds < 0.1 ? 1 : 0)) ms"
    case ..<60: "\(fixed(seconds, 2)) s"
    case ..<3600: "\(Int(seconds) / 60)m \(padded(Int64(seconds) % 60))s"
    default: "\(Int(seconds) / 3600)h \(padded(Int64(seconds) / 60 % 60))m"
    }
}

/// `812 B`, `3.4 KiB`, `1.2 GiB`.
func size(bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024 { return "\(fixed(value, unit == "B" ? 0 : 1)) \(unit)" }
        value /= 1024
    }
    return "\(fixed(value, 1)) TiB"
}

/// `1 line`, `2 lines`.
func count(_ number: Int64, _ noun: String, plural: String = "s") -> String {
    "\(number) \(noun)\(number == 1 ? "" : plural)"
}

/// Always `digits` decimals, rounded.
func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(Int64(1)) { scale, _ in scale * 10 }
    let scaled = Int64((value * Double(scale)).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % scale)
    return "\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// `2026-11-21 04:12:09` in UTC, marked as such: what the report's ids and Sentry show.
func moment(_ time: Timestamp) -> String {
    let text = time.rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
}

private func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
