// What the tracer knows of a process and of its threads.

import LinuxSystem

/// A process that is followed.
final class TracedProcess {
    let id: Int32
    let parent: Int32
    /// Those that are traced.
    var threads: Set<Int32> = [] { didSet { sampling?.hasOtherMembers = true } }
    var files: ProcessFiles?
    /// What it has stood still for us, in nanoseconds.
    var cost: Int64 = 0
    /// Its threads are let go, each at its next stop.
    var isLeaving = false
    /// Its fatal signal was let through.
    var isDying = false
    /// Job control has stopped it.
    var isGroupStopped = false
    /// Where threads are sampled, what the sampler knows of it.
    var sampling: SampledProcess?

    init(id: Int32, parent: Int32) {
        self.id = id
        self.parent = parent
    }

    func closeFiles() {
        files?.close()
        files = nil
    }
}

/// A thread that is traced.
struct TracedThread {
    let process: Int32
    var options: Tracee.Options
    /// It is group-stopped, and listens for SIGCONT.
    var isListening = false
    /// It is followed from its first moment on.
    var isNew = true
    var sampling: SampledThread?
}
