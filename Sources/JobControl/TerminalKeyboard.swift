// What was typed, on its way from the user's terminal to the pty.

import LinuxSystem

/// Typed bytes that the pty did not take yet, and the meaning of those that a terminal turns into signals.
struct TerminalKeyboard {
    /// Bytes held at most. When so many wait, the terminal is not read: the kernel holds the rest, and so does whoever
    /// pastes.
    static let capacity = 65536

    private var waiting: [UInt8] = []
    private var written = 0
    private var nextIsQuoted = false

    var isEmpty: Bool { written == waiting.count }
    var room: Int { Self.capacity - (waiting.count - written) }
    /// What the pty did not take.
    var rest: ArraySlice<UInt8> { waiting[written...] }

    /// Reads once from the user's terminal.
    ///
    /// - Returns: what was typed; empty at the terminal's end.
    /// - Throws: EAGAIN where nothing was typed, EIO where the terminal is not ours (any more).
    mutating func read(from terminal: FileDescriptor) throws(SystemError) -> ArraySlice<UInt8> {
        let count = min(room, 4096)
        var chunk = [UInt8](repeating: 0, count: count)
        let outcome: Result<Int, SystemError> = chunk.withUnsafeMutableBytes { buffer in
            do throws(SystemError) { return .success(try terminal.read(into: buffer)) } catch { return .failure(error) }
        }
        let typed = chunk[..<(try outcome.get())]
        waiting.append(contentsOf: typed)
        return typed
    }

    /// Writes as much as the pty takes without waiting.
    mutating func write(to primary: FileDescriptor) throws(SystemError) {
        while !isEmpty {
            let outcome: Result<Int, SystemError> = waiting[written...].withUnsafeBytes { buffer in
                do throws(SystemError) { return .success(try primary.write(buffer)) } catch { return .failure(error) }
            }
            written += try outcome.get()
        }
        clear()
    }

    mutating func clear() {
        waiting.removeAll(keepingCapacity: true)
        written = 0
    }

    /// Which signals a terminal with these modes makes of typed bytes, in their order.
    mutating func signals(typed bytes: some Sequence<UInt8>, modes: TerminalAttributes) -> [Signal] {
        var signals: [Signal] = []
        for byte in bytes {
            if nextIsQuoted {
                nextIsQuoted = false
            } else if byte != 0, byte == modes.quotingByte {
                nextIsQuoted = true
            } else if let signal = modes.signal(typed: byte) {
                signals.append(signal)
            }
        }
        return signals
    }
}
