// A process executes another program.

import LinuxSystem

/// What becomes of a process that stands at its PTRACE_EVENT_EXEC.
enum ExecDecision: Sendable, Equatable {
    /// It goes on, traced.
    case follow
    /// It goes on, untraced; a clause for people says why.
    case letGo(because: String)
    /// Every process goes on untraced.
    case letGoOfAll(because: String)
    /// Whoever decided this has let it go on, or go, already: it is not touched, and forgotten if it is traced no more.
    case dealtWith(isStillTraced: Bool)
}

extension Tracer {
    /// The process has the id of its leader now, whichever thread called execve(2), and one thread.
    func executed(_ thread: Int32) {
        guard let process = processes[threads[thread]?.process ?? 0] else { return resume(thread) }
        for other in process.threads where other != thread { threads[other] = nil }
        process.threads = [thread]
        process.isDying = false
        process.sampling?.executed()
        process.closeFiles()
        let time = heard
        let tracee = Tracee(thread)
        switch executed(tracee, process: process.id) {
        case .follow:
            openFiles(of: process)
            resume(thread)
            if let sampled = process.sampling, sampled.isForkTold { sampler?.tellProgram(of: process, sampled) }
        case .letGo(let reason):
            lettingGoReason = reason
            letGo(process)
            resume(thread)
        case .letGoOfAll(let reason):
            lettingGoReason = reason
            // It goes on last: it may attach at once.
            forget(process)
            letGoForGood()
            attempt { () throws(SystemError) in try tracee.detach() }
        case .dealtWith(let isStillTraced):
            if !isStillTraced { wentAway(thread) }
        }
        if plan.mode != .main || process.id == main { note(.executed(process: process.id, at: time)) }
    }

    /// The hook at each exec. The tracee stands at its PTRACE_EVENT_EXEC: execve(2) has not returned, the new image is in place.
    ///
    /// A shell script executes the same few programs all the time. (One that is known to be harmless and is then preloaded
    /// with a sanitizer is taken for harmless still.)
    func executed(_ tracee: Tracee, process: Int32) -> ExecDecision {
        let version = FileVersion(of: PrivilegedExec.executable(of: process))
        if let version, harmlessPrograms.contains(version) { return .follow }
        let decision = examine(tracee, process: process)
        if decision == .follow, let version, harmlessPrograms.count < Self.mostHarmlessPrograms,
            !grantsPrivileges(process)
        {
            harmlessPrograms.insert(version)
        }
        return decision
    }

    /// Whether another process might get some by it: that is looked at each time.
    private func grantsPrivileges(_ process: Int32) -> Bool {
        do throws(SystemError) {
            return try ExecutedFile(at: PrivilegedExec.executable(of: process)).grantsPrivileges
        } catch { return true }
    }

    private static let mostHarmlessPrograms = 256

    private func examine(_ tracee: Tracee, process: Int32) -> ExecDecision {
        switch PrivilegedExec.restore(process) {
        case .notNeeded: break
        case .letGo:
            lettingGoReason = "a program with privileges of its own cannot be traced by this user"
            return .dealtWith(isStillTraced: false)
        case .running: return .dealtWith(isStillTraced: true)
        case .withheld(let why):
            return .letGo(because: "a program was refused its privileges because it was traced: \(why)")
        }
        guard let program = executable(of: process) else { return .follow }
        if DebuggerName.isOne(program) {
            let name = program.split(separator: "/").last.map(String.init) ?? program
            return .letGo(because: "\(name) traces its own processes")
        }
        if DebuggerName.attachesToOthers(program) {
            return .letGoOfAll(because: "the job's own crash handler attaches to its processes")
        }
        if LeakSanitizer.isIn(process: process) {
            return .letGo(because: "a program with LeakSanitizer traces itself")
        }
        return .follow
    }

    private func executable(of process: Int32) -> String? {
        do throws(SystemError) { return try readLink("/proc/\(process)/exe") } catch { return nil }
    }

    // MARK: Files that can be read later

    private static let mostFiles = 256

    /// A process that makes itself undumpable can be read only by what was opened before, unless we are privileged.
    private func openFiles(of process: TracedProcess) {
        guard effectiveUser() != 0, processes.values.count(where: { $0.files != nil }) < Self.mostFiles else { return }
        do throws(SystemError) {
            let memory = try FileDescriptor.open("/proc/\(process.id)/mem", OpenFlags.readOnly)
            do throws(SystemError) {
                process.files = ProcessFiles(
                    memory: memory, maps: try FileDescriptor.open("/proc/\(process.id)/maps", OpenFlags.readOnly))
            } catch { memory.close() }
        } catch {
            // Undumpable from its first moment (a file that may be executed but not read), or no descriptors left.
        }
    }
}
