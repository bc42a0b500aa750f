// A process that is sampled.

import Backtracing
import LinuxSystem

/// What is known of a process from the events of its source, or from /proc.
final class TrackedProcess {
    let pid: Int32
    var name: String
    var map = CodeMap()
    /// Its mappings are all known by records. Otherwise `/proc/PID/maps` was read, or will be.
    var isRecorded: Bool
    /// When its mappings were read from /proc.
    var mapsRead: MonotonicTime?
    /// Index among the processes of the profile, once it has a sample.
    var index: Int32?
    /// Index among the threads of the profile, by thread.
    var threads: [Int32: Int32] = [:]
    /// Of threads that have a name of their own.
    var threadNames: [Int32: String] = [:]
    var python = PythonReader.State.none
    /// Nanoseconds that its samples stand for, by thread, and the stack of the last one.
    var sampled: [Int32: (time: Int64, thread: Int32, node: Int32)] = [:]
    /// The `jit-PID.dump` that it has mapped, which is how compilers say where it is; empty where none.
    var dump = ""
    /// Its number among the processes that have code in no file, once such code was sampled.
    var anonymousCode: Int?

    init(pid: Int32, name: String, isRecorded: Bool) {
        self.pid = pid
        self.name = name
        self.isRecorded = isRecorded
    }

    /// Its samples are counted on where those of `known` were.
    func takePlace(of known: TrackedProcess) {
        index = known.index
        threads = known.threads
        threadNames = known.threadNames
        sampled = known.sampled
    }

    /// As fork(2) makes it.
    func fork(_ child: Int32) -> TrackedProcess {
        let process = TrackedProcess(pid: child, name: name, isRecorded: isRecorded)
        process.map = map
        process.python = python.ofChild
        process.mapsRead = mapsRead
        return process
    }
}
