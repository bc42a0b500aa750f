// What unwinding yields, before anything has a name.

/// One thread's stack, innermost frame first.
package struct Backtrace: Sendable, Equatable {
    package var frames: [UnwoundFrame]
    /// Frames left out of the middle, so that the rest is a head and a tail; 0 where none were.
    package var omittedFrames = 0
    /// Where in ``frames`` they were left out: before this index.
    package var omittedBefore = 0
    /// It reaches the thread's first frame (the entry point, a thread's start).
    package var isComplete: Bool
    /// Why it ends where it does, if that is not the thread's first frame; a clause.
    package var end: String?

    package init(frames: [UnwoundFrame], isComplete: Bool, end: String? = nil) {
        self.frames = frames
        self.isComplete = isComplete
        self.end = end
    }
}

/// A frame, by its address.
package struct UnwoundFrame: Sendable, Equatable {
    /// The instruction: of frame 0, and of one that a signal interrupted, the one that was to run next; of the others the
    /// return address.
    package var instruction: UInt64
    /// Where to look its name up: inside the instruction that it stands at, so one less than a return address.
    package var lookup: UInt64
    package var stackPointer: UInt64
    package var trust: FrameTrust
    /// The kernel called it to handle a signal, or it is the return from such a handler.
    package var isSignalFrame: Bool

    package init(
        instruction: UInt64, lookup: UInt64, stackPointer: UInt64, trust: FrameTrust, isSignalFrame: Bool = false
    ) {
        self.instruction = instruction
        self.lookup = lookup
        self.stackPointer = stackPointer
        self.trust = trust
        self.isSignalFrame = isSignalFrame
    }
}

/// How a frame was found. The words are those of minidump processing (protocol reference 3.4).
package enum FrameTrust: String, Sendable {
    /// The registers themselves.
    case context
    /// By unwind information.
    case cfi
    /// By the chain of frame pointers.
    case framePointer = "fp"
    /// A word on the stack that looks like a return address; it may be stale.
    case scan
}
