// The short way to a line's level must say what the long way says.

import SentryProtocol
import Testing

@testable import OutputCapture

@Suite struct StampedLevelTests {
    private static let stamps = [
        "2026-11-21 08:00:00", "2026-11-21T08:00:00", "2026/11/21 08:00:00", "2026-11-21 08:00:00,123",
        "2026-11-21T08:00:00.123456Z", "2026-11-21T08:00:00.123Z", "2026-11-21T08:00:00+01:00",
        "2026-11-21 08:00:00.5-0700", "2026-13-21 08:00:00", "2026-11-21 24:00:00", "2026-11-21 08:00:61",
        "2026-11-21x08:00:00", "2026-11-21 08:00:00x", "2026-11-21 08:00:0", "2026.11.21 08:00:00",
        "2026-11/21 08:00:00",
        "2026-11-21 08:00:00 +0100", "2026-11-21 08:00:00 CET", "2026-11-21 08:00:00 UTC",
        "2026-11-21 08:00:00 Europe/Berlin", "2026-11-21 8:00:00", "1026-11-21 08:00:00", "2026-11-21 08:00:00 PM",
    ]
    private static let parts = [
        " ", " ", " ", " - ", ": ", ":", " | ", " [", "] ", "[", "]", "(", ")", "-", ",", "\t", ".", "/", ">", "  ",
        "#",
        "{", "ERROR", "INFO", "error", "Warning", "WARN", "NOTE", "fail", "E", "I", "app", "app.db", "host",
        "prog[12]: ",
        "main.go:12", "My-App.java:7", "core:error", "pid 1", "tid", "17", "stdout F ", "std", "a-B", "x::y", "é", "AM",
        "app.ERROR: ", "main", "MainThread", "imported row", "failed: error: broken", "=", "\"",
    ]

    private func check(_ line: String) {
        let bytes = Array(line.utf8)
        bytes.withUnsafeBytes { line in
            let head = UnsafeRawBufferPointer(rebasing: line.prefix(LogLineParser.searchedLength))
            var cursor = LineCursor(head)
            cursor.skipSpaces()
            guard cursor.current.isDigit, case .certain(let level) = StampedLevel.read(head, from: cursor.offset) else {
                return
            }
            #expect(level == LogLineParser.slowLevel(of: head, cursor), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `what it is certain of is what the recognisers say`() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<60_000 {
            var line = Int.random(in: 0..<8, using: &numbers) == 0 ? "  " : ""
            line += Self.stamps.randomElement(using: &numbers) ?? ""
            for _ in 0..<Int.random(in: 0..<12, using: &numbers) {
                line += Self.parts.randomElement(using: &numbers) ?? ""
            }
            check(line)
        }
    }

    @Test(arguments: [
        ("2026-11-21 08:00:00,123 - app.db - ERROR - lost", LogLevel.error),
        ("2026-11-21T08:00:00.123Z [main] WARN  org.app.Main - slow", .warn),
        ("2026-11-21 08:00:00 DEBUG started", .debug), ("2026-11-21 08:00:00 imported 7 rows", nil),
    ])
    func `the forms that most loggers write are certain`(line: String, expected: LogLevel?) {
        Array(line.utf8).withUnsafeBytes { line in
            guard case .certain(let level) = StampedLevel.read(line, from: 0) else {
                Issue.record("not certain")
                return
            }
            #expect(level == expected)
        }
    }
}
