// Samples of a thread one after the other, for the formats that show time.

/// What one thread did when. Spans neither overlap nor are empty; between two of them nothing was sampled.
struct ThreadTimeline {
    struct Span {
        /// Nanoseconds since ``Profile/started``.
        var start: Int64
        /// Nanoseconds, more than 0: the weight of the samples.
        var duration: Int64
        /// Index in ``Profile/nodes``, or -1.
        var node: Int32
        /// Index in ``Profile/samples``.
        var sample: Int

        var end: Int64 { start + duration }
    }

    /// Index in ``Profile/threads``.
    let thread: Int
    private(set) var spans: [Span] = []
    private let slack: Int64

    fileprivate init(thread: Int, slack: Int64) {
        self.thread = thread
        self.slack = slack
    }

    /// A sample begins where the one before it ended, if that is about when it was taken. Samples that were folded have the
    /// time of the first of them, so those that follow come later than they say.
    fileprivate mutating func append(_ sample: ProfileSample, index: Int) {
        guard sample.weight > 0 else { return }
        let end = spans.last?.end ?? 0
        let start = spans.isEmpty || sample.time - end > slack ? max(sample.time, end) : end
        spans.append(Span(start: start, duration: sample.weight, node: sample.node, sample: index))
    }
}

extension Profile {
    /// Of each thread that has samples.
    func timelines() -> [ThreadTimeline] {
        let slack = 500_000_000 / Int64(max(1, frequency))
        var timelines = threads.indices.map { ThreadTimeline(thread: $0, slack: slack) }
        for (index, sample) in samples.enumerated() { timelines[Int(sample.thread)].append(sample, index: index) }
        return timelines.filter { !$0.spans.isEmpty }
    }

    /// `import.sh: worker (42)`: what to call a thread beside those of other processes.
    func threadTitle(_ index: Int) -> String {
        let thread = threads[index]
        let process = processes[Int(thread.process)]
        let name = thread.name.isEmpty || thread.name == process.name ? process.name : "\(process.name): \(thread.name)"
        return "\(name) (\(thread.tid))"
    }
}
