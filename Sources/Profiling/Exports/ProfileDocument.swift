// A profile as the bytes that the HTML page has inside: complete, compact, and readable again.

import SentryProtocol

/// The layout of a profile document, before it is gzipped:
///
/// - four bytes, little-endian: the length of the header;
/// - the header, a JSON object: `version` (1), what ``Profile`` says of itself, `processes`, `threads` (lists of lists), all
///   `strings`, and `counts` of `frames`, `nodes` and `samples`;
/// - columns of numbers, each LEB128 (7 bits a byte, the least significant first), in this order. Of frames: function, module,
///   address, file, line, column, flags, language. Of nodes: distance to the parent, frame. Of samples: time since the one
///   before, thread, node, count, weight.
///
/// Strings are indices into `strings`; where a thing can be absent its column has 0 for that and 1 more otherwise. A node
/// without a parent is `index + 1` away from it. Times may go back: they are zigzag.
struct ProfileDocument {
    static let version: Int64 = 1
    private let profile: Profile
    private var strings: [String] = []
    private var stringIndex: [String: UInt64] = [:]
    private var frameColumns = ProtobufWriter()

    init(_ profile: Profile) {
        self.profile = profile
        let frames = profile.frames
        column(frames.map { index(of: $0.function) })
        column(frames.map { $0.module.map { index(of: $0) + 1 } ?? 0 })
        column(frames.map(\.address))
        column(frames.map { $0.file.map { index(of: $0) + 1 } ?? 0 })
        column(frames.map { optional($0.line) })
        column(frames.map { optional($0.column) })
        column(frames.map { ($0.isInlined ? 1 : 0) | ($0.inApp ? 2 : 0) | UInt64($0.kind.rawValue) << 2 })
        column(frames.map { $0.language.map { index(of: $0) + 1 } ?? 0 })
    }

    private mutating func index(of text: String) -> UInt64 {
        if let known = stringIndex[text] { return known }
        strings.append(text)
        stringIndex[text] = UInt64(strings.count - 1)
        return UInt64(strings.count - 1)
    }

    private func optional(_ number: Int?) -> UInt64 { number.map { UInt64(max(0, $0)) + 1 } ?? 0 }

    private mutating func column(_ values: [UInt64]) { for value in values { frameColumns.varint(value) } }

    func write(to stream: ExportStream) {
        let header = header.jsonBytes
        for shift in stride(from: 0, to: 32, by: 8) { stream.byte(UInt8(truncatingIfNeeded: header.count >> shift)) }
        stream.bytes(header)
        stream.bytes(frameColumns.bytes)
        writeColumn(profile.nodes.indices, to: stream) { UInt64($0 - Int(profile.nodes[$0].parent)) }
        writeColumn(profile.nodes.indices, to: stream) { UInt64(profile.nodes[$0].frame) }
        let samples = profile.samples
        writeColumn(samples.indices, to: stream) { index in
            let delta = samples[index].time &- (index == 0 ? 0 : samples[index - 1].time)
            return UInt64(bitPattern: delta << 1 ^ delta >> 63)
        }
        writeColumn(samples.indices, to: stream) { UInt64(samples[$0].thread) }
        writeColumn(samples.indices, to: stream) { UInt64(samples[$0].node + 1) }
        writeColumn(samples.indices, to: stream) { UInt64(samples[$0].count) }
        writeColumn(samples.indices, to: stream) { UInt64(max(0, samples[$0].weight)) }
    }

    private func writeColumn(_ indices: Range<Int>, to stream: ExportStream, value: (Int) -> UInt64) {
        var writer = ProtobufWriter()
        for index in indices {
            writer.varint(value(index))
            if writer.bytes.count > 32768 { stream.bytes(writer.take()) }
        }
        stream.bytes(writer.take())
    }

    private var header: JSONValue {
        let tally = profile.tally
        return [
            "version": .integer(Self.version), "title": .string(profile.title),
            "command": .array(profile.command.map { .string($0) }), "started": .integer(profile.started.nanoseconds),
            "duration": .integer(profile.duration), "frequency": .integer(Int64(profile.frequency)),
            "mode": .string(profile.mode.rawValue), "source": .string(profile.source),
            "tally": .array(
                [tally.taken, tally.lost, tally.throttled, tally.late, tally.truncated].map {
                    .integer(Int64(clamping: $0))
                }),
            "notes": .array(profile.notes.map { .string($0) }),
            "processes": .array(
                profile.processes.map { process in
                    let buildIDs = process.buildIDs.sorted { $0.key < $1.key }
                    return .array([
                        .integer(Int64(process.pid)), .string(process.name),
                        .object(buildIDs.map { JSONValue.Member($0.key, .string($0.value)) }),
                    ])
                }),
            "threads": .array(
                profile.threads.map { [.integer(Int64($0.process)), .integer(Int64($0.tid)), .string($0.name)] }),
            "strings": .array(strings.map { .string($0) }),
            "counts": .array(
                [profile.frames.count, profile.nodes.count, profile.samples.count].map { .integer(Int64($0)) }),
        ]
    }
}
