// Frames as they are found: of a stack that is too deep, the innermost and the outermost.

/// Keeps a head and a tail, each half of a limit, in storage that is used again.
struct FrameCollector {
    private(set) var frames: [UnwoundFrame] = []
    private(set) var omitted = 0
    private(set) var limit = 0
    /// Of the tail, which is a ring: where the next frame goes once it is full.
    private var next = 0

    private var head: Int { limit / 2 }
    private var tail: Int { limit - head }

    /// All frames that were found, kept or not.
    var count: Int { frames.count + omitted }

    mutating func begin(limit: Int) {
        frames.removeAll(keepingCapacity: true)
        self.limit = max(limit, 2)
        omitted = 0
        next = 0
    }

    mutating func append(_ frame: UnwoundFrame) {
        if frames.count < limit {
            frames.append(frame)
            return
        }
        frames[head + next] = frame
        next = (next + 1) % tail
        omitted += 1
    }

    /// Forgets all but the innermost ones. None may have been left out.
    mutating func keep(first count: Int) { frames.removeLast(max(0, frames.count - count)) }

    /// The frame that was found last.
    var last: UnwoundFrame? { frames.isEmpty ? nil : frames[lastIndex] }

    mutating func changeLast(_ change: (inout UnwoundFrame) -> Void) {
        if !frames.isEmpty { change(&frames[lastIndex]) }
    }

    private var lastIndex: Int {
        omitted == 0 ? frames.count - 1 : head + (next + tail - 1) % tail
    }

    /// Brings the tail into its order. No frame may be appended after it.
    mutating func finish() {
        guard omitted > 0, next > 0 else { return }
        frames[head...].reverse()
        frames[head..<(head + tail - next)].reverse()
        frames[(head + tail - next)...].reverse()
        next = 0
    }

    /// Where frames were left out: before this index.
    var omittedBefore: Int { omitted > 0 ? head : 0 }
}
