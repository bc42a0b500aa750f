// A set of exit codes.

/// Exit codes from 0 to 255, as bits: a `Set` costs the supervisor a tenth of a millisecond at its first use.
package struct ExitCodes: Sendable, Equatable, ExpressibleByArrayLiteral {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}

    package init(arrayLiteral codes: Int32...) {
        for code in codes { insert(code) }
    }

    /// Codes outside 0…255 are in no set.
    package func contains(_ code: Int32) -> Bool {
        guard 0...255 ~= code else { return false }
        let bit = UInt64(1) << UInt64(code & 63)
        switch code >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        default: return words.3 & bit != 0
        }
    }

    package mutating func insert(_ code: Int32) {
        guard 0...255 ~= code else { return }
        let bit = UInt64(1) << UInt64(code & 63)
        switch code >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    package mutating func formUnion(_ other: ExitCodes) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
        words.3 |= other.words.3
    }

    package static func == (left: ExitCodes, right: ExitCodes) -> Bool { left.words == right.words }
}
