// Samples being taken: the loop of both ways to profile.

import LinuxSystem
import Profiling

/// Sources, and the recorder that takes from them.
final class ProfilingSession {
    let recorder: ProfileRecorder
    private(set) var budget: SamplingBudget
    private var sources: [any StackSource] = []
    /// Of those the one for threads that wait, if they are wanted.
    private var waiting: BlockedThreadSource?
    private let poll: EventPoll
    private let timer: Timer
    private var nextMeasurement: MonotonicTime
    private var watched: [UInt64: FileDescriptor] = [:]
    private var nextToken = ProfilingSession.firstToken

    /// Tokens of the caller's own descriptors are below this.
    static let firstToken: UInt64 = 1000
    private static let timerToken: UInt64 = 999
    /// What is in the rings is taken at least this often, in nanoseconds: a process that ends quickly can then be looked at.
    private static let pause: Int64 = 200_000_000

    init(_ recorder: ProfileRecorder, _ sources: [any StackSource], budget: Double) throws(SystemError) {
        self.recorder = recorder
        self.budget = SamplingBudget(share: budget)
        poll = try EventPoll()
        timer = try Timer()
        nextMeasurement = .now
        try timer.arm(after: Self.pause, every: Self.pause)
        try poll.add(timer.descriptor, .readable, token: Self.timerToken)
        for source in sources { try add(source) }
    }

    /// A further source, of other threads than the ones before.
    func add(_ source: any StackSource) throws(SystemError) {
        sources.append(source)
        waiting = waiting ?? source as? BlockedThreadSource
        for descriptor in source.descriptors {
            try poll.add(descriptor, .readable, token: nextToken)
            watched[nextToken] = descriptor
            nextToken += 1
        }
    }

    /// What is to be said of the sources, and of what was left out.
    var notes: [String] { sources.flatMap(\.notes) + [budget.note].compactMap { $0 } }

    /// How stacks are taken, for people and for the profile.
    var sourceName: String { sources.map(\.name).joined(separator: "+") }

    /// - Parameter token: below ``firstToken`` and not 999.
    func watch(_ descriptor: FileDescriptor, token: UInt64) throws(SystemError) {
        try poll.add(descriptor, .readable, token: token)
    }

    /// Waits until something happened, and takes what there is.
    ///
    /// - Returns: the caller's tokens that are ready.
    func wait() throws(SystemError) -> [UInt64] {
        var ready: [UInt64] = []
        for event in try poll.wait() {
            if event.token < Self.timerToken { ready.append(event.token) }
            if event.token == Self.timerToken { _ = timer.takeExpirations() }
            // A ring whose processes have all ended stays ready for ever.
            if event.ready.contains(.hangUp), let descriptor = watched[event.token] { poll.remove(descriptor) }
        }
        takeSamples(until: .now)
        measure()
        return ready
    }

    /// Everything that is there. The sources should have been stopped.
    func takeAll() { takeSamples(until: nil) }

    private func takeSamples(until limit: MonotonicTime?) {
        for source in sources {
            source.take(until: limit) { event in
                recorder.record(event)
                waiting?.notice(event)
            }
        }
    }

    private func measure() {
        let now = MonotonicTime.now
        guard now >= nextMeasurement else { return }
        nextMeasurement = MonotonicTime(nanoseconds: now.nanoseconds + SamplingBudget.interval)
        budget.measure(time: now.nanoseconds, used: processorTimeOfProcess())
        recorder.keepsOneOf = budget.keepsOneOf
    }
}
