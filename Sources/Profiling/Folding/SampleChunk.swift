// Samples one by one, for as long as a chunk of a profile is.

/// The samples of the last while, as they were taken.
struct SampleChunk {
    struct Sample {
        /// Nanoseconds since the recorder's start.
        var time: Int64
        var thread: Int32
        var node: Int32
        var weight: Int64
    }

    private(set) var samples: [Sample] = []
    /// There were more than are kept.
    private(set) var isCut = false

    /// 1000 a second on two processors for a minute.
    private static let limit = 120_000

    mutating func add(time: Int64, thread: Int32, node: Int32, weight: Int64) {
        guard samples.count < Self.limit else {
            isCut = true
            return
        }
        samples.append(Sample(time: time, thread: thread, node: node, weight: weight))
    }

    mutating func move(_ moved: [Int32]) {
        for index in samples.indices where samples[index].node >= 0 {
            samples[index].node = moved[Int(samples[index].node)]
        }
    }
}
