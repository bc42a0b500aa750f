// systemd's status lines: `[  OK  ] Started x.`, `[FAILED] Failed to start y.`, `[DEPEND] Dependency failed for z.`.

import SentryProtocol

enum SystemdStatus {
    /// The cursor is behind the bracket. The word is centred in six columns, so the closing bracket is seven away.
    static func read(_ start: LineCursor, into reading: inout LineReading) -> Bool {
        guard start.peek(6) == UInt8(ascii: "]"), start.peek(7) == 0x20, start.peek(8).isLetter else { return false }
        let status: [(StaticString, LogLevel)] = [
            ("  OK  ", .info), ("FAILED", .error), ("DEPEND", .warn), (" TIME ", .error), (" SKIP ", .info),
            (" WARN ", .warn), (" INFO ", .info), ("*     ", .info), ("***   ", .info),
        ]
        guard let found = status.first(where: { start.line.has($0.0, at: start.offset) }) else { return false }
        reading.parsed.format = .systemd
        reading.parsed.level = found.1
        if reading.wantsDetails { reading.setMessage(from: start.offset + 8) }
        return true
    }
}
