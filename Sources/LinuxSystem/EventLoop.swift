// epoll, timerfd and eventfd: what the single-threaded loops of the three programs are made of.

import CLinux
import Glibc

/// An epoll instance. Tokens are chosen by the caller and come back with the events.
///
/// Regular files cannot be watched (EPERM); they are always ready.
/// Source: epoll(7).
package struct EventPoll: Sendable {
    package let descriptor: FileDescriptor

    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let readable = Interest(rawValue: UInt32(EPOLLIN.rawValue))
        package static let writable = Interest(rawValue: UInt32(EPOLLOUT.rawValue))
        package static let hangUp = Interest(rawValue: UInt32(EPOLLHUP.rawValue))
        package static let failed = Interest(rawValue: UInt32(EPOLLERR.rawValue))
    }

    package struct Event: Sendable {
        package let token: UInt64
        package let ready: Interest
    }

    package init() throws(SystemError) {
        descriptor = FileDescriptor(try checked(clinux_epoll_create(), "epoll_create1"))
    }

    package func add(_ file: FileDescriptor, _ interest: Interest, token: UInt64) throws(SystemError) {
        try checked(clinux_epoll_add(descriptor.raw, file.raw, interest.rawValue, token), "epoll_ctl")
    }

    package func modify(_ file: FileDescriptor, _ interest: Interest, token: UInt64) throws(SystemError) {
        try checked(clinux_epoll_modify(descriptor.raw, file.raw, interest.rawValue, token), "epoll_ctl")
    }

    /// Stops watching. A descriptor that is not watched is not an error.
    package func remove(_ file: FileDescriptor) { _ = clinux_epoll_delete(descriptor.raw, file.raw) }

    /// Waits; an interruption by a signal is an empty answer.
    ///
    /// - Parameter milliseconds: -1 waits for ever.
    package func wait(milliseconds: Int32 = -1) throws(SystemError) -> [Event] {
        var failure: Int32 = 0
        let events = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.mostEvents) { tokens in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.mostEvents) { ready -> [Event] in
                guard let first = tokens.baseAddress, let firstReady = ready.baseAddress else { return [] }
                let count = clinux_epoll_wait(
                    descriptor.raw, first, firstReady, Int32(Self.mostEvents), milliseconds)
                if count < 0, count != -EINTR { failure = count }
                guard count > 0 else { return [] }
                return (0..<Int(count)).map { Event(token: tokens[$0], ready: Interest(rawValue: ready[$0])) }
            }
        }
        try checked(failure, "epoll_wait")
        return events
    }

    private static let mostEvents = 16
}

/// A one-shot or repeating timer on CLOCK_MONOTONIC, readable when it fires. Source: timerfd_create(2).
package struct Timer: Sendable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(try checked(clinux_timer_create(), "timerfd_create"))
    }

    /// Arms it. `first` and `interval` are nanoseconds; a `first` of 0 disarms.
    package func arm(after first: Int64, every interval: Int64 = 0) throws(SystemError) {
        try checked(clinux_timer_set(descriptor.raw, first, interval), "timerfd_settime")
    }

    package func disarm() throws(SystemError) { try arm(after: 0) }

    /// Takes the expirations; 0 when it has not fired.
    package func takeExpirations() -> UInt64 { takeCounter(descriptor) }
}

/// A counter that another thread can raise to wake a loop. Source: eventfd(2).
package struct WakeUp: Sendable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(try checked(clinux_eventfd(), "eventfd"))
    }

    /// One that another process has made.
    package init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    package func signal() {
        var one: UInt64 = 1
        _ = Glibc.write(descriptor.raw, &one, 8)
    }

    package func take() -> UInt64 { takeCounter(descriptor) }
}

private func takeCounter(_ descriptor: FileDescriptor) -> UInt64 {
    var count: UInt64 = 0
    return Glibc.read(descriptor.raw, &count, 8) == 8 ? count : 0
}
