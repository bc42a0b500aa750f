import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

/// Numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

@Suite struct HostileOutputTests {
    /// What recognisers and scrubber react to, so that random texts get deep into them.
    private static let pieces: [[UInt8]] =
        [
            "\n", "\r", "\0", "\u{1B}[", "\u{1B}]", "31m", "ERROR", "error:", " level=", "\"", "{", "}", "[", "]", "\\",
            ":", ",",
            "\"level\":", "\"msg\":\"", "password=", "token: ", "eyJ", ".", "-----BEGIN PRIVATE KEY-----", "-----END",
            "://",
            "@", "2026-11-21", " 08:00:00", "<3>", "4111", " ", "-", "Bearer ", "AKIA", "\\u00e9", "\\ud83d", "é",
            "E0102 ",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80]]

    @Test(arguments: 0..<40)
    func `any bytes in any cut pass, and every container is JSON that counts its records`(seed: UInt64) throws {
        var random = SeededNumbers(state: seed)
        var recorder = OutputRecorder(
            tailLines: 20, selection: .all,
            batch: LogBatch(traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: nil))
        var items: [EnvelopeItem] = []
        for _ in 0..<60 {
            var chunk: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                chunk += Self.pieces.randomElement(using: &random) ?? []
            }
            let stream = CapturedStream.allCases.randomElement(using: &random) ?? .standardOutput
            items += chunk.withUnsafeBytes {
                recorder.feed(
                    $0, from: stream, wall: Timestamp(nanoseconds: 1_795_234_329_000_000_000),
                    now: MonotonicTime(nanoseconds: 1))
            }
        }
        items += recorder.finish(wall: Timestamp(nanoseconds: 1), now: MonotonicTime(nanoseconds: 2))
        #expect(!items.isEmpty)
        for item in items {
            let container = try JSONValue(parsing: item.payload)
            #expect(container["items"]?.array?.count == item.itemCount)
        }
        #expect(recorder.tail().count <= 20)
        for line in recorder.tail() { #expect(!line.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" }) }
    }
}
