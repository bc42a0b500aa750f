// Where a thread waits, without stopping it.

/// What `/proc/PID/task/TID/syscall` says of a thread.
package enum ThreadPlace: Sendable, Equatable {
    /// On a processor, or ready for one.
    case running
    /// It waits, in a system call or in a page fault. Addresses are the process's.
    case waiting(stackPointer: UInt64, programCounter: UInt64)

    /// `running`; `202 0x7f… six arguments … 0x7ffd… 0x7f…`, the last two being the pointers; `-1 0x7ffd… 0x7f…`.
    ///
    /// Source: proc_pid_syscall(5).
    package init?(_ text: UnsafeRawBufferPointer) {
        let words = text.split(whereSeparator: { $0 <= UInt8(ascii: " ") })
        if words.first?.elementsEqual("running".utf8) == true {
            self = .running
            return
        }
        guard words.count == 3 || words.count == 9, let stackPointer = hexadecimal(words[words.count - 2]),
            let programCounter = hexadecimal(words[words.count - 1])
        else { return nil }
        self = .waiting(stackPointer: stackPointer, programCounter: programCounter)
    }
}

extension KeptFile {
    /// As `syscall` says it.
    package func place() -> ThreadPlace? { read(ThreadPlace.init) }

    /// Whether `syscall` says ``ThreadPlace/running``.
    package func saysRunning() -> Bool? { read { text in text.starts(with: "running".utf8) } }

    /// Whether the state in `stat` is R, which takes four times as long.
    package func hasStateRunning() -> Bool? {
        read { text in
            guard let end = text.lastIndex(of: UInt8(ascii: ")")), end + 2 < text.count else { return nil }
            return text[end + 2] == UInt8(ascii: "R")
        }
    }
}

private func hexadecimal(_ word: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    guard word.starts(with: "0x".utf8) else { return nil }
    return UInt64(String(decoding: word.dropFirst(2), as: UTF8.self), radix: 16)
}
