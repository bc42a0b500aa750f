// Where samples come from.

import LinuxSystem

/// A way to get at stacks. Owned by one thread.
package protocol StackSource: AnyObject {
    /// As a profile names it: `perf`, `ptrace`, `proc`.
    var name: String { get }
    /// To be watched for EPOLLIN: readable when there is something worth taking. One that reports EPOLLHUP is not to be
    /// watched any longer.
    var descriptors: [FileDescriptor] { get }
    /// It tells of every mapping and exec of the processes that it saw come to be. Where not, `/proc/PID/maps` is read.
    var recordsMappings: Bool { get }
    /// Sentences for people, without a full stop: what is not seen, and why. There may be more after each ``take(until:_:)``.
    var notes: [String] { get }

    /// Delivers what happened up to a moment, oldest first. What is later stays for the next call; a source that is asked
    /// for all (`nil`) keeps nothing back.
    func take(until limit: MonotonicTime?, _ deliver: (SampleEvent) -> Void)
}

extension StackSource {
    package var notes: [String] { [] }
}
