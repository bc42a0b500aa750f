// The profile as Sentry takes it: the member `profile` of a `profile` or a `profile_chunk` item.

import SentryProtocol

/// A profile in Sentry's form, or a part of it that fits.
package struct SentryProfile: Sendable, Equatable {
    /// JSON of the item's member `profile`.
    package var json: [UInt8]
    /// Samples in there, without those that only end an interval.
    package var samples: UInt64
    /// CLOCK_REALTIME of the first sample, and of the last one's end.
    package var started: Timestamp
    package var ended: Timestamp
    /// The thread to link a transaction with: that of the job's main process where it has samples, else the busiest.
    package var thread: Int32
    package var threadName: String
    /// Of several samples in a row only one was taken, for the server's limit of size; 1: none was left out.
    package var stride: Int

    /// What is different between the two forms.
    package enum Form: Sendable {
        /// Of a transaction: version 1, samples count from the profile's start.
        case transaction
        /// A part of a continuous profile: version 2, samples have times of the day.
        case chunk

        /// Later samples are left out. Source: relay-profiling; of a chunk's 66 s SDKs use 60.
        package var longest: Int64 {
            switch self {
            case .transaction: 30_000_000_000
            case .chunk: 65_000_000_000
            }
        }
    }

    /// The server refuses more (50 MiB, after it has rewritten it).
    package static let mostBytes = 40 << 20
    /// Stacks are cut to this many frames: three quarters of them the innermost.
    package static let mostFrames = 256
}

extension Profile {
    /// The profile in Sentry's form; `nil` where no thread has two samples, which the server would refuse.
    ///
    /// A sample lasts until its thread's next one, so where a thread was not sampled there is one with an empty stack, and behind
    /// its last one the same again.
    /// - Parameters:
    ///   - mainProcess: the job's own process.
    ///   - mostBytes: where this is not enough for all samples, only every second, third… is taken.
    package func sentryProfile(
        _ form: SentryProfile.Form, mainProcess: Int32? = nil, mostBytes: Int = SentryProfile.mostBytes
    ) -> SentryProfile? {
        let timelines = timelines()
        var stride = 1
        while stride <= 4096 {
            var encoder = SentryProfileEncoder(self, form: form, stride: stride)
            for timeline in timelines { encoder.add(timeline) }
            let size = encoder.approximateSize
            if size <= mostBytes { return encoder.finished(mainProcess: mainProcess) }
            stride = max(stride * 2, (stride * size + mostBytes - 1) / mostBytes)
        }
        return nil
    }
}

/// Collects samples, stacks and frames, and writes them.
private struct SentryProfileEncoder {
    private struct Sample {
        var time: Int64
        var thread: Int32
        var stack: Int
    }

    private let profile: Profile
    private let form: SentryProfile.Form
    private let stride: Int
    private let origin: Int64
    private var samples: [Sample] = []
    private var stacks: [[Int]] = []
    private var stackOfNode: [Int32: Int] = [:]
    private var frames: [Int32] = []
    private var frameIndex: [Int32: Int] = [:]
    private var taken: [Int32: UInt64] = [:]
    private var end: Int64 = 0
    private var frameReferences = 0

    /// Where a stack of too many frames was cut.
    private static let cutFrame: Int32 = -1
    /// Bytes of a sample, of a frame's index in a stack, and of a frame.
    private static let sizes = (sample: 84, reference: 7, frame: 320)

    init(_ profile: Profile, form: SentryProfile.Form, stride: Int) {
        self.profile = profile
        self.form = form
        self.stride = stride
        // A chunk's limit is between its samples; a transaction's counts from its start.
        origin = form == .chunk ? profile.samples.map(\.time).min() ?? 0 : 0
    }

    var approximateSize: Int {
        samples.count * Self.sizes.sample + frameReferences * Self.sizes.reference + frames.count * Self.sizes.frame
    }

    mutating func add(_ timeline: ThreadTimeline) {
        let thread = Int32(timeline.thread)
        let limit = origin + form.longest
        var last: (end: Int64, stack: Int)?
        for start in Swift.stride(from: 0, to: timeline.spans.count, by: stride) {
            let group = timeline.spans[start..<min(start + stride, timeline.spans.count)]
            guard let first = group.first, first.start >= 0, first.start < limit else { continue }
            let time = max(first.start, last?.end ?? first.start)
            let end = min(limit, time + group.reduce(0) { $0 + $1.duration })
            guard time < end else { continue }
            let stack = stack(of: first.node)
            if let last, last.end < time { append(last.end, thread, self.stack(of: -1)) }
            append(time, thread, stack)
            taken[thread, default: 0] += UInt64(profile.samples[first.sample].count)
            last = (end, stack)
        }
        // The last one ends an interval: of the same stack, for one without frames would be cut off.
        guard let last else { return }
        append(last.end, thread, last.stack)
        end = max(end, last.end)
    }

    private mutating func append(_ time: Int64, _ thread: Int32, _ stack: Int) {
        samples.append(Sample(time: time, thread: thread, stack: stack))
    }

    /// Innermost frame first; -1 gives the empty stack of a thread that is idle.
    private mutating func stack(of node: Int32) -> Int {
        if let known = stackOfNode[node] { return known }
        var list: [Int32] = []
        var next = node
        while next >= 0 {
            list.append(profile.nodes[Int(next)].frame)
            next = profile.nodes[Int(next)].parent
        }
        let most = SentryProfile.mostFrames
        if list.count > most { list = list.prefix(most * 3 / 4) + [Self.cutFrame] + list.suffix(most / 4 - 1) }
        let indices = list.map { index(of: $0) }
        frameReferences += indices.count
        stacks.append(indices)
        stackOfNode[node] = stacks.count - 1
        return stacks.count - 1
    }

    private mutating func index(of frame: Int32) -> Int {
        if let known = frameIndex[frame] { return known }
        frames.append(frame)
        frameIndex[frame] = frames.count - 1
        return frames.count - 1
    }

    // MARK: Writing

    func finished(mainProcess: Int32?) -> SentryProfile? {
        let threads = samples.reduce(into: [Int32: [Int]]()) { $0[$1.thread, default: []].append($1.stack) }
        let useful = threads.filter { _, stacks in stacks.filter { !self.stacks[$0].isEmpty }.count >= 2 }
        guard let linked = linkedThread(among: useful.keys.sorted(), mainProcess: mainProcess) else { return nil }
        var json = JSONWriter()
        json.object { object in
            object.field("frames") { writeFrames(to: &$0) }
            object.field("stacks", stacks)
            object.field("samples") { writeSamples(to: &$0, of: Set(useful.keys)) }
            object.field("thread_metadata") { writeThreads(to: &$0, useful.keys.sorted()) }
        }
        let first = samples.filter { useful[$0.thread] != nil }.map(\.time).min() ?? 0
        return SentryProfile(
            json: json.bytes, samples: useful.keys.reduce(0) { $0 + (taken[$1] ?? 0) },
            started: profile.started.advanced(byNanoseconds: first),
            ended: profile.started.advanced(byNanoseconds: end),
            thread: profile.threads[Int(linked)].tid, threadName: name(of: linked), stride: stride)
    }

    private func linkedThread(among threads: [Int32], mainProcess: Int32?) -> Int32? {
        threads.first { profile.threads[Int($0)].tid == mainProcess }
            ?? threads.max { (taken[$0] ?? 0) < (taken[$1] ?? 0) }
    }

    private func name(of thread: Int32) -> String {
        let thread = profile.threads[Int(thread)]
        let process = profile.processes[Int(thread.process)]
        if thread.name.isEmpty || thread.name == process.name { return process.name }
        return profile.processes.count > 1 ? "\(process.name): \(thread.name)" : thread.name
    }

    private func writeFrames(to json: inout JSONWriter) {
        json.array { array in
            for index in frames {
                let frame = index >= 0 ? profile.frames[Int(index)] : ProfileFrame(function: "[frames left out]")
                array.value(SentryFrame(frame: frame))
            }
        }
    }

    private func writeSamples(to json: inout JSONWriter, of threads: Set<Int32>) {
        json.array { array in
            for sample in samples.sorted(by: { $0.time < $1.time }) where threads.contains(sample.thread) {
                array.object { object in
                    switch form {
                    case .transaction: object.field("elapsed_since_start_ns", String(sample.time))
                    case .chunk:
                        object.field("timestamp", seconds: profile.started.advanced(byNanoseconds: sample.time))
                    }
                    object.field("stack_id", sample.stack)
                    object.field("thread_id", String(profile.threads[Int(sample.thread)].tid))
                }
            }
        }
    }

    private func writeThreads(to json: inout JSONWriter, _ threads: [Int32]) {
        let names = threads.reduce(into: [String: String]()) {
            $0[String(profile.threads[Int($1)].tid)] = name(of: $1)
        }
        json.object { object in
            for (tid, name) in names.sorted(by: { $0.key < $1.key }) {
                object.field(tid) { $0.object { $0.field("name", name) } }
            }
        }
    }
}

/// A frame with what the server knows of one (its functions are grouped by `package`, and counted only if `in_app` is said).
private struct SentryFrame: JSONWritable {
    let frame: ProfileFrame

    func write(to json: inout JSONWriter) {
        json.object { object in
            object.field("function", frame.function)
            if let module = frame.module { object.field("package", module) }
            if let file = frame.file {
                object.field("filename", file.lastIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file)
                object.field("abs_path", file)
            }
            if let line = frame.line { object.field("lineno", line) }
            if let column = frame.column { object.field("colno", column) }
            if frame.address != 0 { object.field("instruction_addr", "0x\(String(frame.address, radix: 16))") }
            object.field("in_app", frame.inApp)
        }
    }
}
