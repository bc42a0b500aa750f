// Bytes inside of a page (RFC 4648, section 4).

/// Encodes what is written to ``input``, piece by piece.
final class Base64Stream {
    private let output: ExportStream
    private var rest: [UInt8] = []
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    init(into output: ExportStream) { self.output = output }

    private(set) lazy var input = ExportStream { [unowned self] piece in self.encode(copy piece) }

    func finish() {
        input.flush()
        guard !rest.isEmpty else { return }
        let padding = 3 - rest.count
        rest += Array(repeating: 0, count: padding)
        var digits = Self.digits(rest[...])
        for index in 4 - padding..<4 { digits[index] = UInt8(ascii: "=") }
        output.bytes(digits)
        rest = []
    }

    private func encode(_ piece: [UInt8]) {
        let bytes = rest + piece
        let whole = bytes.count / 3 * 3
        rest = Array(bytes[whole...])
        output.bytes(Self.digits(bytes[..<whole]))
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count / 3 * 4)
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 3) {
            let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
            for shift in [18, 12, 6, 0] { digits.append(alphabet[group >> shift & 63]) }
        }
        return digits
    }

    /// Reads the digits; blanks between them are skipped. `nil` for anything else.
    static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (group, count, isOver) = (0, 0, false)
        for byte in text {
            if byte <= 0x20 { continue }
            if byte == UInt8(ascii: "=") {
                isOver = true
                continue
            }
            guard !isOver, let value = value(of: byte) else { return nil }
            group = (group << 6 | value) & 0xFFFFFF
            count += 1
            if count % 4 == 0 { bytes += [UInt8(group >> 16), UInt8(group >> 8 & 255), UInt8(group & 255)] }
        }
        switch count % 4 {
        case 2: bytes.append(UInt8(group >> 4 & 255))
        case 3: bytes += [UInt8(group >> 10 & 255), UInt8(group >> 2 & 255)]
        case 1: return nil
        default: break
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> Int? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(digit) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(digit) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
