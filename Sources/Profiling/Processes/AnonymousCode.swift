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

    /// Where it writes its code together with the names; empty where it was not seen to.
    private let dump: String

    init(process: Int32, dump: String) {
        self.process = process
        self.dump = dump
        innermostID = innermostProcessID(of: process) ?? process
        owner = fileOwner("/proc/\(process)")
    }

    /// What the process has written so far about its code; `nil` where there is nothing.
    func names() -> PerfMap? {
        let root = try? FileDescriptor.directoryToSearch("/proc/\(process)/root")
        defer { root?.close() }
        if let root, let map = names(below: root, owner ?? 0) { return map }
        return names(below: nil, owner ?? effectiveUser())
    }

    private func names(below root: FileDescriptor?, _ owner: UInt32) -> PerfMap? {
        if !dump.isEmpty, let map = PerfMap(jitDump: dump, owner: owner, rootDirectory: root) { return map }
        return PerfMap(process: innermostID, owner: owner, rootDirectory: root)
    }
}
