// `2026-11-21 08:00:00`: what nearly all logs begin with, looked at eight bytes at a time.

/// A date and a clock of 19 bytes, with dashes or slashes and a blank or `T`.
struct StampWords {
    static let length = 19

    /// Each byte less the digit 0; separators are 0.
    private let date: UInt64
    private let clock: UInt64
    private let dayOfMonth: Int64

    /// - Parameter base: of so many bytes.
    @inline(__always) init?(_ base: UnsafeRawPointer) {
        func word(_ place: Int) -> UInt64 { base.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian }
        func byte(_ place: Int) -> UInt8 { base.load(fromByteOffset: place, as: UInt8.self) }
        // `0000-00-`, and what makes slashes of its dashes; `00:00:00`.
        var date = word(0) ^ 0x2D30_302D_3030_3030
        let clock = word(11) ^ 0x3030_3A30_303A_3030
        if byte(4) == UInt8(ascii: "/") { date ^= 0x0200_0002_0000_0000 }
        guard Self.areDigits(date, separators: 0xFF00_00FF_0000_0000),
            Self.areDigits(clock, separators: 0x0000_FF00_00FF_0000), byte(8).isDigit, byte(9).isDigit,
            byte(10) == 0x20 || byte(10) == UInt8(ascii: "T")
        else { return nil }
        self.date = date
        self.clock = clock
        dayOfMonth = Int64(byte(8) - 0x30) * 10 + Int64(byte(9) - 0x30)
        guard (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(dayOfMonth),
            Self.number(clock, 0) < 24, Self.number(clock, 3) < 60, Self.number(clock, 6) <= 60
        else { return nil }
    }

    /// At the cursor; `nil` also where more of the clock may follow than a fraction: another digit, half a day's name.
    @inline(__always) init?(_ cursor: LineCursor) {
        guard let base = cursor.line.baseAddress, cursor.line.count - cursor.offset >= Self.length else { return nil }
        self.init(base + cursor.offset)
        switch cursor.peek(Self.length) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A"), UInt8(ascii: "P"), 0x80...: return nil
        case 0x20:
            let next = cursor.peek(Self.length + 1)
            if next == UInt8(ascii: "A") || next == UInt8(ascii: "P") { return nil }
        case UInt8(ascii: "."), UInt8(ascii: ","):
            var end = cursor
            end.offset += Self.length + 1
            end.skip(while: \.isDigit)
            if Self.mayBeHalf(end.current) || end.current == 0x20 && Self.mayBeHalf(end.peek(1)) { return nil }
        default: break
        }
    }

    private static func mayBeHalf(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "A") || byte == UInt8(ascii: "P") || byte >= 0x80
    }

    private var year: Int64 { Self.number(date, 0) * 100 + Self.number(date, 2) }
    private var month: Int64 { Self.number(date, 5) }

    /// Since 1970-01-01.
    var day: Int64 { LineTime.days(year: year, month: month, day: dayOfMonth) }

    /// Since midnight.
    var seconds: Int64 { Self.number(clock, 0) * 3600 + Self.number(clock, 3) * 60 + Self.number(clock, 6) }

    /// Of two digits.
    @inline(__always) private static func number(_ word: UInt64, _ place: UInt64) -> Int64 {
        Int64(word >> (8 * place) & 0xFF) * 10 + Int64(word >> (8 * place + 8) & 0xFF)
    }

    /// - Parameter bytes: each less the digit 0, and 0 where a separator is as expected.
    @inline(__always) private static func areDigits(_ bytes: UInt64, separators: UInt64) -> Bool {
        bytes & separators == 0 && (bytes | (bytes &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0
    }
}
