// Payment card numbers: the right length for the issuer's prefix, grouped as cards are, and a valid check digit.

enum CardNumber {
    /// The end of the card number that begins at the digit `start`, or the end of the digits that are none.
    ///
    /// Source: ISO/IEC 7812-1 (Luhn check digit, annex B).
    static func read(_ line: UnsafeRawBufferPointer, from start: Int) -> (end: Int, isCard: Bool) {
        var digits: [UInt8] = []
        var groups: [Int] = []
        var index = start
        var separator: UInt8 = 0
        var firstGroupEnd = start
        while true {
            let groupStart = index
            while index < line.count, line[index].isDigit {
                if digits.count < 20 { digits.append(line[index] - 0x30) }
                index += 1
            }
            groups.append(index - groupStart)
            if groups.count == 1 { firstGroupEnd = index }
            guard groups.count < 5, index + 1 < line.count, line[index + 1].isDigit, digits.count < 16,
                line[index] == 0x20 || line[index] == 0x2D, separator == 0 || separator == line[index]
            else { break }
            separator = line[index]
            index += 1
        }
        let isBounded = index >= line.count || !(line[index].isLetter || line[index] == 0x5F)
        guard isBounded, isGroupedLikeCard(groups), isIssued(digits), passesLuhn(digits) else {
            return (firstGroupEnd, false)
        }
        return (index, true)
    }

    private static func isGroupedLikeCard(_ groups: [Int]) -> Bool {
        groups.count == 1 || groups == [4, 4, 4, 4] || groups == [4, 6, 5] || groups == [4, 6, 4]
            || groups == [4, 4, 4, 4, 3]
    }

    private static func isIssued(_ digits: [UInt8]) -> Bool {
        guard (13...19).contains(digits.count) else { return false }
        let prefix = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        switch prefix {
        case 4000...4999: return [13, 16, 19].contains(digits.count)
        case 5100...5599, 2221...2720, 6011, 6440...6599: return digits.count == 16
        case 3400...3499, 3700...3799: return digits.count == 15
        case 3000...3059, 3600...3699, 3800...3999: return digits.count == 14
        case 3528...3589: return digits.count == 16
        default: return false
        }
    }

    private static func passesLuhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (position, digit) in digits.reversed().enumerated() {
            let doubled = Int(digit) * (position % 2 == 1 ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }
}
