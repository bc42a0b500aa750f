// What the scheduler has done with a thread.

/// How a thread was scheduled so far. Source: Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat.
package struct ThreadSchedule: Sendable, Equatable {
    /// Nanoseconds on a processor. While it runs this is behind by up to a tick of the scheduler.
    package var runTime: UInt64 = 0
    /// Nanoseconds ready, but waiting for a processor.
    package var delay: UInt64 = 0
    /// Times that it was given a processor.
    package var slices: UInt64 = 0

    package init() {}

    /// `1234 567 89`.
    package init?(_ text: UnsafeRawBufferPointer) {
        var numbers = DecimalScanner(text)
        guard let run = numbers.next(), let delay = numbers.next(), let slices = numbers.next() else { return nil }
        runTime = run
        self.delay = delay
        self.slices = slices
    }
}

extension KeptFile {
    /// As `schedstat` says it.
    package func schedule() -> ThreadSchedule? { read(ThreadSchedule.init) }
}

private struct DecimalScanner {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    mutating func next() -> UInt64? {
        while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
        let start = position
        var value: UInt64 = 0
        while position < text.count, case let digit = text[position] &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ UInt64(digit)
            position += 1
        }
        return position > start ? value : nil
    }
}
