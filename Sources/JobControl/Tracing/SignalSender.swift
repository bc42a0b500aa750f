// Who sent a signal.

import LinuxSystem

/// Another process that sent a signal with kill(2), sigqueue(3) or tgkill(2).
struct SignalSender: Equatable {
    let process: Int32

    /// - Parameter info: a raw `siginfo_t`.
    /// - Returns: `nil` where the kernel or the process itself did it, or the sender cannot be told.
    init?(_ info: [UInt8], to receiver: Int32) {
        guard info.count >= 24 else { return nil }
        let (code, sender) = info.withUnsafeBytes {
            ($0.loadUnaligned(fromByteOffset: 8, as: Int32.self), $0.loadUnaligned(fromByteOffset: 16, as: Int32.self))
        }
        guard [0, -1, -6].contains(code), sender > 0, sender != receiver else { return nil }
        process = sender
        // The number is the one that the receiver's PID namespace has for the sender, which need not be ours.
        guard let own = try? readLink("/proc/self/ns/pid"),
            (try? readLink("/proc/\(receiver)/ns/pid")) ?? own == own
        else { return nil }
    }

    /// Its words with blanks between them, at most 4 KiB; its name in brackets where it has none, empty where it is gone.
    var commandLine: String {
        let words = (try? readSmallFile(processFile(process, "cmdline"), limit: 4096)) ?? []
        let text = words.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let line = text.last == "" ? text.dropLast().joined(separator: " ") : text.joined(separator: " ")
        if !line.isEmpty { return line }
        guard let name = try? readSmallFile(processFile(process, "comm"), limit: 64), !name.isEmpty else { return "" }
        return "[" + String(decoding: name.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self) + "]"
    }
}
