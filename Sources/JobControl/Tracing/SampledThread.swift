// What the sampler knows of a thread.

import LinuxSystem

/// A thread that is sampled when it runs. Its files in /proc stay open: opening one takes ten times as long as reading it.
final class SampledThread {
    let id: Int32
    /// A stop was asked for that has not come yet, and when.
    var askedAt: MonotonicTime?
    /// How often it was sampled.
    var samples: UInt32 = 0
    /// As told, without what follows it.
    var name: [UInt8] = []
    /// As last seen.
    private(set) var schedule: ThreadSchedule
    /// How much of its run time is in samples.
    private var accounted: UInt64
    private let schedules: KeptFile
    private let call: KeptFile
    private let status: KeptFile

    /// - Parameter isNew: it is traced from its first moment on, so that all its time is ours to account for.
    init(_ id: Int32, of process: Int32, isNew: Bool, files: FileAllowance) {
        self.id = id
        schedules = KeptFile("/proc/\(process)/task/\(id)/schedstat", files)
        call = KeptFile("/proc/\(process)/task/\(id)/syscall", files)
        status = KeptFile("/proc/\(process)/task/\(id)/stat", files)
        let now = schedules.read(ThreadSchedule.init)
        // Another value than the present one: the first look is to find that it ran.
        schedule = ThreadSchedule()
        accounted = isNew ? 0 : now?.runTime ?? 0
    }

    /// Whether it was on a processor since the last look, as far as that can be told without asking more. `nil` where it is
    /// gone. A thread that has been running all the time since then, up to a few milliseconds, looks as if it had not.
    func look() -> Bool? {
        guard let now = schedules.read(ThreadSchedule.init) else { return nil }
        defer { schedule = now }
        // Where the kernel keeps no such account, all is 0.
        return now != schedule || now.slices == 0
    }

    /// Whether it runs or waits for a processor: not blocked, not stopped.
    func isRunning() -> Bool {
        if let isRunning = call.read({ bytes in bytes.starts(with: Self.running) }) { return isRunning }
        // A process that is closed to us doesn't show its calls; this takes four times as long.
        return status.read { bytes in
            guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end + 2 < bytes.count else { return nil }
            return bytes[end + 2] == UInt8(ascii: "R")
        } ?? false
    }

    /// What `/proc/PID/task/TID/syscall` begins with.
    private static let running = Array("running".utf8)

    /// Processor time since the last sample, in nanoseconds; to be called when it was stopped for one.
    ///
    /// Of a new thread's first sample it is at least one interval: what a thread does after its last sample is in none, which
    /// makes up for it. A thread that lives shorter than an interval is right on average so.
    func takeWeight(interval: Int64) -> Int64 {
        guard let now = schedules.read(ThreadSchedule.init), now.slices > 0 else { return interval }
        let isFirst = samples == 0
        let used = now.runTime > accounted ? now.runTime - accounted : 0
        accounted = now.runTime
        let weight = Int64(clamping: used)
        return isFirst ? max(weight, interval) : weight
    }
}

/// How a thread was scheduled so far. Source: Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat.
struct ThreadSchedule: Equatable {
    /// Nanoseconds on a processor. While it runs this is behind by up to a tick of the scheduler.
    var runTime: UInt64 = 0
    /// Nanoseconds ready, but waiting for a processor.
    var delay: UInt64 = 0
    /// Times that it was given a processor.
    var slices: UInt64 = 0

    init() {}

    /// `1234 567 89`.
    init?(_ text: UnsafeRawBufferPointer) {
        var numbers = DecimalScanner(text)
        guard let run = numbers.next(), let delay = numbers.next(), let slices = numbers.next() else { return nil }
        runTime = run
        self.delay = delay
        self.slices = slices
    }
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
