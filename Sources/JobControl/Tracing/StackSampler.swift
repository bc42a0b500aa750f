// Taking stacks: registers and a piece of memory of a thread that stands still, to be unwound by somebody else.

import LinuxSystem
import SupervisorLink

/// Looks for threads that run, asks them to stop, and writes down what it finds at the stop. It never waits: a thread stops
/// when the kernel gets to it, and goes on as soon as its registers and stack are copied, which takes the same time for every
/// stack. A thread that waits is never stopped: its system call could fail because of it.
final class StackSampler {
    let plan: SamplingPlan
    let files = FileAllowance()
    private var rate: SamplingRate
    private var clock: SamplingClock
    private var told: Set<String> = []
    /// Those that the present tick has asked.
    private(set) var asked: [Int32] = []
    var promptness = StopPromptness()
    /// Whether the threads that the present tick asks are waited for.
    private(set) var expectsPromptStops = false
    private var isWarm = false

    // What the last stop gave.
    private let registers = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    private let stack: UnsafeMutableRawBufferPointer
    private var registersCount = 0
    private var stackCount = 0
    private var stackAddress: UInt64 = 0
    private var time = MonotonicTime.now

    init(_ plan: SamplingPlan, start: MonotonicTime = .now) {
        self.plan = plan
        stack = .allocate(byteCount: plan.stackBytes, alignment: 16)
        rate = SamplingRate(interval: plan.interval, budget: plan.budget, start: start)
        clock = SamplingClock(interval: plan.interval, start: start)
        plan.ring.setInterval(plan.interval)
    }

    deinit {
        registers.deallocate()
        stack.deallocate()
    }

    // MARK: Ticks

    /// Says when the next tick is, in nanoseconds from now.
    func nextTick(after now: MonotonicTime) -> Int64 {
        if rate.adapt(at: now) {
            clock.change(interval: rate.interval)
            plan.ring.setInterval(rate.interval)
            if rate.isReduced {
                tell(
                    "sampling took more than its budget: at times fewer samples were taken than the \(plan.frequency)"
                        + " a second that were asked for")
            }
        }
        let (wait, leftOut) = clock.next(after: now)
        if leftOut > 0 { plan.ring.countLate(leftOut) }
        return wait
    }

    func spend(_ nanoseconds: Int64) { rate.spend(nanoseconds) }

    func beginTick(at now: MonotonicTime) {
        asked.removeAll(keepingCapacity: true)
        expectsPromptStops = promptness.isToBeExpected
        isWarm = now.since(time) < Self.coolingTime
    }

    /// After a pause the first read of a stack takes ten times as long as the next one (20 µs), because nothing of what it needs
    /// is in this processor's caches any more. So the same is read once before the thread is asked to stop.
    func rehearse(_ thread: SampledThread) {
        guard expectsPromptStops, !isWarm else { return }
        isWarm = true
        let (address, count) = thread.lastStack
        let place = UnsafeMutableRawBufferPointer(rebasing: stack[..<max(count, 8)])
        // What it gives is of no use, and a thread without a sample has nothing at 0: that takes the same way.
        _ = try? ProcessMemory(of: thread.id, file: nil).read(at: address, into: place)
    }

    /// Nanoseconds.
    private static let coolingTime: Int64 = 2_000_000

    /// Asks a thread that runs to stop.
    func ask(_ thread: SampledThread, at now: MonotonicTime) {
        guard plan.ring.hasRoom(forStack: plan.stackBytes) else { return plan.ring.countLost() }
        do throws(SystemError) {
            try Tracee(thread.id).interrupt()
            thread.askedAt = now
            asked.append(thread.id)
        } catch {
            // ESRCH: it has just ended.
        }
    }

    // MARK: A stop

    /// Copies what there is to know of a thread that stands still. It may go on then.
    ///
    /// - Parameter isOurs: it stopped because it was asked to, and not at a signal or the like.
    func capture(_ thread: SampledThread, files: ProcessFiles?, isOurs: Bool) {
        time = .now
        registersCount = 0
        stackCount = 0
        let tracee = Tracee(thread.id)
        do throws(SystemError) {
            let count = try tracee.registers(.general, into: registers)
            // Of a 32-bit program there is nothing that could be unwound.
            guard count == RegisterLayout.size else { return }
            let set = UnsafeMutableRawBufferPointer(rebasing: registers[..<count])
            if isOurs, InterruptedCall.restart(set) {
                try tracee.setRegisters(.general, UnsafeRawBufferPointer(set))
            }
            registersCount = count
            stackAddress = set.loadUnaligned(fromByteOffset: RegisterLayout.stackPointerOffset, as: UInt64.self) & ~7
            stackCount = try ProcessMemory(of: thread.id, file: files?.memory).read(at: stackAddress, into: stack)
            thread.lastStack = (stackAddress, stackCount)
        } catch {
            // Killed in the middle of its stop, or closed to us: registers alone have one frame.
        }
    }

    /// Writes down what was copied; to be called when the thread goes on.
    func deliver(_ thread: SampledThread, of process: TracedProcess) {
        let weight = thread.takeWeight(interval: rate.interval)
        thread.samples += 1
        guard let sampled = process.sampling else { return }
        sampled.samples += 1
        if !sampled.isIntroduced { introduce(process, sampled) }
        if isPowerOfTwo(sampled.samples), sampled.samples <= 64 { tellMappings(of: sampled) }
        if isPowerOfTwo(Int(thread.samples)) { tellName(of: thread, in: process.id) }
        var record = SampleRecord(.sample, process: process.id, thread: thread.id, time: time)
        record.weight = weight
        record.address = stackAddress
        record.first = UnsafeRawBufferPointer(rebasing: registers[..<registersCount])
        record.second = UnsafeRawBufferPointer(rebasing: stack[..<stackCount])
        plan.ring.put(record)
    }

    // MARK: Beside the samples

    private func introduce(_ process: TracedProcess, _ sampled: SampledProcess) {
        if !sampled.isForkTold { tellFork(of: process, sampled) }
        tellProgram(of: process, sampled)
    }

    func tellFork(of process: TracedProcess, _ sampled: SampledProcess) {
        var fork = SampleRecord(.fork, process: process.id, thread: process.id, time: .now)
        fork.weight = Int64(process.parent)
        sampled.isForkTold = plan.ring.put(fork)
    }

    func tellProgram(of process: TracedProcess, _ sampled: SampledProcess) {
        let name = ProcessIdentity.name(of: process.id) ?? ""
        time = .now
        sampled.isIntroduced = put(.exec, process.id, process.id, Array(name.utf8))
    }

    /// Here and now, because a short process will be gone when the profiler gets to it; and again while it loads libraries.
    private func tellMappings(of process: SampledProcess) {
        do throws(SystemError) {
            let text = try readSmallFile(processFile(process.id, "maps"), limit: Self.mostMappings)
            let hash = text.hashValue
            guard hash != process.mappingsHash, text.count < Self.mostMappings else { return }
            if put(.mappings, process.id, process.id, text) { process.mappingsHash = hash }
        } catch {
            // Gone, or closed to us.
        }
    }

    private static let mostMappings = SampleRing.leastCapacity / 2

    private func tellName(of thread: SampledThread, in process: Int32) {
        do throws(SystemError) {
            let text = try readSmallFile("/proc/\(process)/task/\(thread.id)/comm", limit: 64)
            let name = Array(text.prefix { $0 != UInt8(ascii: "\n") })
            if name != thread.name, put(.threadName, process, thread.id, name) { thread.name = name }
        } catch {
            // Gone.
        }
    }

    func forget(_ process: TracedProcess) {
        guard process.sampling?.isForkTold == true else { return }
        plan.ring.put(SampleRecord(.exit, process: process.id, thread: process.id, time: .now))
    }

    /// A sentence for people, once.
    func tell(_ note: String) {
        guard told.count < 16, told.insert(note).inserted else { return }
        time = .now
        put(.note, 0, 0, Array(note.utf8))
    }

    @discardableResult
    private func put(_ kind: SampleRecord.Kind, _ process: Int32, _ thread: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var record = SampleRecord(kind, process: process, thread: thread, time: time)
            record.first = bytes
            return plan.ring.put(record)
        }
    }

    private func isPowerOfTwo(_ count: Int) -> Bool { count & (count - 1) == 0 }
}
