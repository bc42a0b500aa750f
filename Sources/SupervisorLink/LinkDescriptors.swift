// Which descriptor numbers the reporter finds open when the supervisor has started it.

import LinuxSystem

/// The reporter's inherited descriptors. 0 is /dev/null; 1 and 2 are the caller's own stdout and stderr (written to only
/// when the reporter takes the pumping over). A number whose stream is not captured is closed.
package enum LinkDescriptors {
    /// The SOCK_SEQPACKET socket of ``LinkMessage`` and ``ReporterMessage``.
    package static let link = FileDescriptor(3)
    /// The copy of what the job wrote, both streams: read end of a ``CopyChannel``.
    package static let copy = FileDescriptor(4)
    /// The job's own pipes (or the pty's primary side): read from only when the supervisor is gone.
    package static let jobOutput = FileDescriptor(5)
    package static let jobError = FileDescriptor(6)
    /// The first number that is none of these.
    package static let end: Int32 = 7

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

/// What the backtracer finds open when the reporter has started it: its answer goes to stdout.
package enum BacktracerDescriptors {
    /// A ``ProcessSnapshot`` file.
    package static let snapshot = FileDescriptor(3)
    /// The root directory of the process that was read, by which its files are found; may be closed.
    package static let rootDirectory = FileDescriptor(4)
    /// Its executable; may be closed.
    package static let executable = FileDescriptor(5)
    /// The first number that is none of these.
    package static let end: Int32 = 6
}
