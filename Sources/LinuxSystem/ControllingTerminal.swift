// The controlling terminal's foreground group, for a job in a group of its own.

import CLinux
import Glibc

/// The terminal that this process's session belongs to, opened for as long as it is needed.
package struct ControllingTerminal: Sendable {
    package let descriptor: FileDescriptor

    /// `nil` where there is none. Source: open(2) of /dev/tty.
    package static func open() -> ControllingTerminal? {
        let raw = clinux_controlling_terminal()
        return raw < 0 ? nil : ControllingTerminal(descriptor: FileDescriptor(raw))
    }

    /// Whether this process has one.
    package static var isPresent: Bool {
        guard let terminal = open() else { return false }
        terminal.descriptor.close()
        return true
    }

    /// The process group that the terminal sends its signals to. Source: tcgetpgrp(3).
    package var foregroundGroup: Int32? {
        let group = clinux_foreground_group(descriptor.raw)
        return group < 0 ? nil : group
    }

    /// SIGTTOU must be blocked or ignored, or a background process stops here. Source: tcsetpgrp(3).
    package func setForegroundGroup(_ group: Int32) throws(SystemError) {
        try checked(clinux_set_foreground_group(descriptor.raw, group), "tcsetpgrp")
    }
}
