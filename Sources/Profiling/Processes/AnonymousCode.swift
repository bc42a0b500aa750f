// Code that a process wrote itself, and what it says about it.

import Backtracing
import LinuxSystem

/// A process with code that is in no file: a compiler wrote it while the program ran.
struct AnonymousCode {
    private let process: Int32
    /// As the process knows itself.
    private let innermostID: Int32
    /// The process's user: only what is theirs is believed of the code. `nil` where it is gone already.
    private let owner: UInt32?

    init(process: Int32) {
        self.process = process
        innermostID = innermostProcessID(of: process) ?? process
        owner = fileOwner("/proc/\(process)")
    }

    /// What the process has written so far about its code; `nil` where there is nothing.
    func names() -> PerfMap? {
        let root = try? FileDescriptor.directoryToSearch("/proc/\(process)/root")
        defer { root?.close() }
        if let root, let map = PerfMap(process: innermostID, owner: owner ?? 0, rootDirectory: root) { return map }
        return PerfMap(process: innermostID, owner: owner ?? effectiveUser(), rootDirectory: nil)
    }
}
