// Profiles that are small enough to say what an export of them must be.

import SentryProtocol

@testable import Profiling

/// Builds a profile by naming stacks, as one would say them: outermost first.
struct MadeUpProfile {
    var profile: Profile
    private var frames: [ProfileFrame: Int32] = [:]
    private var nodes: [StackNode: Int32] = [:]

    init(title: String = "import.sh", mode: ProfileMode = .cpu) {
        profile = Profile(
            title: title, started: Timestamp(nanoseconds: 1_795_234_329_000_000_000), duration: 1_000_000_000,
            frequency: 100, mode: mode, source: "perf")
    }

    mutating func process(_ pid: Int32, _ name: String) -> Int32 {
        profile.processes.append(ProfiledProcess(pid: pid, name: name))
        return Int32(profile.processes.count - 1)
    }

    mutating func thread(_ tid: Int32, _ name: String, of process: Int32) -> Int32 {
        profile.threads.append(ProfiledThread(process: process, tid: tid, name: name))
        return Int32(profile.threads.count - 1)
    }

    mutating func node(_ stack: [ProfileFrame]) -> Int32 {
        var parent: Int32 = -1
        for frame in stack {
            let index = frames[frame] ?? Int32(profile.frames.count)
            if frames.updateValue(index, forKey: frame) == nil { profile.frames.append(frame) }
            let node = StackNode(parent: parent, frame: index)
            parent = nodes[node] ?? Int32(profile.nodes.count)
            if nodes.updateValue(parent, forKey: node) == nil { profile.nodes.append(node) }
        }
        return parent
    }

    /// A sample of 10 ms for each of `count`.
    mutating func sample(_ milliseconds: Int64, thread: Int32, _ stack: [ProfileFrame], count: UInt32 = 1) {
        let sample = ProfileSample(
            time: milliseconds * 1_000_000, thread: thread, node: node(stack), count: count,
            weight: Int64(count) * 10_000_000)
        profile.samples.append(sample)
        profile.tally.taken += UInt64(count)
    }

    /// A function of the program /usr/bin/import.
    static func frame(_ function: String, at address: UInt64 = 0, inApp: Bool = true) -> ProfileFrame {
        var frame = ProfileFrame(function: function, module: "/usr/bin/import")
        frame.address = address
        frame.inApp = inApp
        return frame
    }

    /// Two processes, three threads, an inlined call, an interpreted frame, two places of one function.
    static var small: Profile {
        var made = MadeUpProfile()
        let (parent, child) = (made.process(42, "import"), made.process(43, "sort"))
        made.profile.processes[0].buildIDs = ["/usr/bin/import": "0123abcd"]
        let (main, worker, other) = (
            made.thread(42, "import", of: parent), made.thread(44, "worker", of: parent),
            made.thread(43, "sort", of: child)
        )
        let start = frame("main", at: 0x1000)
        var inlined = frame("parse(char const*)", at: 0x1234)
        inlined.isInlined = true
        inlined.file = "/src/parse.cpp"
        inlined.line = 17
        var script = ProfileFrame(function: "load", module: nil)
        script.kind = .interpreted
        script.language = "python"
        script.file = "/srv/load.py"
        script.line = 3
        made.sample(0, thread: main, [start, frame("rows", at: 0x1234), inlined])
        made.sample(10, thread: main, [start, frame("rows", at: 0x1240)], count: 2)
        made.sample(10, thread: worker, [start, script])
        made.sample(20, thread: other, [frame("qsort", inApp: false)])
        made.sample(500, thread: main, [start])
        made.profile.tally.lost = 3
        made.profile.notes = ["2 threads were too short-lived to be seen"]
        return made.profile
    }

    static var empty: Profile { MadeUpProfile().profile }
}
