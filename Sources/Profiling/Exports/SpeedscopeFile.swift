// Each thread's stacks over time, for speedscope.app.

/// Writes speedscope's JSON with one evented profile for each thread: only what changes between two samples is written, so
/// that its size doesn't grow with the depth of stacks that stay.
///
/// Source: https://www.speedscope.app/file-format-schema.json.
struct SpeedscopeFile {
    private let profile: Profile
    private let version: String

    init(_ profile: Profile, version: String = "") {
        self.profile = profile
        self.version = version
    }

    func write(to stream: ExportStream) {
        let (frames, frameIndex) = distinctFrames()
        stream.text(#"{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"sentry-run","name":"#)
        stream.jsonString(profile.title)
        stream.text(#","activeProfileIndex":0,"shared":{"frames":["#)
        for (index, frame) in frames.enumerated() {
            if index > 0 { stream.byte(UInt8(ascii: ",")) }
            stream.text(#"{"name":"#)
            stream.jsonString(frame.name)
            if let file = frame.file {
                stream.text(#","file":"#)
                stream.jsonString(file)
            }
            stream.byte(UInt8(ascii: "}"))
        }
        stream.text(#"]},"profiles":["#)
        // The thread with most samples first: it is what one sees.
        let timelines = profile.timelines().sorted { $0.spans.count > $1.spans.count }
        for (index, timeline) in timelines.enumerated() {
            if index > 0 { stream.byte(UInt8(ascii: ",")) }
            write(timeline, frameIndex: frameIndex, to: stream)
        }
        if timelines.isEmpty { writeEmpty(to: stream) }
        stream.text("]}\n")
    }

    private struct Frame: Hashable {
        var name: String
        var file: String?
    }

    /// Places of one function are one frame, or the left-heavy view would show them as different functions.
    private func distinctFrames() -> (frames: [Frame], index: [Int32]) {
        var frames: [Frame] = []
        var known: [Frame: Int32] = [:]
        let index = profile.frames.map { frame in
            let key = Frame(name: frame.function, file: frame.file ?? frame.module)
            if let index = known[key] { return index }
            frames.append(key)
            known[key] = Int32(frames.count - 1)
            return Int32(frames.count - 1)
        }
        return (frames, index)
    }

    private func open(_ title: String, start: Int64, end: Int64, to stream: ExportStream) {
        stream.text(#"{"type":"evented","name":"#)
        stream.jsonString(title)
        stream.text(#","unit":"nanoseconds","startValue":"#)
        stream.integer(start)
        stream.text(#","endValue":"#)
        stream.integer(end)
        stream.text(#","events":["#)
    }

    private func writeEmpty(to stream: ExportStream) {
        open(profile.title, start: 0, end: max(0, profile.duration), to: stream)
        stream.text("]}")
    }

    private func write(_ timeline: ThreadTimeline, frameIndex: [Int32], to stream: ExportStream) {
        guard let last = timeline.spans.last else { return }
        open(profile.threadTitle(timeline.thread), start: 0, end: max(last.end, profile.duration), to: stream)
        var events = StackEvents(stream: stream)
        var end: Int64 = 0
        for span in timeline.spans {
            if span.start > end { events.change(to: [], at: end) }
            events.change(to: stack(of: span.node, frameIndex), at: span.start)
            end = span.end
        }
        events.change(to: [], at: end)
        stream.text("]}")
    }

    /// Outermost first.
    private func stack(of node: Int32, _ frameIndex: [Int32]) -> [Int32] {
        var stack: [Int32] = []
        var next = node
        while next >= 0 {
            stack.append(frameIndex[Int(profile.nodes[Int(next)].frame)])
            next = profile.nodes[Int(next)].parent
        }
        stack.reverse()
        return stack
    }
}

/// The frames that are open, and what to say when others are.
private struct StackEvents {
    let stream: ExportStream
    private var open: [Int32] = []
    private var isFirst = true

    init(stream: ExportStream) { self.stream = stream }

    mutating func change(to stack: [Int32], at time: Int64) {
        var common = 0
        while common < min(open.count, stack.count), open[common] == stack[common] { common += 1 }
        for frame in open[common...].reversed() { event("C", frame, time) }
        for frame in stack[common...] { event("O", frame, time) }
        open = stack
    }

    private mutating func event(_ type: String, _ frame: Int32, _ time: Int64) {
        if !isFirst { stream.byte(UInt8(ascii: ",")) }
        isFirst = false
        stream.text(#"{"type":""#)
        stream.text(type)
        stream.text(#"","frame":"#)
        stream.integer(frame)
        stream.text(#","at":"#)
        stream.integer(time)
        stream.byte(UInt8(ascii: "}"))
    }
}
