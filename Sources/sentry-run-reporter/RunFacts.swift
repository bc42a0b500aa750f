// What is known of a run so far, and what of it a journal remembers.

import LinuxSystem
import SentryProtocol
import Spool
import SupervisorLink

/// The raw facts of a run; the verdict is made of them at its end.
struct RunFacts {
    let start: RunStart
    /// The job's process, 0 before it is known.
    var job: Int32 = 0
    var execFailure: (errno: Int32, reason: String)?
    var signals: [SeenSignal] = []
    /// 1 after our TERM, 2 after our KILL.
    var timeoutStage: UInt8 = 0
    /// Sentences for the record that the user's stderr is spared.
    var notes: [String] = []
    /// How often the job was stopped (^Z).
    var stops = 0
    private(set) var checkInIsOpen = false
    private(set) var sessionHasBegun = false
    /// Parts of the run's profile were sent, by this reporter or another.
    private(set) var profileWasSent = false
    private(set) var ending = RunReport.Ending.lost
    private(set) var ended = Timestamp(nanoseconds: 0)
    private(set) var outOfMemoryKill = false

    /// A signal that the job got from outside, through us or beside us.
    struct SeenSignal {
        let signal: Int32
        /// 0 where the kernel sent it.
        let sender: Int32
        let user: UInt32
        /// The sender's command line, where it could still be read.
        let senderCommand: String?
        let time: Timestamp
    }

    /// Steps that must not be repeated by a reporter that resumes the run.
    enum Remembered {
        case checkInOpened
        case sessionBegun
        case job(Int32)
        case profileSent

        var json: JSONValue {
            switch self {
            case .checkInOpened: ["check_in": "opened"]
            case .sessionBegun: ["session": "begun"]
            case .profileSent: ["profile": "sent"]
            case .job(let pid): ["job": .integer(Int64(pid))]
            }
        }
    }

    init(start: RunStart, recovered: [JournalRecord]) {
        self.start = start
        for case .fact(let bytes) in recovered {
            guard let fact = try? JSONValue(parsing: bytes) else { continue }
            if fact["check_in"] != nil { checkInIsOpen = true }
            if fact["session"] != nil { sessionHasBegun = true }
            if fact["profile"] != nil { profileWasSent = true }
            if let pid = fact["job"]?.integer { job = Int32(clamping: pid) }
        }
    }

    mutating func checkInWasOpened() { checkInIsOpen = true }

    mutating func partOfProfileWasSent() { profileWasSent = true }

    /// The run is over.
    ///
    /// - Parameter lastSign: of life, for a run whose end nobody saw.
    mutating func end(_ ending: RunReport.Ending, now: Timestamp, lastSign: Timestamp?, outOfMemoryKill: Bool) {
        self.ending = ending
        self.outOfMemoryKill = outOfMemoryKill
        switch ending {
        case .reported(let exit?): ended = Timestamp(nanoseconds: startedWall + elapsed(exit))
        case .reported(nil), .supervisorKilled: ended = now
        case .lost: ended = lastSign ?? Timestamp(nanoseconds: startedWall)
        }
    }

    var exit: JobExit? {
        if case .reported(let exit) = ending { return exit }
        return nil
    }

    /// The job's raw wait status, `nil` where nobody could learn it.
    var waitStatus: Int32? {
        switch ending {
        case .reported(let exit): exit?.waitStatus
        case .supervisorKilled(let status): status
        case .lost: nil
        }
    }

    /// The reporter went on without it.
    var supervisorWasKilled: Bool {
        if case .supervisorKilled = ending { return true }
        return false
    }

    var startedWall: Int64 { start.startedWall }

    /// By the monotonic clock: a wall clock that was set meanwhile would make it wrong.
    private func elapsed(_ exit: JobExit) -> Int64 { max(0, exit.endedMonotonic - start.startedMonotonic) }
}
