// A pty: the pair of a terminal for a job and of the side from which it is read and typed at.

import CLinux
import Glibc

/// Both sides are close-on-exec. Source: pty(7).
package struct PseudoTerminal: Sendable {
    /// Ours: what the job writes is read here, what the user types is written here. Non-blocking. Reading fails with EIO
    /// once nobody has the secondary side open.
    package let primary: FileDescriptor
    /// The job's terminal.
    package let secondary: FileDescriptor

    /// - Throws: where there is no /dev/ptmx or no free pty.
    package init() throws(SystemError) {
        var ends: (primary: Int32, secondary: Int32) = (-1, -1)
        try checked(clinux_pty_open(&ends.primary, &ends.secondary), "open", on: "/dev/ptmx")
        primary = FileDescriptor(ends.primary)
        secondary = FileDescriptor(ends.secondary)
    }

    /// Takes what was typed and nobody has read, once nobody will. The secondary side's modes are not the same after it.
    package func takeUnread() throws(SystemError) -> [UInt8] {
        let terminal = FileDescriptor(try checked(clinux_pty_open_secondary(primary.raw), "ioctl TIOCGPTPEER"))
        defer { terminal.close() }
        // A terminal that edits lines gives whole ones only.
        try terminal.setTerminalAttributes(try terminal.terminalAttributes().raw)
        var unread: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(terminal.raw, $0.baseAddress, $0.count) }
            guard count > 0 else { return unread }
            unread.append(contentsOf: chunk[..<count])
        }
    }
}
