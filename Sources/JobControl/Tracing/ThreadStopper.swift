// Bringing threads to a stop, in bounded time.

import LinuxSystem

/// What became of threads that were to stop.
struct StoppedThreads {
    /// Stand still because of us.
    var interrupted: [Int32] = []
    /// Stand still, and are stopped by job control too.
    var groupStopped: [Int32] = []
    /// Stand still for a reason of their own, or have ended: to be dealt with once we are done.
    var kept: [ChildChange] = []
    /// Did not stop in time.
    var running: [Int32] = []
}

enum ThreadStopper {
    /// Interrupts the threads and waits for each, together no longer than until `deadline`.
    ///
    /// A thread in an uninterruptible sleep, or whose vfork(2) has not returned, does not stop before that is over; where
    /// threads outnumber processors, each is stopped when it is next scheduled. SIGCHLDs are taken meanwhile: look for
    /// changes afterwards.
    ///
    /// - Parameter starved: of a process, how long to wait for those that only lack a processor: on a busy machine others
    ///   have them.
    static func stop(
        _ threads: [Int32], deadline: MonotonicTime, starved: (process: Int32, deadline: MonotonicTime)? = nil
    ) -> StoppedThreads {
        var stopped = StoppedThreads()
        var waiting = threads.filter(interrupt)
        var pause: Int64 = 50_000
        while true {
            waiting = waiting.filter { !takeStop(of: $0, into: &stopped) }
            var left = deadline.since(.now)
            if left <= 0, let starved, waiting.contains(where: { isRunnable($0, in: starved.process) }) {
                left = starved.deadline.since(.now)
            }
            if waiting.isEmpty || left <= 0 { break }
            // One signal stands for any number of stops, and may have been for another thread.
            if !awaitChildSignal(nanoseconds: min(pause, left)) { pause = min(pause * 2, 2_000_000) }
        }
        stopped.running = waiting
        return stopped
    }

    /// False where it is gone; its end is still to be waited for, by whoever waits for everything.
    private static func interrupt(_ thread: Int32) -> Bool {
        do throws(SystemError) {
            try Tracee(thread).interrupt()
            return true
        } catch { return false }
    }

    private static func isRunnable(_ thread: Int32, in process: Int32) -> Bool {
        ProcessStat.of(thread: thread, in: process)?.state == "R"
    }

    /// Whether the thread stands still or is gone.
    private static func takeStop(of thread: Int32, into stopped: inout StoppedThreads) -> Bool {
        do throws(SystemError) {
            guard let change = try ChildChange.takeChange(of: thread) else { return false }
            switch Tracee.Stop(rawStatus: change.rawStatus) {
            case .event: stopped.interrupted.append(thread)
            case .group: stopped.groupStopped.append(thread)
            default: stopped.kept.append(change)
            }
            return true
        } catch {
            // ECHILD: another thread has executed a program, and this one is no more.
            return true
        }
    }
}
