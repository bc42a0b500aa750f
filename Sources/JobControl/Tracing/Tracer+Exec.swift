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
        act(on: executed(Tracee(thread), process: process.id), by: process)
        if plan.mode != .main || process.id == main { note(.executed(process: process.id, at: time)) }
    }

    /// The job's own process stands at its first exec, and is in no table yet. It usually goes on before it is in one: the job
    /// waits, and making the first entries takes a tenth of a millisecond.
    func beganExecuting(_ process: TracedProcess) {
        let time = heard
        let decision = executed(Tracee(process.id), process: process.id)
        if case .follow = decision {
            openFiles(of: process)
            attempt { () throws(SystemError) in try Tracee(process.id).proceed() }
            register(process)
            charge(process)
        } else {
            register(process)
            act(on: decision, by: process)
        }
        note(.executed(process: process.id, at: time))
    }

    private func act(on decision: ExecDecision, by process: TracedProcess) {
        switch decision {
        case .follow:
            openFiles(of: process)
            resume(process.id)
            if let sampled = process.sampling, sampled.isForkTold { sampler?.tellProgram(of: process, sampled) }
        case .letGo(let reason):
            lettingGoReason = reason
            letGo(process)
            resume(process.id)
        case .letGoOfAll(let reason):
            lettingGoReason = reason
            // It goes on last: it may attach at once.
            forget(process)
            letGoForGood()
            attempt { () throws(SystemError) in try Tracee(process.id).detach() }
        case .dealtWith(let isStillTraced):
            if !isStillTraced { wentAway(process.id) }
        }
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
            harmlessPrograms.append(version)
        }
        return decision
    }

    /// Whether another process might get some by it: that is looked at each time.
    private func grantsPrivileges(_ process: Int32) -> Bool {
        do throws(SystemError) {
            return try ExecutedFile(at: PrivilegedExec.executable(of: process)).grantsPrivileges
        } catch { return true }
    }

    private static let mostHarmlessPrograms = 128

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
            return .letGo(because: "\(Substring(DebuggerName.baseName(program))) traces its own processes")
        }
        if DebuggerName.attachesToOthers(program) {
            return .letGoOfAll(because: "the job's own crash handler attaches to its processes")
        }
        // What the job itself was started with is known; what its children are, only they know.
        let mayBePreloaded = !processes.isEmpty || environmentValue("LD_PRELOAD") != nil
        if LeakSanitizer.isIn(process: process, mayBePreloaded: mayBePreloaded) {
            return .letGo(because: "a program with LeakSanitizer traces itself")
        }
        return .follow
    }

    private func executable(of process: Int32) -> String? {
        do throws(SystemError) { return try readLink(processFile(process, "exe")) } catch { return nil }
    }

    // MARK: Files that can be read later

    private static let mostFiles = 256

    /// A process that makes itself undumpable can be read only by what was opened before, unless we are privileged.
    private func openFiles(of process: TracedProcess) {
        guard effectiveUser() != 0, processes.values.count(where: { $0.files != nil }) < Self.mostFiles else { return }
        do throws(SystemError) {
            let memory = try FileDescriptor.open(processFile(process.id, "mem"), OpenFlags.readOnly)
            do throws(SystemError) {
                process.files = ProcessFiles(
                    memory: memory, maps: try FileDescriptor.open(processFile(process.id, "maps"), OpenFlags.readOnly))
            } catch { memory.close() }
        } catch {
            // Undumpable from its first moment (a file that may be executed but not read), or no descriptors left.
        }
    }
}
