// A profile: what was sampled, folded, with names. Everything that is exported or sent is made of it.

import SentryProtocol

/// What the samples were taken of.
package enum ProfileMode: String, Sendable, CaseIterable {
    /// Threads that run: a sample's weight is processor time.
    case cpu
    /// All threads, also those that wait: a sample's weight is elapsed time.
    case wall
}

/// Samples of one run or of a part of it.
///
/// Stacks are a tree: a sample names the node of its innermost frame, whose parents are its callers.
package struct Profile: Sendable, Equatable {
    /// For people: the command, or the process that was attached to.
    package var title: String
    /// The job's words, secrets removed; empty where they are not known.
    package var command: [String] = []
    package var started: Timestamp
    /// Nanoseconds.
    package var duration: Int64
    /// Samples a second and thread that were asked for.
    package var frequency: Int
    package var mode: ProfileMode
    /// How stacks were taken: `perf`, `ptrace`, `proc`; several are joined by `+`.
    package var source: String
    package var frames: [ProfileFrame] = []
    package var nodes: [StackNode] = []
    package var processes: [ProfiledProcess] = []
    package var threads: [ProfiledThread] = []
    /// By time.
    package var samples: [ProfileSample] = []
    package var tally = SampleTally()
    /// Sentences for people, without a full stop: what was not seen, and why.
    package var notes: [String] = []

    package init(
        title: String, started: Timestamp, duration: Int64, frequency: Int, mode: ProfileMode, source: String
    ) {
        self.title = title
        self.started = started
        self.duration = duration
        self.frequency = frequency
        self.mode = mode
        self.source = source
    }
}

/// A function, or a place in one. Different places of a function are different frames.
package struct ProfileFrame: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case native
        /// Of a language's interpreter: `language` says which.
        case interpreted
        /// Compiled while it ran.
        case justInTime
        /// No code: `[truncated]` and the like.
        case marker
    }

    /// Demangled. Never empty: what has no name is `module+0x1a2b`.
    package var function: String
    /// The ELF file's path; `nil` for code that is in none.
    package var module: String?
    /// An address of the module as its file has it (what addr2line(1) takes); of code in no file, the process's.
    package var address: UInt64 = 0
    package var file: String?
    /// From 1; where the sample was taken, or where the call is.
    package var line: Int?
    package var column: Int?
    /// Its code is part of its caller's.
    package var isInlined = false
    package var inApp = false
    package var kind = Kind.native
    /// `c`, `c++`, `rust`, `swift`, `go`, `python`, … where it is known.
    package var language: String?

    package init(function: String, module: String? = nil) {
        self.function = function
        self.module = module
    }
}

/// A frame in the tree of stacks. Parents come before their children.
package struct StackNode: Sendable, Hashable {
    /// Index of the caller in ``Profile/nodes``, -1 at the root.
    package var parent: Int32
    /// Index in ``Profile/frames``.
    package var frame: Int32

    package init(parent: Int32, frame: Int32) {
        self.parent = parent
        self.frame = frame
    }
}

package struct ProfiledProcess: Sendable, Equatable {
    package var pid: Int32
    package var name: String
    /// Hexadecimal GNU build-ids of the modules that its samples are in, by the module's path.
    package var buildIDs: [String: String] = [:]

    package init(pid: Int32, name: String) {
        self.pid = pid
        self.name = name
    }
}

package struct ProfiledThread: Sendable, Equatable {
    /// Index in ``Profile/processes``.
    package var process: Int32
    package var tid: Int32
    package var name: String

    package init(process: Int32, tid: Int32, name: String) {
        self.process = process
        self.tid = tid
        self.name = name
    }
}

/// One sample, or several of one stack that were taken about the same time.
package struct ProfileSample: Sendable, Equatable {
    /// Nanoseconds since ``Profile/started``; of several samples, from where on they were taken.
    package var time: Int64
    /// Index in ``Profile/threads``.
    package var thread: Int32
    /// Index in ``Profile/nodes`` of the innermost frame; -1 where no stack is known.
    package var node: Int32
    package var count: UInt32
    /// Nanoseconds, of processor time or elapsed (``ProfileMode``).
    package var weight: Int64

    package init(time: Int64, thread: Int32, node: Int32, count: UInt32 = 1, weight: Int64) {
        self.time = time
        self.thread = thread
        self.node = node
        self.count = count
        self.weight = weight
    }
}

/// What became of the samples.
package struct SampleTally: Sendable, Equatable {
    package var taken: UInt64 = 0
    /// The buffer was full.
    package var lost: UInt64 = 0
    /// Times that the kernel slowed the sampling down.
    package var throttled: UInt64 = 0
    /// Ticks that came too late and were left out.
    package var late: UInt64 = 0
    /// Stacks that do not reach the thread's start.
    package var truncated: UInt64 = 0

    package init() {}
}
