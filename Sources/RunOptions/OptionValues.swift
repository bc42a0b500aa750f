// How the texts of values are read. Each reader returns nil for what it does not allow and never traps.

/// Reads true/false, yes/no, on/off, t/f, y/n, 1/0 in any case.
func readBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "t", "yes", "y", "on", "1": true
    case "false", "f", "no", "n", "off", "0": false
    default: nil
    }
}

/// Reads a percentage from 0 to 100, with or without its sign.
func readPercentage(_ text: String) -> Double? {
    let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
    guard let percent = Double(digits), (0...100).contains(percent) else { return nil }
    return percent
}

/// Reads a duration into nanoseconds: numbers with units (`1h30m`, `500ms`, `1.5h`); a number alone is seconds.
///
/// Zero is allowed; `nil` for signs, unknown or repeated units, and more than 10 000 days.
func readDuration(_ text: String) -> Int64? {
    var rest = Array(text.utf8)[...]
    var total: Int64 = 0
    var last = Int64.max
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        guard let number = takeDecimal(&rest) else { return nil }
        let letters = rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        rest = rest.dropFirst(letters.count)
        guard let unit = nanoseconds(unit: String(decoding: letters, as: UTF8.self)), unit < last else { return nil }
        if letters.isEmpty && (last != Int64.max || !rest.isEmpty) { return nil }
        last = unit
        let (whole, overflow) = number.whole.multipliedReportingOverflow(by: unit)
        let (sum, overflowOfSum) = total.addingReportingOverflow(whole)
        guard !overflow, !overflowOfSum else { return nil }
        // A thousand millionths at a time: the product stays far inside 64 bits.
        total = sum &+ number.millionths * (unit / 1000) / 1000
    }
    return total <= 10_000 * 86_400_000_000_000 ? total : nil
}

private func nanoseconds(unit: String) -> Int64? {
    switch unit {
    case "ms": 1_000_000
    case "s", "": 1_000_000_000
    case "m": 60_000_000_000
    case "h": 3_600_000_000_000
    case "d": 86_400_000_000_000
    default: nil
    }
}

/// Digits with an optional fraction, of which six places count.
private func takeDecimal(_ rest: inout ArraySlice<UInt8>) -> (whole: Int64, millionths: Int64)? {
    let digits = takeDigits(&rest)
    guard let whole = Int64(digits) else { return nil }
    guard rest.first == UInt8(ascii: ".") else { return (whole, 0) }
    rest = rest.dropFirst()
    let fraction = takeDigits(&rest)
    guard !fraction.isEmpty else { return nil }
    let places = String(fraction.utf8.prefix(6)) ?? ""
    let padded = places + String(repeating: "0", count: 6 - places.utf8.count)
    return (whole, Int64(padded) ?? 0)
}

private func takeDigits(_ rest: inout ArraySlice<UInt8>) -> String {
    let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    rest = rest.dropFirst(digits.count)
    return String(decoding: digits, as: UTF8.self)
}

/// Reads a decimal number from 0 to 1.
func readRate(_ text: String) -> Double? {
    guard let rate = Double(text), rate >= 0, rate <= 1 else { return nil }
    return rate
}

/// Reads a decimal integer without sign.
func readCount(_ text: String) -> Int? {
    guard text.utf8.first != UInt8(ascii: "+"), let count = Int(text), count >= 0 else { return nil }
    return count
}

/// Reads bytes: a number alone, or with `k`, `M`, `G` (also `KiB`, `MB`, … all powers of 1024).
func readSize(_ text: String) -> Int? {
    let digits = text.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard let count = Int(Substring(digits)) else { return nil }
    let shift: Int
    switch String(text.dropFirst(digits.count)).lowercased() {
    case "", "b": shift = 0
    case "k", "kb", "kib": shift = 10
    case "m", "mb", "mib": shift = 20
    case "g", "gb", "gib": shift = 30
    default: return nil
    }
    return count <= Int(Int32.max) >> shift ? count << shift : nil
}

/// Reads exit codes and ranges, `0,24,100-110`, each 0…255.
func readExitCodes(_ text: String) -> ExitCodes? {
    var codes = ExitCodes()
    for part in splitText(text, at: ",") {
        let ends = splitText(part, at: "-").map { readCount(trimBlanks($0)) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last, last <= 255
        else { return nil }
        for code in first...last { codes.insert(Int32(code)) }
    }
    return codes
}

/// Splits at the first `separator`: `nil` where there is none or nothing before it.
func splitPair(_ text: String, at separator: Unicode.Scalar = "=") -> (String, String)? {
    let scalars = text.unicodeScalars
    guard let index = scalars.firstIndex(of: separator), index != scalars.startIndex else { return nil }
    return (String(scalars[..<index]), String(scalars[scalars.index(after: index)...]))
}

/// The parts between separators, empty ones included.
func splitText(_ text: String, at separator: Unicode.Scalar) -> [String] {
    text.unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
}

/// The values in an environment variable of an option that may be given several times: separated by newlines if there
/// is one, otherwise by commas.
func splitList(_ text: String) -> [String] {
    let separator: Unicode.Scalar = text.unicodeScalars.contains("\n") ? "\n" : ","
    return splitText(text, at: separator).map(trimBlanks).filter { !$0.isEmpty }
}

func trimBlanks(_ text: String) -> String {
    let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isBlank($0) }), let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(scalars[first...last])
}

/// Looks like a name of the time zone database; whether it is in it is for the server to say.
func isTimeZoneName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 64 else { return false }
    return text.utf8.allSatisfy {
        isLetter($0) || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || "_+-/".utf8.contains($0)
    }
}

private func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
}

/// A value as it is quoted in a sentence: one line, at most 80 characters, no control characters.
func quoted(_ text: String) -> String {
    var shown = "'"
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 80 {
            shown += "…"
            break
        }
        switch scalar {
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x80...0x9F).contains(scalar.value):
            shown += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown + "'"
}

/// A secret value with its secret part left out: what stands before the `@` of a URL, or all but the beginning.
func withoutSecret(_ text: String) -> String {
    guard let at = text.unicodeScalars.lastIndex(of: "@") else {
        return text.utf8.count <= 8 ? text : String(text.unicodeScalars.prefix(8)) + "…"
    }
    let host = String(text.unicodeScalars[at...])
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { return scheme + "…" + host }
    return "…" + host
}
