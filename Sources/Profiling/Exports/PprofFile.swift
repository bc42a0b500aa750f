// The profile for `pprof` and everything else that reads its form.

/// Writes perftools.profiles.Profile, gzipped: samples by thread and stack, with count and time; names, lines and inlined calls
/// are there already, and addresses are those of the modules' files, so that a later look-up of their code works too.
///
/// When a sample was taken is not kept. Source: google/pprof proto/profile.proto.
struct PprofFile {
    private let profile: Profile

    init(_ profile: Profile) { self.profile = profile }

    func write(to stream: ExportStream) {
        let gzip = GzipStream(into: stream)
        var message = PprofMessage(profile)
        message.write(to: gzip.input)
        gzip.finish()
    }
}

/// Field numbers of `Profile`, as far as they are written.
private enum Field {
    static let sampleType: UInt64 = 1
    static let sample: UInt64 = 2
    static let mapping: UInt64 = 3
    static let location: UInt64 = 4
    static let function: UInt64 = 5
    static let string: UInt64 = 6
    static let time: UInt64 = 9
    static let duration: UInt64 = 10
    static let periodType: UInt64 = 11
    static let period: UInt64 = 12
    static let comment: UInt64 = 13
    static let defaultSampleType: UInt64 = 14
}

private struct PprofMessage {
    private let profile: Profile
    private var writer = ProtobufWriter()
    private var strings = PprofStrings()
    private var locations: [[Int32]: UInt64] = [:]
    private var mappings: [String: UInt64] = [:]
    private var functions: [PprofFunction: UInt64] = [:]
    private let buildIDs: [String: String]

    private struct Stack: Hashable {
        var thread: Int32
        var node: Int32
    }

    private struct PprofFunction: Hashable {
        var name: Int64
        var file: Int64
    }

    init(_ profile: Profile) {
        self.profile = profile
        buildIDs = profile.processes.reduce(into: [:]) { $0.merge($1.buildIDs) { first, _ in first } }
    }

    mutating func write(to stream: ExportStream) {
        writeHeader()
        for (stack, values) in foldedSamples() {
            writeSample(stack, count: values.count, weight: values.weight)
            if writer.bytes.count > 32768 { stream.bytes(writer.take()) }
        }
        for text in strings.texts { writer.field(Field.string, text.utf8) }
        stream.bytes(writer.take())
    }

    private mutating func writeHeader() {
        let time = strings.index(of: profile.mode == .cpu ? "cpu" : "wall")
        let nanoseconds = strings.index(of: "nanoseconds")
        let (samples, count) = (strings.index(of: "samples"), strings.index(of: "count"))
        writer.field(Field.sampleType) {
            $0.field(1, samples)
            $0.field(2, count)
        }
        writer.field(Field.sampleType) {
            $0.field(1, time)
            $0.field(2, nanoseconds)
        }
        writer.field(Field.periodType) {
            $0.field(1, time)
            $0.field(2, nanoseconds)
        }
        writer.field(Field.period, 1_000_000_000 / Int64(max(1, profile.frequency)))
        writer.field(Field.time, profile.started.nanoseconds)
        writer.field(Field.duration, profile.duration)
        writer.field(Field.defaultSampleType, time)
        let comments = [profile.title, "source: \(profile.source), \(profile.frequency) Hz"] + profile.notes
        let indices = comments.map { UInt64(strings.index(of: $0)) }
        writer.field(Field.comment, packed: indices)
    }

    /// By thread and stack, in the order of their first sample.
    private func foldedSamples() -> [(Stack, (count: Int64, weight: Int64))] {
        var index: [Stack: Int] = [:]
        var folded: [(Stack, (count: Int64, weight: Int64))] = []
        for sample in profile.samples {
            let stack = Stack(thread: sample.thread, node: sample.node)
            if let known = index[stack] {
                folded[known].1.count += Int64(sample.count)
                folded[known].1.weight += sample.weight
            } else {
                index[stack] = folded.count
                folded.append((stack, (Int64(sample.count), sample.weight)))
            }
        }
        return folded
    }

    private mutating func writeSample(_ stack: Stack, count: Int64, weight: Int64) {
        let ids = locationIDs(of: stack.node)
        let thread = profile.threads[Int(stack.thread)]
        let process = profile.processes[Int(thread.process)]
        let numbers = [("pid", Int64(process.pid)), ("tid", Int64(thread.tid))].map { (strings.index(of: $0), $1) }
        let texts = [("process", process.name), ("thread", thread.name)].map {
            (strings.index(of: $0), strings.index(of: $1))
        }
        writer.field(Field.sample) { sample in
            sample.field(1, packed: ids)
            sample.field(2, packed: [UInt64(bitPattern: count), UInt64(bitPattern: weight)])
            for (key, text) in texts where text != 0 {
                sample.field(3) {
                    $0.field(1, key)
                    $0.field(2, text)
                }
            }
            for (key, number) in numbers {
                sample.field(3) {
                    $0.field(1, key)
                    $0.field(3, number)
                }
            }
        }
    }

    /// Innermost first. An inlined call and its caller are one location with several lines.
    private mutating func locationIDs(of node: Int32) -> [UInt64] {
        var ids: [UInt64] = []
        var next = node
        while next >= 0 {
            var frames: [Int32] = []
            var isInlined = true
            while isInlined, next >= 0 {
                let place = profile.nodes[Int(next)]
                frames.append(place.frame)
                isInlined = profile.frames[Int(place.frame)].isInlined
                next = place.parent
            }
            ids.append(locationID(of: frames))
        }
        return ids
    }

    private mutating func locationID(of frames: [Int32]) -> UInt64 {
        if let known = locations[frames] { return known }
        let id = UInt64(locations.count + 1)
        locations[frames] = id
        let place = profile.frames[Int(frames[0])]
        let mapping = place.module.map { mappingID(of: $0) } ?? 0
        let lines = frames.map { index in
            let frame = profile.frames[Int(index)]
            return (functionID(of: frame), Int64(frame.line ?? 0), Int64(frame.column ?? 0))
        }
        writer.field(Field.location) { location in
            location.field(1, id)
            location.field(2, mapping)
            location.field(3, place.address)
            for (function, line, column) in lines {
                location.field(4) {
                    $0.field(1, function)
                    $0.field(2, line)
                    $0.field(3, column)
                }
            }
        }
        return id
    }

    private mutating func functionID(of frame: ProfileFrame) -> UInt64 {
        let (name, file) = (strings.index(of: frame.function), strings.index(of: frame.file ?? ""))
        let key = PprofFunction(name: name, file: file)
        if let known = functions[key] { return known }
        let id = UInt64(functions.count + 1)
        functions[key] = id
        writer.field(Field.function) {
            $0.field(1, id)
            $0.field(2, name)
            $0.field(3, name)
            $0.field(4, file)
        }
        return id
    }

    private mutating func mappingID(of module: String) -> UInt64 {
        if let known = mappings[module] { return known }
        let id = UInt64(mappings.count + 1)
        mappings[module] = id
        let (name, buildID) = (strings.index(of: module), strings.index(of: buildIDs[module] ?? ""))
        writer.field(Field.mapping) { mapping in
            mapping.field(1, id)
            mapping.field(5, name)
            mapping.field(6, buildID)
            // Functions, files, lines and inlined calls are known: nothing is to be looked up.
            for flag: UInt64 in 7...10 { mapping.field(flag, true) }
        }
        return id
    }
}

/// The string table; index 0 is the empty string.
private struct PprofStrings {
    private(set) var texts = [""]
    private var indices = ["": Int64(0)]

    mutating func index(of text: String) -> Int64 {
        if let known = indices[text] { return known }
        texts.append(text)
        indices[text] = Int64(texts.count - 1)
        return Int64(texts.count - 1)
    }
}
