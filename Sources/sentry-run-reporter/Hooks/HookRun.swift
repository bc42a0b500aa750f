// One execution of a hook's command.

import CrashReporting
import LinuxSystem

/// A command at work. ``proceed()`` when ``readiness`` is readable or the ``deadline`` has passed, until it answers.
final class HookRun {
    /// Readable when there is something to do.
    let readiness: EventPoll
    let deadline: MonotonicTime
    static let timedOut = "it took too long and was ended"

    private let process: Int32
    private let end: FileDescriptor
    private let answer: FileDescriptor
    private let limit: Int
    private var printed: [UInt8] = []

    /// - Parameters:
    ///   - process: the leader of a process group of its own.
    ///   - answer: a pipe's end that does not block; ours from here on.
    init(process: Int32, answer: FileDescriptor, limit: Int, deadline: MonotonicTime) throws(SystemError) {
        self.process = process
        self.answer = answer
        self.limit = limit
        self.deadline = deadline
        end = try DetachedProgram.end(of: process)
        readiness = try EventPoll()
        try readiness.add(end, .readable, token: 1)
        try readiness.add(answer, .readable, token: 2)
    }

    /// Takes what is there.
    ///
    /// - Returns: `nil` while it is still at work.
    func proceed() -> HookAnswer? {
        let events = (try? readiness.wait(milliseconds: 0)) ?? []
        guard read() else { return close(killing: "it printed more than \(limit >> 20) MiB") }
        if events.contains(where: { $0.token == 1 }) { return finish() }
        return MonotonicTime.now >= deadline ? close(killing: Self.timedOut) : nil
    }

    /// Waits for the answer, until the deadline at most.
    func wait(until limit: MonotonicTime?) -> HookAnswer {
        while true {
            if let answer = proceed() { return answer }
            if let limit, limit <= .now { return close(killing: Self.timedOut) }
            let left = min(deadline, limit ?? deadline).since(.now)
            waitUntilReadable(readiness.descriptor, milliseconds: left <= 0 ? 0 : Int32(clamping: left / 1_000_000 + 1))
        }
    }

    /// Nobody waits for it any more.
    func abandon() { _ = close(killing: "nobody waited for it") }

    /// `false` when it was more than may be.
    private func read() -> Bool {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { chunk.deallocate() }
        // A writer that never pauses must not keep us here.
        for _ in 0..<64 {
            guard let count = try? answer.read(into: chunk) else { return true }
            if count == 0 {
                // Without this, a command that closes its stdout and goes on would wake us for ever.
                readiness.remove(answer)
                return true
            }
            guard printed.count + count <= limit else { return false }
            printed.append(contentsOf: chunk[..<count])
        }
        return true
    }

    /// The command itself has ended; what it left running has no business with us.
    private func finish() -> HookAnswer {
        // Before its leader is reaped: until then the group's number is nobody else's.
        killGroup()
        while true {
            let before = printed.count
            guard read() else { return close(killing: "it printed more than \(limit >> 20) MiB") }
            if printed.count == before { break }
        }
        let status = (try? ChildChange.waitForEnd(of: process))?.status
        closeFiles()
        switch status {
        case .exited(0): return .printed(printed)
        case .exited(let code): return .failed("it ended with status \(code)")
        case .killed(let signal, _): return .failed("it was ended by \(SignalName.of(signal.number))")
        default: return .failed("it was lost")
        }
    }

    private func close(killing reason: String) -> HookAnswer {
        killGroup()
        // It dies at once, unless the kernel holds it in a call: then whoever inherits it reaps it.
        if waitUntilReadable(end, milliseconds: 200) { _ = try? ChildChange.waitForEnd(of: process) }
        closeFiles()
        return .failed(reason)
    }

    private func killGroup() {
        do throws(SystemError) { try send(.kill, to: -process) } catch {
            // ESRCH: nothing of it is left.
        }
    }

    private func closeFiles() {
        answer.close()
        end.close()
        readiness.descriptor.close()
    }
}
