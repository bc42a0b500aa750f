// A process whose threads stand still for us.

import LinuxSystem
import SupervisorLink

/// What a snapshot is taken of. All requests belong to the thread that traces it.
struct StoppedProcess {
    var process: Int32
    /// The thread that got the signal, else the main thread.
    var thread: Int32
    /// 0 where there is none.
    var signal: Int32
    var reason: SnapshotReason
    /// The one named by ``thread`` first.
    var threads: [StoppedThread]
    /// Opened while the process still permitted it; `nil` where that was never tried.
    var files: ProcessFiles?
}

struct StoppedThread {
    var id: Int32
    /// As `/proc/PID/task/TID/stat` had it before it was stopped; empty where it was not looked at.
    var state = ""
    /// Why it does not stand still; then it has no registers that could be read.
    var trouble: String?
}

/// Files of a process that can be read after it became undumpable: `/proc/PID/mem` and `/proc/PID/maps`, opened at its exec.
struct ProcessFiles {
    var memory: FileDescriptor
    var maps: FileDescriptor

    func close() {
        memory.close()
        maps.close()
    }
}

/// A snapshot, and what goes with it. Whoever gets it closes the descriptors.
struct CapturedSnapshot {
    var file: FileDescriptor
    /// `/proc/PID/root`, by which its files can be found although it is gone.
    var rootDirectory: FileDescriptor?
    /// `/proc/PID/exe`.
    var executable: FileDescriptor?
}
