import Testing

@testable import RunOptions

@Suite("How values are read") struct OptionValueTests {
    @Test(
        "durations",
        arguments: [
            ("90s", 90_000_000_000), ("5m", 300_000_000_000), ("1h", 3_600_000_000_000), ("500ms", 500_000_000),
            ("1h30m", 5_400_000_000_000), ("1d2h3m4s5ms", 93_784_005_000_000), ("90", 90_000_000_000),
            ("1.5h", 5_400_000_000_000), ("0.25", 250_000_000), ("0", 0), ("0s", 0), ("1.0000001s", 1_000_000_000),
            ("10000d", 864_000_000_000_000_000), ("1.5ms", 1_500_000),
            ("", nil), ("s", nil), ("1x", nil), ("-1s", nil), ("+1s", nil), ("1h30", nil), ("30m1h", nil),
            ("1s1s", nil),
            ("1 s", nil), ("1.s", nil), (".5s", nil), ("10001d", nil), ("99999999999999999999s", nil),
            ("9223372036854775807s", nil), ("1S", nil), ("１s", nil),
        ] as [(String, Int64?)])
    func durations(text: String, nanoseconds: Int64?) {
        #expect(readDuration(text) == nanoseconds)
    }

    @Test(
        "exit codes",
        arguments: [
            ("0", [0]), ("0,24,100-103", [0, 24, 100, 101, 102, 103]), (" 1 , 2 ", [1, 2]), ("255", [255]),
            ("63-64", [63, 64]), ("127-128,192", [127, 128, 192]),
            ("", nil), ("256", nil), ("-1", nil), ("1-", nil), ("3-1", nil), ("1-2-3", nil), ("a", nil), ("1,,2", nil),
        ] as [(String, [Int32]?)])
    func exitCodes(text: String, codes: [Int32]?) {
        let read = readExitCodes(text)
        #expect((read == nil) == (codes == nil))
        #expect((0...255).filter { read?.contains($0) ?? false } == codes ?? [])
    }

    @Test("codes outside a byte are in no set")
    func outside() {
        let codes: ExitCodes = [-1, 3, 256]
        #expect(!codes.contains(-1) && codes.contains(3) && !codes.contains(256) && !codes.contains(259))
    }

    @Test(
        "sizes",
        arguments: [
            ("0", 0), ("512", 512), ("2k", 2048), ("20M", 20 << 20), ("1GiB", 1 << 30), ("7mb", 7 << 20),
            ("2G", nil), ("", nil), ("k", nil), ("-1", nil), ("1T", nil),
        ] as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect(readSize(text) == bytes)
    }

    @Test(
        "rates",
        arguments: [("0", 0), ("1", 1), (".5", 0.5), ("1e-3", 0.001), ("1.01", nil), ("-0.1", nil), ("", nil)]
            as [(String, Double?)])
    func rates(text: String, rate: Double?) {
        #expect(readRate(text) == rate)
    }

    @Test(
        "distances",
        arguments: [("", "", 0), ("a", "", 1), ("timeout", "tmeout", 1), ("timeout", "tiemout", 1), ("abc", "xyz", 3)])
    func distances(left: String, right: String, distance: Int) {
        #expect(editDistance(Array(left.utf8), Array(right.utf8)) == distance)
        #expect(editDistance(Array(right.utf8), Array(left.utf8)) == distance)
    }

    @Test("words of any shape are read without a trap")
    func hostileWords() {
        let pieces = [
            "", "-", "--", "---", "=", "--=", "-=", "--no-", "--tag=", "-e=", "é", "\u{0}", "-é", "--dsn", "monitors",
            "run",
        ]
        for first in pieces {
            for second in pieces {
                for third in pieces { _ = Line([first, second, third], ["SENTRY_RUN_TAG": first + second]).invocation }
            }
        }
    }
}
