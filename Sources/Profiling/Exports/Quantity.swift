// Times and shares as people read them.

/// Three significant digits and a unit: `1.23 s`, `45.6 ms`.
func durationText(_ nanoseconds: Int64) -> String {
    let units: [(Int64, String)] = [(60_000_000_000, "min"), (1_000_000_000, "s"), (1_000_000, "ms"), (1000, "µs")]
    for (size, unit) in units where nanoseconds.magnitude >= UInt64(unit == "min" ? 2 * size : size) {
        return "\(significant(Double(nanoseconds) / Double(size))) \(unit)"
    }
    return "\(nanoseconds) ns"
}

/// With one decimal: `12.3 %`.
func percentText(_ part: Int64, of whole: Int64) -> String {
    guard whole > 0 else { return "0.0 %" }
    let tenths = (Double(part) / Double(whole) * 1000).rounded()
    return "\(fixed(tenths, 1)) %"
}

private func significant(_ value: Double) -> String {
    switch value.magnitude {
    case 99.95...: fixed(value.rounded(), 0)
    case 9.995...: fixed((value * 10).rounded(), 1)
    default: fixed((value * 100).rounded(), 2)
    }
}

/// `value` with its last `decimals` digits behind the point.
private func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.magnitude < 1e15 else { return value.description }
    let digits = String(Int64(value.magnitude))
    let sign = value < 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
}
