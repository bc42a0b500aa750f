// Notices of changes in a directory, for an event loop.

import CLinux
import Glibc

/// Becomes readable when a file appeared in (complete, or moved in) or left one of the watched directories.
///
/// Look at the directory after creating the watch and after every notice: a notice says "look", not what changed.
/// Source: inotify(7).
package struct DirectoryWatch: Sendable {
    /// For an ``EventPoll``.
    package let descriptor: FileDescriptor

    /// - Throws: EMFILE or ENOSPC where the user's inotify limits are used up (common on shared hosts): look at the
    ///   directory now and then instead.
    /// - Parameter departures: also when a file leaves; without it, our own removals do not wake us.
    package init(_ directories: [Directory], departures: Bool = true) throws(SystemError) {
        let watch = FileDescriptor(try checked(clinux_watch_create(), "inotify_init1"))
        do {
            for directory in directories { try Self.add(directory, to: watch, departures) }
        } catch {
            watch.close()
            throw error
        }
        descriptor = watch
    }

    /// Becomes readable also when a file in the directory grows, and when the directory itself is moved.
    package init(growthIn directory: Directory) throws(SystemError) {
        let watch = FileDescriptor(try checked(clinux_watch_create(), "inotify_init1"))
        do throws(SystemError) {
            let path = "/proc/self/fd/\(directory.descriptor.raw)"
            try checked(clinux_watch_growth(watch.raw, path), "inotify_add_watch", on: directory.path)
        } catch {
            watch.close()
            throw error
        }
        descriptor = watch
    }

    /// By descriptor, so that it is the directory we hold and not what its path names by now; by path without /proc.
    private static func add(_ directory: Directory, to watch: FileDescriptor, _ departures: Bool) throws(SystemError) {
        let viaDescriptor = clinux_watch_add(watch.raw, "/proc/self/fd/\(directory.descriptor.raw)", departures)
        if viaDescriptor >= 0 { return }
        if viaDescriptor != -ENOENT { try checked(viaDescriptor, "inotify_add_watch", on: directory.path) }
        try checked(clinux_watch_add(watch.raw, directory.path, departures), "inotify_add_watch", on: directory.path)
    }

    /// Takes the pending notices away.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    package func drain() -> Bool { clinux_watch_drain(descriptor.raw) == 1 }

    /// Waits for a notice, at most `milliseconds`; -1 waits for ever.
    ///
    /// - Returns: whether there was one.
    package func wait(milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, milliseconds)
        return drain()
    }

    package func close() { descriptor.close() }
}

/// Waits until there is something to read, at most `milliseconds`.
///
/// - Returns: whether there is. Source: poll(2).
@discardableResult
package func waitUntilReadable(_ file: FileDescriptor, milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, milliseconds) > 0
}

/// Waits. Source: poll(2).
package func sleepMilliseconds(_ milliseconds: Int32) { _ = poll(nil, 0, milliseconds) }

extension WakeUp {
    /// Waits until it is raised, and takes it.
    package func wait() {
        var waiting = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, -1)
        _ = take()
    }
}
