// The reverse of ProfileDocument, for bytes that anybody may have written.

import SentryProtocol

/// Reads a profile document. Every index in what comes out is valid, and sums of weights and counts don't overflow.
struct DocumentReader {
    private let bytes: [UInt8]
    private var position: Int

    /// Larger numbers are no times of this universe.
    private static let mostNanoseconds = Int64(1) << 60
    /// What is later has no room for a duration behind it.
    private static let mostStart = Int64(1) << 62

    static func profile(in bytes: [UInt8]) throws(ProfileReadError) -> Profile {
        guard bytes.count >= 4 else { throw .damaged }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        guard length <= bytes.count - 4, let header = try? JSONValue(parsing: bytes[4..<4 + length])
        else { throw .damaged }
        guard header["version"]?.integer == ProfileDocument.version else { throw .unknownVersion }
        var reader = DocumentReader(bytes: bytes, position: 4 + length)
        guard let profile = reader.profile(header) else { throw .damaged }
        return profile
    }

    private mutating func profile(_ header: JSONValue) -> Profile? {
        guard var profile = Self.outline(header), let strings = header["strings"]?.array?.map({ $0.string ?? "" }),
            let counts = header["counts"]?.array?.compactMap(\.integer), counts.count == 3,
            // Each number takes a byte at least, so counts beyond the bytes are lies.
            counts.allSatisfy({ 0...Int64(bytes.count - position) ~= $0 }),
            let frames = frames(count: Int(counts[0]), strings: strings),
            let nodes = nodes(count: Int(counts[1]), frames: frames.count),
            let samples = samples(count: Int(counts[2]), nodes: nodes.count, threads: profile.threads.count)
        else { return nil }
        profile.frames = frames
        profile.nodes = nodes
        profile.samples = samples
        return profile
    }

    // MARK: Columns

    private mutating func number() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private mutating func column<Value>(_ count: Int, _ value: (UInt64, Int) -> Value?) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            guard let number = number(), let value = value(number, index) else { return nil }
            values.append(value)
        }
        return values
    }

    private mutating func frames(count: Int, strings: [String]) -> [ProfileFrame]? {
        func text(_ index: UInt64) -> String? { index < strings.count ? strings[Int(index)] : nil }
        func optional(_ index: UInt64) -> String?? { index == 0 ? .some(nil) : text(index - 1).map { .some($0) } }
        func position(_ value: UInt64) -> Int?? { value == 0 ? .some(nil) : Int(exactly: value - 1).map { .some($0) } }
        guard let names = column(count, { value, _ in text(value) }),
            let modules = column(count, { value, _ in optional(value) }),
            let addresses = column(count, { value, _ in value }),
            let files = column(count, { value, _ in optional(value) }),
            let lines = column(count, { value, _ in position(value) }),
            let columns = column(count, { value, _ in position(value) }),
            let flags = column(count, { value, _ in value < 16 ? UInt8(value) : nil }),
            let languages = column(count, { value, _ in optional(value) })
        else { return nil }
        return (0..<count).map { index in
            var frame = ProfileFrame(function: names[index], module: modules[index])
            frame.address = addresses[index]
            (frame.file, frame.line, frame.column) = (files[index], lines[index], columns[index])
            (frame.isInlined, frame.inApp) = (flags[index] & 1 != 0, flags[index] & 2 != 0)
            frame.kind = ProfileFrame.Kind(rawValue: flags[index] >> 2) ?? .native
            frame.language = languages[index]
            return frame
        }
    }

    private mutating func nodes(count: Int, frames: Int) -> [StackNode]? {
        guard count < Int32.max,
            let parents = column(
                count, { value, index in 1...UInt64(index + 1) ~= value ? Int32(index - Int(value)) : nil }),
            let frames = column(count, { value, _ in value < frames ? Int32(value) : nil })
        else { return nil }
        return zip(parents, frames).map { StackNode(parent: $0, frame: $1) }
    }

    private mutating func samples(count: Int, nodes: Int, threads: Int) -> [ProfileSample]? {
        var now: Int64 = 0
        var weightLeft = Self.mostNanoseconds
        guard
            let times = column(
                count,
                { value, _ -> Int64? in
                    now = now &+ (Int64(value >> 1) ^ -Int64(value & 1))
                    return now.magnitude < Self.mostNanoseconds ? now : nil
                }),
            let sampleThreads = column(count, { value, _ in value < threads ? Int32(value) : nil }),
            let sampleNodes = column(count, { value, _ in value <= nodes ? Int32(value) - 1 : nil }),
            let sampleCounts = column(count, { value, _ in UInt32(exactly: value) }),
            let weights = column(
                count,
                { value, _ -> Int64? in
                    guard let weight = Int64(exactly: value), weight <= weightLeft else { return nil }
                    weightLeft -= weight
                    return weight
                })
        else { return nil }
        return (0..<count).map { index in
            ProfileSample(
                time: times[index], thread: sampleThreads[index], node: sampleNodes[index], count: sampleCounts[index],
                weight: weights[index])
        }
    }

    // MARK: Header

    private static func outline(_ header: JSONValue) -> Profile? {
        guard let title = header["title"]?.string, let started = header["started"]?.integer, 0...mostStart ~= started,
            let duration = header["duration"]?.integer, 0...mostNanoseconds ~= duration,
            let frequency = header["frequency"]?.integer, 0...1_000_000 ~= frequency,
            let mode = header["mode"]?.string.flatMap(ProfileMode.init), let source = header["source"]?.string,
            let processes = header["processes"]?.array?.map(process), processes.count < Int32.max,
            let threads = header["threads"]?.array?.map({ thread($0, processes: processes.count) })
        else { return nil }
        var profile = Profile(
            title: title, started: Timestamp(nanoseconds: started), duration: duration, frequency: Int(frequency),
            mode: mode,
            source: source)
        profile.processes = processes.compactMap { $0 }
        profile.threads = threads.compactMap { $0 }
        guard profile.processes.count == processes.count, profile.threads.count == threads.count else { return nil }
        profile.command = header["command"]?.array?.compactMap(\.string) ?? []
        profile.notes = header["notes"]?.array?.compactMap(\.string) ?? []
        profile.tally = tally(header["tally"]?.array?.map { UInt64(clamping: $0.integer ?? 0) } ?? [])
        return profile
    }

    private static func process(_ json: JSONValue) -> ProfiledProcess? {
        guard let fields = json.array, fields.count == 3, let pid = fields[0].integer.flatMap(Int32.init(exactly:)),
            let name = fields[1].string
        else { return nil }
        var process = ProfiledProcess(pid: pid, name: name)
        for member in fields[2].members ?? [] { process.buildIDs[member.name] = member.value.string }
        return process
    }

    private static func thread(_ json: JSONValue, processes: Int) -> ProfiledThread? {
        guard let fields = json.array, fields.count == 3, let process = fields[0].integer,
            0..<Int64(processes) ~= process,
            let tid = fields[1].integer.flatMap(Int32.init(exactly:)), let name = fields[2].string
        else { return nil }
        return ProfiledThread(process: Int32(process), tid: tid, name: name)
    }

    private static func tally(_ numbers: [UInt64]) -> SampleTally {
        var tally = SampleTally()
        guard numbers.count == 5 else { return tally }
        (tally.taken, tally.lost, tally.throttled) = (numbers[0], numbers[1], numbers[2])
        (tally.late, tally.truncated) = (numbers[3], numbers[4])
        return tally
    }
}
