// Terminals: their modes, their size, and which process group they belong to at the moment.

import CLinux
import Glibc

/// The modes of a terminal. Source: termios(3).
package struct TerminalAttributes: Sendable, Equatable {
    package private(set) var modes: termios

    init(modes: termios) { self.modes = modes }

    /// Every byte passes unchanged in both directions and no byte means a signal. Source: cfmakeraw(3).
    package var raw: TerminalAttributes {
        var copy = self
        cfmakeraw(&copy.modes)
        return copy
    }

    /// Lines are edited and echoed, ^C and its like are signals, a newline returns the carriage: what a job finds on a
    /// terminal that no line editor is busy with.
    package var cooked: TerminalAttributes {
        var copy = self
        copy.modes.c_iflag |= tcflag_t(ICRNL)
        copy.modes.c_oflag |= tcflag_t(OPOST | ONLCR)
        copy.modes.c_lflag |= tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        return copy
    }

    /// These, with the line discipline of `other`: all but the line's speed and character size.
    package func taking(_ other: TerminalAttributes) -> TerminalAttributes {
        var copy = self
        copy.modes.c_iflag = other.modes.c_iflag
        copy.modes.c_oflag = other.modes.c_oflag
        copy.modes.c_lflag = other.modes.c_lflag
        copy.modes.c_cc = other.modes.c_cc
        return copy
    }

    /// Output gains a carriage return before each newline.
    package var returnsCarriage: Bool {
        modes.c_oflag & tcflag_t(OPOST | ONLCR) == tcflag_t(OPOST | ONLCR)
    }

    /// Which signal the terminal makes of a typed byte, if any.
    package func signal(typed byte: UInt8) -> Signal? {
        guard modes.c_lflag & tcflag_t(ISIG) != 0, byte != 0 else { return nil }
        switch byte {
        case controlByte(VINTR): return .interrupt
        case controlByte(VQUIT): return .quit
        default: return nil
        }
    }

    /// The byte that takes the meaning from the one typed after it, 0 where there is none.
    package var quotingByte: UInt8 {
        modes.c_lflag & tcflag_t(IEXTEN) != 0 ? controlByte(VLNEXT) : 0
    }

    private func controlByte(_ index: Int32) -> UInt8 {
        withUnsafeBytes(of: modes.c_cc) { $0[Int(index)] }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.modes.c_iflag == right.modes.c_iflag && left.modes.c_oflag == right.modes.c_oflag
            && left.modes.c_cflag == right.modes.c_cflag && left.modes.c_lflag == right.modes.c_lflag
            && withUnsafeBytes(of: left.modes.c_cc) { one in
                withUnsafeBytes(of: right.modes.c_cc) { one.elementsEqual($0) }
            }
    }
}

/// The size of a terminal in character cells, and in pixels where it says so (else 0).
package struct WindowSize: Sendable, Equatable {
    package var rows: UInt16
    package var columns: UInt16
    package var horizontalPixels: UInt16 = 0
    package var verticalPixels: UInt16 = 0
}

extension FileDescriptor {
    /// - Throws: ENOTTY where it is no terminal, EIO where that was hung up.
    package func terminalAttributes() throws(SystemError) -> TerminalAttributes {
        var modes = termios()
        try checkedErrno("tcgetattr") { tcgetattr(raw, &modes) }
        return TerminalAttributes(modes: modes)
    }

    /// Sets the modes at once and keeps what was typed. A process with SIGTTOU blocked may do that from the background
    /// too: whether it ought to is the caller's business.
    package func setTerminalAttributes(_ attributes: TerminalAttributes) throws(SystemError) {
        var modes = attributes.modes
        try checkedErrno("tcsetattr") { tcsetattr(raw, TCSANOW, &modes) }
    }

    package func windowSize() throws(SystemError) -> WindowSize {
        var size = winsize()
        try checked(clinux_window_size(raw, &size), "ioctl TIOCGWINSZ")
        return WindowSize(
            rows: size.ws_row, columns: size.ws_col, horizontalPixels: size.ws_xpixel, verticalPixels: size.ws_ypixel)
    }

    /// The kernel sends SIGWINCH to the terminal's foreground group when this changes the size.
    package func setWindowSize(_ size: WindowSize) throws(SystemError) {
        var raw = winsize(
            ws_row: size.rows, ws_col: size.columns, ws_xpixel: size.horizontalPixels, ws_ypixel: size.verticalPixels)
        try checked(clinux_set_window_size(self.raw, &raw), "ioctl TIOCSWINSZ")
    }

    /// The process group that a terminal listens to; `nil` where this is not the caller's controlling terminal. On the
    /// primary side of a pty: the group of the secondary side.
    package var foregroundGroup: Int32? {
        let group = tcgetpgrp(raw)
        return group > 0 ? group : nil
    }

    /// The terminal device's number; `nil` where this is no terminal.
    package var terminalDevice: UInt64? {
        var status = stat()
        guard isTerminal, fstat(raw, &status) == 0 else { return nil }
        return UInt64(status.st_rdev)
    }

    /// Whether it connects two processes: a pipe or a socket.
    package var isPipeOrSocket: Bool {
        var status = stat()
        guard fstat(raw, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Whether it is /dev/null. Source: null(4), device 1:3.
    package var isNullDevice: Bool {
        var status = stat()
        return fstat(raw, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0x103
    }

    /// Puts bytes back to the front of what was typed at the caller's controlling terminal, as far as the kernel allows
    /// it (`dev.tty.legacy_tiocsti`). Returns how many.
    package func pushBack(_ bytes: some Sequence<UInt8>) -> Int {
        var count = 0
        for byte in bytes {
            guard clinux_push_back(raw, CChar(bitPattern: byte)) == 0 else { break }
            count += 1
        }
        return count
    }
}
