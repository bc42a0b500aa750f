// What is known of one stream between its lines.

/// What the lines of one stream leave behind for those that follow.
struct StreamState: ~Copyable {
    let stream: CapturedStream
    var keyBlock = PrivateKeyBlock()
    /// The beginning of its first line is lost.
    var startsWithinLine = false
    /// How it writes.
    var habits = StreamHabits()
    /// Whether one of the next two is there.
    var hasHeader = false
    /// A first line whose second is awaited.
    var held: HeldHeader?
    /// The first line under which the last one stood.
    var current: HeldHeader?
    var exceptions: ExceptionDetector
    /// Lines that may be an exception's.
    var waiting = WaitingLines()

    /// Whether something waits for what exceptions are found, or something was found.
    @inline(__always) var hasUnsettled: Bool { !waiting.isEmpty || exceptions.hasFound }

    init(_ stream: CapturedStream, _ scrubber: Scrubber) {
        self.stream = stream
        exceptions = ExceptionDetector(stream, scrubber: scrubber)
    }
}
