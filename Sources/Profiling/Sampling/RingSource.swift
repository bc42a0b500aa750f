// Samples that somebody else takes by stopping threads, through a ring in shared memory.

import Backtracing
import LinuxSystem
import SupervisorLink

/// The taking end of a ``SampleRing`` as a source.
package final class RingSource: StackSource {
    package let name = "ptrace"
    package var descriptors: [FileDescriptor] { [ring.wakeUp.descriptor] }
    /// It has those of a process's first samples: a short process is gone before its `maps` could be read here.
    package let recordsMappings = false
    package private(set) var notes: [String] = []
    private let ring: SampleRingReader

    package init(_ ring: SampleRingReader) { self.ring = ring }

    package func take(until: MonotonicTime?, _ deliver: (SampleEvent) -> Void) {
        ring.take(until: until) { tell($0, deliver) }
        let lost = ring.takeLost()
        if lost > 0 { deliver(.lost(count: lost)) }
        let late = ring.takeLate()
        if late > 0 { deliver(.late(count: late)) }
        if ring.resets > 0 { note("what the sampler wrote made no sense in places: that was left out") }
    }

    private func tell(_ record: SampleRecord, _ deliver: (SampleEvent) -> Void) {
        let process = record.process
        let thread = record.thread
        switch record.kind {
        case .sample: deliver(.sample(StackSample(record)))
        case .fork:
            deliver(
                .fork(
                    parent: Int32(truncatingIfNeeded: record.weight), process: process, thread: thread,
                    time: record.time))
        case .exec: deliver(.exec(process: process, thread: thread, name: record.text, time: record.time))
        case .exit: deliver(.exit(process: process, thread: thread, time: record.time))
        case .threadName: deliver(.threadName(process: process, thread: thread, name: record.text))
        case .mappings:
            for mapping in MemoryMapping.parse(record.text) where mapping.isExecutable {
                deliver(.mapping(process: process, CodeMapping(mapping)))
            }
        case .note: note(record.text)
        }
    }

    /// Notes come from another process: a few are enough.
    private func note(_ text: String) {
        if !notes.contains(text), notes.count < 16 { notes.append(text) }
    }
}

extension StackSample {
    fileprivate init(_ record: SampleRecord) {
        self.init(
            process: record.process, thread: record.thread, time: record.time, weight: record.weight,
            registers: record.first, stackAddress: record.address, stack: record.second)
    }
}

extension CodeMapping {
    init(_ mapping: MemoryMapping) {
        let identity = mapping.file.map {
            FileIdentityClue.inode(major: $0.major, minor: $0.minor, inode: $0.inode)
        }
        self.init(
            range: mapping.range, fileOffset: mapping.fileOffset, path: mapping.path, identity: identity ?? .none)
    }
}
