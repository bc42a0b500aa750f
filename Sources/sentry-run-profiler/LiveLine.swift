// One line on the terminal while samples are taken.

import LinuxSystem
import Profiling

/// Shows on a terminal what goes on; nothing where stderr is none.
struct LiveLine {
    private let isShown: Bool
    private let title: String
    private let started: MonotonicTime
    private var next: MonotonicTime
    private var last: (time: MonotonicTime, taken: UInt64)

    /// Nanoseconds between two of its changes.
    private static let pause: Int64 = 500_000_000

    init(title: String, started: MonotonicTime, isWanted: Bool) {
        isShown = isWanted && FileDescriptor.standardError.isTerminal
        self.title = title
        self.started = started
        next = started
        last = (started, 0)
    }

    mutating func show(_ tally: SampleTally, now: MonotonicTime = .now) {
        guard isShown, now >= next else { return }
        next = MonotonicTime(nanoseconds: now.nanoseconds + Self.pause)
        write("\r\u{1B}[K" + text(tally, now))
        last = (now, tally.taken)
    }

    private func text(_ tally: SampleTally, _ now: MonotonicTime) -> String {
        let elapsed = now.since(started) / 1_000_000_000
        let span = max(1, now.since(last.time))
        let rate = Int64(tally.taken - last.taken) * 1_000_000_000 / span
        var text = "profiling \(title): \(elapsed / 60):\(elapsed % 60 < 10 ? "0" : "")\(elapsed % 60), "
        text += "\(tally.taken) samples (\(rate)/s)"
        if tally.lost > 0 { text += ", \(tally.lost) lost" }
        return text + ", ^C ends it"
    }

    /// Takes it away.
    func clear() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        // A terminal that is gone shows nothing, and that is all.
        try? FileDescriptor.standardError.writeAll(Array(text.utf8))
    }
}
