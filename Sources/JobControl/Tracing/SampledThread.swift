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
    /// What was read of its stack by its last sample.
    var lastStack = (address: UInt64(0), count: 0)
    /// The owner's number of the last look.
    var lookedAt: UInt32 = 0
    /// Whether the last look found that it ran.
    private(set) var hasRun = false
    /// As last seen.
    private(set) var schedule: ThreadSchedule
    /// How much of its run time is in samples.
    private var accounted: UInt64
    private var pace: SamplingPace
    private let schedules: KeptFile
    private let call: KeptFile
    private let status: KeptFile

    /// - Parameter isNew: it is traced from its first moment on, so that all its time is ours to account for.
    init(_ id: Int32, of process: Int32, isNew: Bool, files: FileAllowance) {
        self.id = id
        schedules = KeptFile("/proc/\(process)/task/\(id)/schedstat", files)
        call = KeptFile("/proc/\(process)/task/\(id)/syscall", files)
        status = KeptFile("/proc/\(process)/task/\(id)/stat", files)
        let now = schedules.schedule()
        // Another value than the present one: the first look is to find that it ran.
        schedule = ThreadSchedule()
        accounted = isNew ? 0 : now?.runTime ?? 0
        pace = SamplingPace(runTime: accounted)
    }

    /// Whether it was on a processor since the last look, as far as that can be told without asking more. `nil` where it is
    /// gone. A thread that has been running all the time since then, up to a few milliseconds, looks as if it had not.
    func look() -> Bool? {
        guard let now = schedules.schedule() else { return nil }
        // Where the kernel keeps no such account, all is 0.
        hasRun = now != schedule || now.slices == 0
        schedule = now
        return hasRun
    }

    /// Whether it has run enough for another sample, by the last look.
    var isDue: Bool { pace.isDue(at: schedule.runTime) || schedule.slices == 0 }

    /// Whether it runs or waits for a processor: not blocked, not stopped.
    func isRunning() -> Bool {
        // A process that is closed to us doesn't show its calls.
        call.saysRunning() ?? status.hasStateRunning() ?? false
    }

    /// Processor time since the last sample, in nanoseconds; to be called when it was stopped for one.
    ///
    /// Of a new thread's first sample it is at least one interval: what a thread does after its last sample is in none, which
    /// makes up for it. A thread that lives shorter than an interval is right on average so.
    func takeWeight(interval: Int64) -> Int64 {
        guard let now = schedules.schedule(), now.slices > 0 else { return interval }
        let isFirst = samples == 0
        pace.sampled(at: now.runTime, interval: interval)
        let used = now.runTime > accounted ? now.runTime - accounted : 0
        accounted = now.runTime
        let weight = Int64(clamping: used)
        return isFirst ? max(weight, interval) : weight
    }
}
