import LinuxSystem
import Testing

@testable import JobControl

@Suite struct SamplingRuleTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    @Test func `ticks keep their rate, each off by a tenth at most`() {
        var clock = SamplingClock(interval: 10_000_000, start: start)
        var now = start
        var waits: Set<Int64> = []
        for number in 1...1000 {
            let (wait, leftOut) = clock.next(after: now)
            #expect(leftOut == 0)
            now = now.advanced(by: wait)
            waits.insert(wait)
            #expect(abs(now.since(start) - Int64(number) * 10_000_000) <= 1_000_000)
        }
        #expect(waits.count > 100)
    }

    @Test func `ticks that were missed are counted and not made up for`() {
        var clock = SamplingClock(interval: 10_000_000, start: start)
        _ = clock.next(after: start)
        let (wait, leftOut) = clock.next(after: start.advanced(by: 56_000_000))
        #expect(leftOut == 4)
        #expect((3_000_000...5_000_000).contains(wait))
    }

    @Test func `more than the budget means fewer samples, and less brings them back`() {
        var rate = SamplingRate(interval: 1_000_000, budget: 0.02, start: start)
        rate.spend(40_000_000)
        let early = rate.adapt(at: start.advanced(by: 900_000_000))
        let due = rate.adapt(at: start.advanced(by: 1_000_000_000))
        #expect(!early && due)
        #expect(rate.interval == 2_000_000 && rate.frequency == 500 && rate.isReduced)
        rate.spend(900_000_000)
        _ = rate.adapt(at: start.advanced(by: 2_000_000_000))
        #expect(rate.interval == 8_000_000)
        for second in 3...12 {
            rate.spend(2_000_000)
            _ = rate.adapt(at: start.advanced(by: Int64(second) * 1_000_000_000))
        }
        #expect(rate.interval == 1_000_000 && !rate.isReduced)
    }

    @Test func `ten samples a second are left however much they take`() {
        var rate = SamplingRate(interval: 50_000_000, budget: 0.001, start: start)
        for second in 1...9 {
            rate.spend(1_000_000_000)
            _ = rate.adapt(at: start.advanced(by: Int64(second) * 1_000_000_000))
        }
        #expect(rate.frequency == 10)
    }

    /// Samples that a thread has at one tick each interval, while it has some of the processor's time.
    private func samples(ticks: Int, interval: Int64, share: Double, lag: Double, met: (Int) -> Bool = { _ in true })
        -> Int
    {
        var pace = SamplingPace(runTime: 0)
        var count = 0
        for tick in 1...ticks where met(tick) {
            let run = Double(tick) * Double(interval) * share
            // The scheduler's own account is behind by up to a tick of its own.
            guard pace.isDue(at: UInt64(max(0, run - lag * Double(tick % 5) / 4))) else { continue }
            pace.sampled(at: UInt64(run), interval: interval)
            count += 1
        }
        return count
    }

    @Test(arguments: [10_000_000, 1_000_000] as [Int64])
    func `a thread has one sample for each interval that it runs`(interval: Int64) {
        #expect((990...1000).contains(samples(ticks: 1000, interval: interval, share: 1, lag: 4e6)))
        #expect((245...251).contains(samples(ticks: 1000, interval: interval, share: 0.25, lag: 0)))
        // It runs for a tenth of each interval: at one in ten ticks it is met.
        let met = samples(ticks: 1000, interval: interval, share: 0.1, lag: 0) { $0 * 7919 % 101 < 10 }
        #expect((85...101).contains(met))
    }

    @Test func `what a thread has run unseen is not made up for without end`() {
        var pace = SamplingPace(runTime: 0)
        var run: UInt64 = 60_000_000_000
        var extra = 0
        while pace.isDue(at: run) {
            pace.sampled(at: run, interval: 10_000_000)
            run += 1
            extra += 1
        }
        #expect((1...10).contains(extra))
    }

    @Test func `stops that do not come at once are expected now and then only`() {
        var promptness = StopPromptness()
        let atFirst = promptness.isToBeExpected
        for _ in 0..<10 { promptness.record(came: 0, of: 2) }
        let expected = (0..<320).count { _ in promptness.isToBeExpected }
        promptness.record(came: 2, of: 2)
        let again = promptness.isToBeExpected
        #expect(atFirst && expected == 10 && again)
    }

    @Test(arguments: [
        ("1234 567 89\n", 1234 as UInt64, 567 as UInt64, 89 as UInt64), ("0 0 0\n", 0, 0, 0),
    ])
    func `a thread's schedule is read`(text: String, run: UInt64, delay: UInt64, slices: UInt64) throws {
        let schedule = try #require(Array(text.utf8).withUnsafeBytes { ThreadSchedule($0) })
        #expect(schedule.runTime == run && schedule.delay == delay && schedule.slices == slices)
    }

    @Test(arguments: ["", "1 2", "a b c", "-1 2 3"])
    func `what is no schedule is none`(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { ThreadSchedule($0) } == nil)
    }

    @Test(arguments: [
        ("running\n", ThreadPlace.running),
        (
            "202 0x7f 0x80 0x0 0x0 0x0 0xffffffff 0x7ffd12 0x7f34\n",
            .waiting(stackPointer: 0x7FFD12, programCounter: 0x7F34)
        ),
        ("-1 0x7ffd12 0x7f34\n", .waiting(stackPointer: 0x7FFD12, programCounter: 0x7F34)),
    ])
    func `a thread's place is read`(text: String, place: ThreadPlace) {
        #expect(Array(text.utf8).withUnsafeBytes { ThreadPlace($0) } == place)
    }

    #if arch(x86_64)
        @Test func `an interrupted call is done again, and only such a one`() {
            func restarted(_ call: Int64, _ result: Int64) -> Int64? {
                var registers = [UInt8](repeating: 0, count: RegisterLayout.size)
                RegisterLayout.set(UInt64(bitPattern: call), at: 120, of: &registers)
                RegisterLayout.set(UInt64(bitPattern: result), at: 80, of: &registers)
                guard registers.withUnsafeMutableBytes({ InterruptedCall.restart($0) }) else { return nil }
                return RegisterLayout.systemCallResult(of: registers)
            }
            #expect(restarted(232, -4) == -514)
            // close(2) is not done twice; a call that ended otherwise, and code outside of calls, are left alone.
            #expect(restarted(3, -4) == nil && restarted(232, 1) == nil && restarted(-1, -4) == nil)
        }
    #endif
}
