// Collapsed stacks of any program, as a profile.

import SentryProtocol

/// Reads lines of `frame;frame;frame count`. The first frame is the process, as in what we and stackcollapse-perf.pl write.
///
/// There are no times, so the samples, of a millisecond each, lie one after the other.
enum CollapsedReader {
    private static let weight: Int64 = 1_000_000
    /// Samples of one file; more have no room in the sums.
    private static let mostSamples: UInt64 = 1 << 40
    private static let mostNodes = 50_000_000

    /// `nil` where a line is none of those, or where there is none at all.
    static func profile(in bytes: [UInt8], name: String) -> Profile? {
        var builder = CollapsedBuilder(name: name, weight: weight)
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            if line.first == UInt8(ascii: "#") { continue }
            guard let blank = line.lastIndex(of: UInt8(ascii: " ")), blank > line.startIndex,
                let count = decimalCount(line[line.index(after: blank)...]),
                builder.count + count <= mostSamples, builder.profile.nodes.count < mostNodes
            else { return nil }
            builder.add(line[..<blank], count: count)
        }
        return builder.count > 0 ? builder.finished : nil
    }

    /// Decimals behind a point, which some programs write, are cut off.
    private static func decimalCount(_ digits: ArraySlice<UInt8>) -> UInt64? {
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }
        guard 1...13 ~= whole.count, whole.allSatisfy({ 0x30...0x39 ~= $0 }),
            digits.dropFirst(whole.count + 1).allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        return whole.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }
}

private struct CollapsedBuilder {
    private(set) var profile: Profile
    private(set) var count: UInt64 = 0
    private let weight: Int64
    private var frames: [ArraySlice<UInt8>: Int32] = [:]
    private var nodes: [StackNode: Int32] = [:]
    private var threads: [ArraySlice<UInt8>: Int32] = [:]

    init(name: String, weight: Int64) {
        self.weight = weight
        profile = Profile(
            title: name, started: Timestamp(nanoseconds: 0), duration: 0, frequency: 1000, mode: .cpu,
            source: "collapsed")
    }

    mutating func add(_ stack: ArraySlice<UInt8>, count samples: UInt64) {
        var names = stack.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: true)[...]
        guard let process = names.popFirst() else { return }
        let thread = thread(process)
        var node: Int32 = -1
        for name in names { node = child(of: node, frame(name)) }
        var left = samples
        while left > 0 {
            let part = UInt32(min(left, UInt64(UInt32.max)))
            let time = Int64(count) * weight
            profile.samples.append(
                ProfileSample(time: time, thread: thread, node: node, count: part, weight: Int64(part) * weight))
            left -= UInt64(part)
            count += UInt64(part)
        }
    }

    var finished: Profile {
        var profile = profile
        profile.duration = Int64(count) * weight
        profile.tally.taken = count
        profile.notes = ["read from collapsed stacks, which have no times: a sample counts as 1 ms"]
        return profile
    }

    private mutating func thread(_ name: ArraySlice<UInt8>) -> Int32 {
        if let known = threads[name] { return known }
        let number = Int32(profile.processes.count)
        let text = String(decoding: name, as: UTF8.self)
        profile.processes.append(ProfiledProcess(pid: number + 1, name: text))
        profile.threads.append(ProfiledThread(process: number, tid: number + 1, name: text))
        threads[name] = number
        return number
    }

    private mutating func frame(_ name: ArraySlice<UInt8>) -> Int32 {
        if let known = frames[name] { return known }
        profile.frames.append(ProfileFrame(function: String(decoding: name, as: UTF8.self)))
        frames[name] = Int32(profile.frames.count - 1)
        return Int32(profile.frames.count - 1)
    }

    private mutating func child(of parent: Int32, _ frame: Int32) -> Int32 {
        let node = StackNode(parent: parent, frame: frame)
        if let known = nodes[node] { return known }
        profile.nodes.append(node)
        nodes[node] = Int32(profile.nodes.count - 1)
        return Int32(profile.nodes.count - 1)
    }
}
