// From folded stacks to a profile with names.

import Backtracing
import LinuxSystem
import SentryProtocol

/// What a profile says of itself.
package struct ProfileDescription: Sendable {
    package var title: String
    package var command: [String] = []
    /// When the recorder's times begin.
    package var started: Timestamp
    package var frequency: Int
    package var mode: ProfileMode
    package var source: String

    package init(title: String, started: Timestamp, frequency: Int, mode: ProfileMode, source: String) {
        self.title = title
        self.started = started
        self.frequency = frequency
        self.mode = mode
        self.source = source
    }
}

extension ProfileRecorder {
    /// All that was recorded so far.
    ///
    /// - Parameter ended: what the profile's duration ends with.
    package func profile(
        _ description: ProfileDescription, ended: MonotonicTime, _ rules: NamingRules
    ) -> Profile {
        let samples = store.entries.map { entry in
            ProfileSample(
                time: Int64(entry.piece) * store.width, thread: entry.thread, node: entry.node, count: entry.count,
                weight: entry.weight)
        }
        var profile = build(samples, description, rules)
        profile.duration = max(0, ended.since(options.started))
        profile.tally = tally
        profile.notes = notes
        return profile
    }

    /// What was recorded since the last call, sample by sample; `nil` where that is nothing.
    package func takeChunkProfile(_ description: ProfileDescription, _ rules: NamingRules) -> Profile? {
        let chunk = takeChunk()
        guard let first = chunk.samples.first, let last = chunk.samples.last else { return nil }
        let samples = chunk.samples.map { sample in
            ProfileSample(time: sample.time, thread: sample.thread, node: sample.node, weight: sample.weight)
        }
        var profile = build(samples, description, rules)
        profile.duration = last.time - first.time
        return profile
    }

    /// How many samples wait for ``takeChunkProfile(_:_:)``.
    package var chunkCount: Int { chunk.samples.count }

    private func build(
        _ samples: [ProfileSample], _ description: ProfileDescription, _ rules: NamingRules
    ) -> Profile {
        var profile = Profile(
            title: description.title, started: description.started, duration: 0, frequency: description.frequency,
            mode: description.mode, source: description.source)
        profile.command = description.command
        profile.samples = samples
        let weights = addThreads(to: &profile)
        namer.name(keys(by: weights), rules, anonymousCode)
        addStacks(weights, to: &profile)
        return profile
    }

    /// Only those that have samples here.
    ///
    /// - Returns: of each node of the tree, the weight of its samples and of its children's.
    private func addThreads(to profile: inout Profile) -> [Int64] {
        var weights = [Int64](repeating: 0, count: tree.count)
        var threads: [Int32: Int32] = [:]
        var processes: [Int32: Int32] = [:]
        for index in profile.samples.indices {
            let sample = profile.samples[index]
            if sample.node >= 0 { weights[Int(sample.node)] += max(1, sample.weight) }
            if let known = threads[sample.thread] {
                profile.samples[index].thread = known
                continue
            }
            var thread = roster.threads[Int(sample.thread)]
            if processes[thread.process] == nil {
                processes[thread.process] = Int32(profile.processes.count)
                profile.processes.append(roster.processes[Int(thread.process)])
            }
            thread.process = processes[thread.process] ?? 0
            threads[sample.thread] = Int32(profile.threads.count)
            profile.samples[index].thread = Int32(profile.threads.count)
            profile.threads.append(thread)
        }
        addBuildIDs(to: &profile)
        for node in weights.indices.reversed() where tree.parents[node] >= 0 {
            weights[Int(tree.parents[node])] += weights[node]
        }
        return weights
    }

    private func addBuildIDs(to profile: inout Profile) {
        var seen = Array(repeating: Set<Int32>(), count: profile.processes.count)
        for sample in profile.samples {
            let process = Int(profile.threads[Int(sample.thread)].process)
            var node = sample.node
            while node >= 0, seen[process].insert(node).inserted {
                if let (path, buildID) = library.buildID(at: tree.keys[Int(node)].value) {
                    profile.processes[process].buildIDs[path] = buildID
                }
                node = tree.parents[Int(node)]
            }
        }
    }

    /// Those with the most weight first.
    private func keys(by weights: [Int64]) -> [FrameKey] {
        var totals: [FrameKey: Int64] = [:]
        for node in weights.indices where weights[node] > 0 { totals[tree.keys[node], default: 0] += weights[node] }
        return totals.sorted { ($0.value, $1.key.value) > ($1.value, $0.key.value) }.map(\.key)
    }

    /// A place in the code is several frames where calls are inlined there.
    private func addStacks(_ weights: [Int64], to profile: inout Profile) {
        var frames: [FrameKey: Range<Int32>] = [:]
        var moved = [Int32](repeating: -1, count: tree.count)
        for node in weights.indices where weights[node] > 0 {
            let key = tree.keys[node]
            let range = frames[key] ?? add(namer.frames(of: key), to: &profile)
            frames[key] = range
            var parent = tree.parents[node] < 0 ? -1 : moved[Int(tree.parents[node])]
            for frame in range {
                profile.nodes.append(StackNode(parent: parent, frame: frame))
                parent = Int32(profile.nodes.count - 1)
            }
            moved[node] = parent
        }
        for index in profile.samples.indices where profile.samples[index].node >= 0 {
            profile.samples[index].node = moved[Int(profile.samples[index].node)]
        }
    }

    private func add(_ frames: [ProfileFrame], to profile: inout Profile) -> Range<Int32> {
        let start = Int32(profile.frames.count)
        profile.frames += frames
        return start..<Int32(profile.frames.count)
    }

    // MARK: Notes

    private var notes: [String] {
        var notes: [String] = []
        if deeperThanCopied > 0 {
            notes.append("\(deeperThanCopied) stacks are deeper than what is copied of them: [truncated]")
        }
        if withoutRegisters > 0 {
            notes.append("\(withoutRegisters) samples have no stack: programs of another word size, or just ending")
        }
        if let refusal = python.refusal {
            notes.append("Python's own stacks could not be read: \(refusal)")
        } else if python.missed > python.read / 10, python.missed > 10 {
            notes.append(
                "of \(python.missed) samples in Python code, of \(python.missed + python.read), only native frames are known"
            )
        }
        if isPruned { notes.append("stacks that were seldom are left out, so that memory is bounded: [seldom]") }
        return notes + namer.notes.sorted()
    }
}
