// Which descriptor numbers the reporter finds open when the supervisor has started it.

import LinuxSystem

/// The reporter's inherited descriptors. 0 is /dev/null; 1 and 2 are the caller's own stdout and stderr (written to only
/// when the reporter takes the pumping over). A number whose stream is not captured is closed.
package enum LinkDescriptors {
    /// The SOCK_SEQPACKET socket of ``LinkMessage`` and ``ReporterMessage``.
    package static let link = FileDescriptor(3)
    /// Copies of what the job wrote: the read ends of pipes the supervisor never waits for.
    package static let standardOutputCopy = FileDescriptor(4)
    package static let standardErrorCopy = FileDescriptor(5)
    /// The job's own pipes (or the pty's primary side): read from only when the supervisor is gone.
    package static let jobOutput = FileDescriptor(6)
    package static let jobError = FileDescriptor(7)
    /// The first number that is none of these.
    package static let end: Int32 = 8

    /// Keeps all of them from the programs that the reporter starts (stdin, stdout and stderr apart).
    package static func closeOnExec() {
        FileDescriptor.setCloseOnExec(from: link)
    }
}

/// A captured stream. With stdout and stderr the same open file, ``output`` carries both (``RunStart/mergedStreams``).
package enum JobStream: UInt8, Sendable, CaseIterable {
    case output = 1
    case error = 2
}
