// From the samples of a pprof file to a profile.

import SentryProtocol

/// Makes a profile of samples.
struct PprofBuilder {
    private(set) var profile = Profile(
        title: "", started: Timestamp(nanoseconds: 0), duration: 0, frequency: 0, mode: .cpu, source: "pprof")
    /// Of the last sample.
    private(set) var end: Int64 = 0
    private let reader: PprofReader
    private let weight: Int
    private let count: Int?
    private var frames: [ProfileFrame: Int32] = [:]
    private var known: [UInt64: [Int32]] = [:]
    private var nodes: [StackNode: Int32] = [:]
    private var processes: [Process: Int32] = [:]
    private var threads: [Thread: Int32] = [:]

    private struct Process: Hashable {
        var pid: Int32
        var name: String
    }

    private struct Thread: Hashable {
        var process: Int32
        var tid: Int32
        var name: String
    }

    private static let mostNodes = 50_000_000

    init(_ reader: PprofReader, weight: Int, count: Int?) {
        self.reader = reader
        self.weight = weight
        self.count = count
    }

    /// - Returns: `false` where it is no sample, or too much.
    mutating func add(_ message: ProtobufReader) -> Bool {
        var message = message
        var ids: [UInt64] = []
        var values: [UInt64] = []
        var labels: [String: (text: String, number: Int64)] = [:]
        while let field = message.next() {
            switch field.number {
            case 1: guard ProtobufReader.append(field, to: &ids) else { return false }
            case 2: guard ProtobufReader.append(field, to: &values) else { return false }
            case 3:
                guard let label = field.message, let numbers = PprofReader.numbers(label) else { return false }
                labels[reader.text(numbers[1] ?? 0)] = (reader.text(numbers[2] ?? 0), numbers[3] ?? 0)
            default: break
            }
        }
        guard !message.isBroken, values.indices.contains(weight) else { return false }
        return add(ids, values, thread(labels))
    }

    private mutating func add(_ ids: [UInt64], _ values: [UInt64], _ thread: Int32) -> Bool {
        let weight = Int64(clamping: values[weight])
        guard weight <= PprofReader.mostNanoseconds - end, profile.nodes.count < Self.mostNodes else { return false }
        let count = count.flatMap { values.indices.contains($0) ? values[$0] : nil } ?? 1
        var node: Int32 = -1
        for id in ids.reversed() {
            for frame in frames(of: id, thread) { node = child(of: node, frame) }
        }
        profile.samples.append(
            ProfileSample(time: end, thread: thread, node: node, count: UInt32(clamping: count), weight: weight))
        profile.tally.taken &+= count
        end += weight
        return true
    }

    /// Outermost first.
    private mutating func frames(of id: UInt64, _ thread: Int32) -> [Int32] {
        guard let location = reader.location(id) else { return [] }
        if let module = reader.module(location.module), !module.buildID.isEmpty {
            profile.processes[Int(profile.threads[Int(thread)].process)].buildIDs[module.name] = module.buildID
        }
        if let known = known[id] { return known }
        let indices = reader.frames(of: location).reversed().map { frame in
            if let known = frames[frame] { return known }
            profile.frames.append(frame)
            frames[frame] = Int32(profile.frames.count - 1)
            return Int32(profile.frames.count - 1)
        }
        known[id] = indices
        return indices
    }

    private mutating func child(of parent: Int32, _ frame: Int32) -> Int32 {
        let node = StackNode(parent: parent, frame: frame)
        if let known = nodes[node] { return known }
        profile.nodes.append(node)
        nodes[node] = Int32(profile.nodes.count - 1)
        return Int32(profile.nodes.count - 1)
    }

    private mutating func thread(_ labels: [String: (text: String, number: Int64)]) -> Int32 {
        let pid = Int32(clamping: labels["pid"]?.number ?? 1)
        let process = Process(pid: pid, name: labels["process"]?.text ?? "all")
        let index = processes[process] ?? Int32(profile.processes.count)
        if processes[process] == nil {
            processes[process] = index
            profile.processes.append(ProfiledProcess(pid: process.pid, name: process.name))
        }
        let tid = Int32(clamping: labels["tid"]?.number ?? Int64(pid))
        let thread = Thread(process: index, tid: tid, name: labels["thread"]?.text ?? process.name)
        if let known = threads[thread] { return known }
        profile.threads.append(ProfiledThread(process: index, tid: tid, name: thread.name))
        threads[thread] = Int32(profile.threads.count - 1)
        return Int32(profile.threads.count - 1)
    }
}
