// The descriptors that the caller handed over: which are open, which are the same, giving them back.

import CLinux
import Glibc

/// The standard descriptors that the caller had closed.
package struct ClosedDescriptors: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let input = ClosedDescriptors(rawValue: 1 << 0)
    package static let output = ClosedDescriptors(rawValue: 1 << 1)
    package static let error = ClosedDescriptors(rawValue: 1 << 2)

    /// Instead of OptionSet's own, which looks for witness tables at the start of every job.
    package func contains(_ other: ClosedDescriptors) -> Bool { rawValue & other.rawValue == other.rawValue }

    /// Fills the gaps with /dev/null, close-on-exec: nothing of ours may land on 0, 1 or 2, and a program that we start
    /// still finds them closed.
    package static func occupy() throws(SystemError) -> ClosedDescriptors {
        ClosedDescriptors(rawValue: try checked(clinux_occupy_closed_standard_descriptors(), "open", on: "/dev/null"))
    }
}

extension FileDescriptor {
    /// Whether both are the same open file description (as after `2>&1`), not only the same file.
    ///
    /// Source: kcmp(2). Where that is refused: the same device, inode, flags and offset.
    package func isSameOpenFile(as other: FileDescriptor) -> Bool { clinux_same_open_file(raw, other.raw) }

    /// Makes this number another name for what `source` names, close-on-exec, in one step that a thread using the number
    /// cannot see half of. Source: dup3(2).
    package func replace(by source: FileDescriptor) throws(SystemError) {
        try checked(clinux_replace_descriptor(source.raw, raw), "dup3")
    }

    /// Makes this number /dev/null, and so gives up what it named.
    package func replaceByNull() throws(SystemError) {
        try checked(clinux_replace_by_null(raw), "dup2", on: "/dev/null")
    }

    /// Writes as much as a non-blocking pipe takes and returns how much that was; a pipe without a reader takes nothing.
    package func writeWhatFits(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        while count < bytes.count {
            do throws(SystemError) {
                count += try write(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            } catch {
                return count
            }
        }
        return count
    }

    /// Bytes that can be read from a pipe at once. Source: FIONREAD.
    package func bytesWaiting() throws(SystemError) -> Int {
        Int(try checked(clinux_bytes_waiting(raw), "ioctl FIONREAD"))
    }

    /// Waits until this or `other` is readable or hung up. Source: poll(2).
    package func waitReadable(or other: FileDescriptor) { clinux_wait_readable(raw, other.raw) }

    /// Waits until this is readable or hung up, at most so long. Source: poll(2).
    @discardableResult
    package func waitReadable(milliseconds: Int32) -> Bool { clinux_wait_readable_for(raw, milliseconds) }

    /// Waits until this can be written to, or is hung up, at most so long. Source: poll(2).
    package func waitWritable(milliseconds: Int32) {
        var waiting = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, milliseconds)
    }

    /// Grows a pipe; a refusal (EPERM: the user's limit) keeps it as it is.
    package func growPipe(to bytes: Int32) { _ = clinux_set_pipe_size(raw, bytes) }
}

/// Closes what the caller handed over beyond stderr: whatever is not close-on-exec. For a process that has passed these
/// descriptors on and must not keep their files open.
package func closeInheritedDescriptors() { clinux_close_inherited_descriptors() }

/// Flags of open(2) for rooms that do not see the C library.
package enum OpenFlags {
    package static let readOnly = O_RDONLY
    package static let readWrite = O_RDWR
    /// O_WRONLY | O_CREAT | O_TRUNC.
    package static let writeNew = O_WRONLY | O_CREAT | O_TRUNC
}

extension SystemError {
    package static let noSuchFile = ENOENT
    package static let noBuffers = ENOBUFS
    package static let accessDenied = EACCES
    package static let badExecutable = ENOEXEC
    package static let invalidArgument = EINVAL

    /// EAGAIN: nothing now, on a descriptor that does not wait.
    package var isWouldBlock: Bool { code == EAGAIN }
    /// No processes, memory or descriptors left, ours or the system's.
    package var isOutOfResources: Bool { [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code) }
    /// EIO: the other side of a pty is closed, a terminal was hung up, a disk is broken.
    package var isInputOutput: Bool { code == EIO }
    /// EPIPE: nobody reads any more.
    package var isBrokenPipe: Bool { code == EPIPE }
}

extension FileDescriptor {
    /// Itself where its number is open, else `nil`. Source: fcntl(2), F_GETFD.
    package var ifOpen: FileDescriptor? { fcntl(raw, F_GETFD) < 0 ? nil : self }
}
