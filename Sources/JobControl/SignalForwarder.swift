// Which of our signals the job is to get from us, and which it has got already.

import LinuxSystem

/// What tells a signal that was meant for us from one that the whole group got.
package struct SignalSurroundings: Sendable, Equatable {
    package var ownProcess: Int32
    /// The job is in our process group, so that a signal to the group reaches it without us.
    package var sharesGroup: Bool
    /// A terminal's hang-up goes to the session's leader alone.
    package var isSessionLeader: Bool
    /// The reporter runs: in our group, with everything blocked, so a signal to the group stays pending in it.
    package var hasWitness: Bool

    package init(ownProcess: Int32, sharesGroup: Bool, isSessionLeader: Bool, hasWitness: Bool) {
        self.ownProcess = ownProcess
        self.sharesGroup = sharesGroup
        self.isSessionLeader = isSessionLeader
        self.hasWitness = hasWitness
    }
}

/// What can be said about a signal when it comes in.
package enum SignalRoute: Sendable, Equatable {
    /// Ours: a child's change, or the echo of a write of ours.
    case ignore
    case forward
    /// The terminal sent it to the whole foreground group.
    case alreadySeen
    /// From kill(2) or sigqueue(3): to us or to a group, which the witness can tell in a moment.
    case askWitness

    package static func of(_ received: ReceivedSignal, in surroundings: SignalSurroundings) -> SignalRoute {
        switch received.origin {
        case .kernel: return ofKernel(received.signal, in: surroundings)
        case .other: return received.signal == .child ? .ignore : .forward
        case .user, .queue:
            if received.sender == surroundings.ownProcess { return .ignore }
            return surroundings.sharesGroup && surroundings.hasWitness ? .askWitness : .forward
        }
    }

    private static func ofKernel(_ signal: Signal, in surroundings: SignalSurroundings) -> SignalRoute {
        // Limits count each process on its own; a write of ours that breaks one is no news for the job.
        if [.cpuLimit, .fileLimit, .pipe].contains(signal) { return .ignore }
        guard terminalSignals.contains(signal) else {
            // SIGALRM above all: a timer that the caller set before it executed us was meant for the job.
            return .forward
        }
        if signal == .hangUp, surroundings.isSessionLeader { return .forward }
        return surroundings.sharesGroup ? .alreadySeen : .forward
    }

    private static let terminalSignals: Set<Signal> = [
        .hangUp, .interrupt, .quit, .terminalStop, .terminalInput, .terminalOutput, .windowChange, .proceed,
    ]
}

/// A process's signal sets from `/proc/PID/status`; bit n-1 is signal n.
package struct SignalSets: Sendable, Equatable {
    /// SigPnd of the main thread and ShdPnd.
    package var pending: UInt64 = 0
    package var blocked: UInt64 = 0
    package var ignored: UInt64 = 0
    package var caught: UInt64 = 0
    /// It sits in sigwait(3) or the like, during which the kernel shows what it waits for as not blocked. True also where
    /// that cannot be seen.
    package var mayWaitForSignals = false

    package init(
        pending: UInt64 = 0, blocked: UInt64 = 0, ignored: UInt64 = 0, caught: UInt64 = 0,
        mayWaitForSignals: Bool = false
    ) {
        self.pending = pending
        self.blocked = blocked
        self.ignored = ignored
        self.caught = caught
        self.mayWaitForSignals = mayWaitForSignals
    }

    /// - Parameter status: the text of `/proc/PID/status`. `nil` where it holds no signal sets. Source: proc(5).
    package init?(status: String) {
        self.init()
        var found = false
        for line in status.utf8.split(separator: UInt8(ascii: "\n")) {
            guard line.starts(with: "Sig".utf8) || line.starts(with: "ShdPnd".utf8) else { continue }
            let words = line.split { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            guard words.count == 2, let bits = UInt64(Substring(words[1]), radix: 16) else { continue }
            found = true
            switch String(Substring(words[0])) {
            case "SigPnd", "ShdPnd": pending |= bits
            case "SigBlk": blocked = bits
            case "SigIgn": ignored = bits
            case "SigCgt": caught = bits
            default: break
            }
        }
        if !found { return nil }
    }

    /// The sets of a live process; `nil` where it is gone or /proc is missing.
    package static func of(process: Int32) -> SignalSets? {
        guard let status = text(of: processFile(process, "status")), var sets = SignalSets(status: status) else {
            return nil
        }
        sets.mayWaitForSignals = mayWaitForSignals(systemCall: text(of: processFile(process, "syscall")))
        return sets
    }

    /// - Parameter systemCall: the text of `/proc/PID/syscall`: a number first, or `running`. Source: proc(5).
    package static func mayWaitForSignals(systemCall: String?) -> Bool {
        guard let word = systemCall?.split(whereSeparator: \.isWhitespace).first else { return true }
        return Int(word) == signalWaitSystemCall
    }

    private static func text(of path: String) -> String? {
        do {
            let file = try FileDescriptor.open(path, OpenFlags.readOnly)
            defer { file.close() }
            return String(decoding: try file.readAll(limit: 16384), as: UTF8.self)
        } catch {
            return nil
        }
    }
}

/// What the job is spared and what it gets: signals in their order, those from kill(2) held back for a moment.
package struct SignalForwarder {
    package enum Decision: Sendable, Equatable {
        case forward(ReceivedSignal)
        case alreadySeen(ReceivedSignal)
    }

    /// A group's or a cgroup's members get their signals one after another, within this time.
    package static let witnessDelay: Int64 = 3_000_000

    private var queue: [(received: ReceivedSignal, route: SignalRoute, due: MonotonicTime)] = []
    /// Signals that were pending in the witness at the last look. Until they are gone from it they say nothing.
    private var stale: UInt64 = 0
    /// When the witness last said that it was drained. It may have taken a signal that we had not decided on.
    private var drained = MonotonicTime(nanoseconds: 0)
    /// The last signals that were found to have gone to all, one for each number.
    private var shared: [(signal: Signal, sender: Int32, at: MonotonicTime)] = []

    /// For this long after a signal to all the same one from the same sender is taken for another of its kind, where the
    /// witness cannot tell: whoever signals a group does so again, not once to the group and once to us.
    private static let echoTime: Int64 = 1_000_000_000

    package init() {}

    /// When ``decide(at:witness:job:)`` has something to say.
    package var nextDue: MonotonicTime? { queue.first?.due }

    package mutating func accept(_ received: ReceivedSignal, in surroundings: SignalSurroundings, at now: MonotonicTime)
    {
        let route = SignalRoute.of(received, in: surroundings)
        if route == .ignore { return }
        let delay = route == .askWitness ? Self.witnessDelay : 0
        queue.append((received, route, MonotonicTime(nanoseconds: now.nanoseconds + delay)))
    }

    /// The witness has taken what was pending in it: the next look tells of new signals only.
    package mutating func witnessWasDrained(at now: MonotonicTime) {
        stale = 0
        drained = now
    }

    /// Takes the decisions that are due.
    ///
    /// - Parameters:
    ///   - witness: the reporter's signal sets, `nil` where there is none.
    ///   - job: the job's.
    package mutating func decide(
        at now: MonotonicTime, witness: () -> SignalSets?, job: () -> SignalSets?
    ) -> [Decision] {
        let due = queue.prefix { $0.due <= now }
        guard !due.isEmpty else { return [] }
        queue.removeFirst(due.count)
        guard due.contains(where: { $0.route != .forward }) else { return due.map { .forward($0.received) } }

        let witnessed = witness()
        let jobSets = witnessed == nil ? nil : job()
        let known = stale
        stale &= witnessed?.pending ?? 0
        return due.map { entry in
            let signal = entry.received.signal
            switch entry.route {
            case .forward, .ignore: return .forward(entry.received)
            case .alreadySeen: break
            case .askWitness:
                guard let witnessed else { return .forward(entry.received) }
                let isUnclear =
                    known.holds(signal) && witnessed.pending.holds(signal)
                    || drained.nanoseconds >= entry.due.nanoseconds - Self.witnessDelay
                let went = Self.wasSentToAll(signal, witness: witnessed, job: jobSets) && !known.holds(signal)
                guard went || isUnclear && repeatsShared(entry.received, at: now) else {
                    return .forward(entry.received)
                }
            }
            stale |= (witnessed?.pending ?? 0) & signal.bit
            remember(entry.received, at: now)
            return .alreadySeen(entry.received)
        }
    }

    private func repeatsShared(_ received: ReceivedSignal, at now: MonotonicTime) -> Bool {
        shared.contains {
            $0.signal == received.signal && $0.sender == received.sender && now.since($0.at) < Self.echoTime
        }
    }

    private mutating func remember(_ received: ReceivedSignal, at now: MonotonicTime) {
        shared.removeAll { $0.signal == received.signal }
        shared.append((received.signal, received.sender, now))
    }

    /// Whether the job has got the signal without us, from what is seen a moment after we got it.
    ///
    /// The witness may have been sent it by name, as by `pkill sentry-run`: then a job that would be dead of the signal
    /// had it come, and is not, has not got it.
    package static func wasSentToAll(_ signal: Signal, witness: SignalSets, job: SignalSets?) -> Bool {
        guard witness.pending.holds(signal) else { return false }
        guard let job else { return true }
        if job.pending.holds(signal) || job.mayWaitForSignals || signal.isHarmlessByDefault { return true }
        return (job.blocked | job.ignored | job.caught).holds(signal)
    }
}

extension Signal {
    fileprivate var bit: UInt64 { UInt64(1) << UInt64(number - 1) }

    /// Its default action neither ends nor stops a process (or a stop is over by the time anyone looks).
    fileprivate var isHarmlessByDefault: Bool {
        [.child, .proceed, .windowChange, .urgent, .terminalStop, .terminalInput, .terminalOutput].contains(self)
    }
}

extension UInt64 {
    fileprivate func holds(_ signal: Signal) -> Bool { self & signal.bit != 0 }
}
