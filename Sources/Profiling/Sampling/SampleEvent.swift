// What a source of samples tells, one thing at a time.

import Backtracing
import LinuxSystem

/// One thing that a ``StackSource`` saw. Process and thread numbers are those of our PID namespace.
package enum SampleEvent {
    case sample(StackSample)
    /// Code was mapped: what was at these addresses is gone.
    case mapping(process: Int32, CodeMapping)
    /// A process or, where `process` is the parent's, a thread came to be.
    case fork(parent: Int32, process: Int32, thread: Int32, time: MonotonicTime)
    /// The process executes another program: nothing of its old mappings is left.
    case exec(process: Int32, thread: Int32, name: String, time: MonotonicTime)
    case threadName(process: Int32, thread: Int32, name: String)
    case exit(process: Int32, thread: Int32, time: MonotonicTime)
    /// At its end: nanoseconds of processor time that the thread has used, or a part of them. What its samples do not stand
    /// for was too short to be sampled.
    case used(process: Int32, thread: Int32, nanoseconds: Int64, time: MonotonicTime)
    /// So many samples (or other events: a source need not know) are missing because a buffer was full.
    case lost(count: UInt64)
    /// The kernel slowed the sampling down.
    case throttled
    /// So many ticks came too late and were left out.
    case late(count: UInt64)
}

/// A thread as it stood. What it points to is valid only as long as the call that delivers it.
package struct StackSample {
    package var process: Int32
    package var thread: Int32
    package var time: MonotonicTime
    /// Nanoseconds of processor time, or elapsed: what the sample stands for.
    package var weight: Int64
    /// NT_PRSTATUS, of ``RegisterLayout/size`` bytes; 0 in those that are not known. Empty where none are (a program of
    /// another word size, a process that is just ending).
    package var registers: UnsafeRawBufferPointer
    /// In the process's address space: where ``stack`` begins, at or below the stack pointer.
    package var stackAddress: UInt64
    package var stack: UnsafeRawBufferPointer
    /// The thread waits: of its registers only the stack pointer and the program counter are known.
    package var isWaiting = false
    /// The thread is ready, and waits for a processor: nothing is known of its registers.
    package var isQueued = false

    package init(
        process: Int32, thread: Int32, time: MonotonicTime, weight: Int64, registers: UnsafeRawBufferPointer,
        stackAddress: UInt64, stack: UnsafeRawBufferPointer
    ) {
        self.process = process
        self.thread = thread
        self.time = time
        self.weight = weight
        self.registers = registers
        self.stackAddress = stackAddress
        self.stack = stack
    }
}

/// A piece of a process's address space that holds code.
package struct CodeMapping: Sendable, Equatable {
    /// In the process's address space.
    package var range: Range<UInt64>
    /// Where in the file it begins, in bytes.
    package var fileOffset: UInt64
    /// As `/proc/PID/maps` has it, without ` (deleted)`; `[vdso]`; empty, or `//anon`, for code that is in no file.
    package var path: String
    package var identity: FileIdentityClue

    package init(range: Range<UInt64>, fileOffset: UInt64, path: String, identity: FileIdentityClue) {
        self.range = range
        self.fileOffset = fileOffset
        self.path = path
        self.identity = identity
    }
}
