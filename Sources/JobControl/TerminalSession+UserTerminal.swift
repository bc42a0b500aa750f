// The user's terminal: ours while we are in its foreground and the job wants it, and exactly as it was at any other time.

import LinuxSystem

extension TerminalSession {
    /// Whether the user's terminal listens to our process group.
    var isInForeground: Bool { userTerminal?.foregroundGroup == ProcessIdentity.group }

    /// Raw mode, so that the pty alone decides what a keystroke means, and every keystroke to the pty.
    func takeTerminal() {
        guard let userTerminal, hold == nil, isInForeground else { return }
        attempt { () throws(SystemError) in
            let saved = try userTerminal.terminalAttributes()
            try refreshModes(saved)
            let hold = Hold(saved: saved, raw: saved.raw)
            monitor?.terminalBecomes(raw: hold.raw, from: saved)
            try userTerminal.setTerminalAttributes(hold.raw)
            self.hold = hold
        }
        copyWindowSize()
        listen()
    }

    /// Takes raw mode back. The job's own modes stay in the pty.
    func releaseTerminal() { releaseTerminal(leaving: nil) }

    /// - Parameter modes: what the terminal is left with instead of the modes that we found.
    private func releaseTerminal(leaving modes: TerminalAttributes?) {
        stopListening()
        guard let userTerminal, let hold else { return }
        self.hold = nil
        attempt { () throws(SystemError) in
            // Whoever took the foreground from us has set the modes that it wants.
            let now = try userTerminal.terminalAttributes()
            if isInForeground || now == hold.raw { try userTerminal.setTerminalAttributes(modes ?? hold.saved) }
        }
        monitor?.terminalWasRestored()
    }

    /// After a SIGCONT that was not ours: a SIGSTOP may have come before it, and a shell had the terminal since.
    func checkTerminal() {
        guard hold != nil, let userTerminal else { return }
        attempt { () throws(SystemError) in
            let now = try userTerminal.terminalAttributes()
            guard isInForeground else {
                stopListening()
                hold = nil
                monitor?.terminalWasRestored()
                return
            }
            if now != hold?.raw {
                hold = nil
                takeTerminal()
            }
        }
        copyWindowSize()
    }

    /// The job is gone and its output written: leaves the terminal as it would be without us.
    ///
    /// What was typed and not read goes back to the terminal, for whoever reads next. Modes that the job changed for
    /// good, as stty(1) does, are changed for good; those of a job that died are not.
    package func finish(_ status: WaitStatus?) {
        let succeeded = status == .exited(code: 0)
        let modes = succeeded ? modesLeftByJob() : nil
        if hold != nil, isInForeground, let userTerminal {
            stopListening()
            _ = userTerminal.pushBack(unreadKeystrokes())
        }
        releaseTerminal(leaving: modes)
    }

    /// The new modes of the user's terminal, where the job left the pty other than it found it.
    private func modesLeftByJob() -> TerminalAttributes? {
        guard let hold, let givenModes else { return nil }
        do throws(SystemError) {
            let left = try pty.primary.terminalAttributes()
            return left == givenModes ? nil : hold.saved.taking(left)
        } catch { return nil }
    }

    private func unreadKeystrokes() -> [UInt8] {
        var unread: [UInt8] = []
        attempt { () throws(SystemError) in unread = try pty.takeUnread() }
        return unread + keyboard.rest
    }

    // MARK: Modes and size

    func give(_ modes: TerminalAttributes) throws(SystemError) {
        try pty.primary.setTerminalAttributes(modes)
        // What it made of them: a pty has no parity, and its characters have eight bits.
        givenModes = try pty.primary.terminalAttributes()
    }

    /// Modes that were copied in the background may have been those of a shell's line editor.
    private func refreshModes(_ modes: TerminalAttributes) throws(SystemError) {
        guard !wasInForeground else { return }
        wasInForeground = true
        if try pty.primary.terminalAttributes() == givenModes { try give(modes) }
    }

    /// Returns whether the size has changed.
    @discardableResult
    func copyWindowSize() -> Bool {
        var changed = false
        attempt { () throws(SystemError) in
            let size = try (userTerminal ?? plan.outlet).windowSize()
            guard size != givenSize else { return }
            try pty.primary.setWindowSize(size)
            changed = givenSize != nil
            givenSize = size
        }
        return changed
    }
}

// MARK: - Keystrokes

extension TerminalSession {
    /// To be called when the keyboard's token is ready.
    package func keyboardIsReadable() {
        guard let userTerminal else { return }
        do throws(SystemError) {
            let typed = try keyboard.read(from: userTerminal)
            if typed.isEmpty { return stopListening() }
            let signals = try typedSignals(typed)
            passKeystrokesOn()
            signals.forEach(signalOwnGroup)
        } catch {
            // Not ours any more, or hung up, and SIGHUP will say so.
            if !error.isWouldBlock { stopListening() }
        }
    }

    /// To be called when the pty's token is ready: it takes keystrokes again.
    package func ptyIsWritable() { passKeystrokesOn() }

    /// The pty signals the job's group. Those who share our group (a script that called us, the other end of a pipeline)
    /// would have got the signal from the user's terminal, which is raw.
    private func typedSignals(_ typed: some Sequence<UInt8>) throws(SystemError) -> [Signal] {
        let signals = keyboard.signals(typed: typed, modes: try pty.primary.terminalAttributes())
        return signals.isEmpty || pty.primary.foregroundGroup != job ? [] : signals
    }

    private func passKeystrokesOn() {
        do throws(SystemError) {
            try keyboard.write(to: pty.primary)
        } catch {
            // EIO: nobody has the pty open. What was typed stays for whoever reads the terminal next.
            if !error.isWouldBlock { stopListening() }
        }
        watchPty()
        if hold != nil, keyboard.room > 0 { listen() } else { stopReading() }
    }

    private func listen() {
        guard let userTerminal, hold != nil, !listens else { return }
        attempt { () throws(SystemError) in
            try poll.add(userTerminal, .readable, token: tokens.keyboard)
            listens = true
        }
    }

    private func stopReading() {
        guard listens, let userTerminal else { return }
        poll.remove(userTerminal)
        listens = false
    }

    private func stopListening() {
        stopReading()
        if waitsForPty { poll.remove(pty.primary) }
        waitsForPty = false
    }

    private func watchPty() {
        guard waitsForPty == keyboard.isEmpty else { return }
        attempt { () throws(SystemError) in
            if waitsForPty { poll.remove(pty.primary) } else { try poll.add(pty.primary, .writable, token: tokens.pty) }
            waitsForPty.toggle()
        }
    }
}
