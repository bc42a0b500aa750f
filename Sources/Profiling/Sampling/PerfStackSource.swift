// Samples that the kernel takes.

import Backtracing
import LinuxSystem

/// The rings of perf's sampling events as a ``StackSource``.
package final class PerfStackSource: StackSource {
    package let name = "perf"
    package let recordsMappings = true
    package var descriptors: [FileDescriptor] { rings.descriptors }

    private let rings: PerfSampleRings
    private let period: Int64
    private var lastTime = MonotonicTime(nanoseconds: 0)
    private let registers = UnsafeMutableRawBufferPointer.allocate(byteCount: RegisterLayout.size, alignment: 8)

    /// - Parameter period: as ``PerfSamplingOptions/period`` was when the events were opened.
    package init(_ rings: PerfSampleRings, period: Int64) {
        self.rings = rings
        self.period = period
        _ = registers.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { registers.deallocate() }

    package func take(until limit: MonotonicTime?, _ deliver: (SampleEvent) -> Void) {
        rings.take(until: limit) { bytes in
            guard let record = PerfSampleRecord(bytes), let event = event(record) else { return }
            deliver(event)
        }
    }

    private func event(_ record: PerfSampleRecord) -> SampleEvent? {
        switch record {
        case .sample(let sample): .sample(stackSample(sample))
        case .mapping(let mapping): codeMapping(mapping).map { .mapping(process: mapping.process, $0) }
        case .name(let process, let thread, let name, let isExec, let time):
            isExec
                ? .exec(process: process, thread: thread, name: name, time: time)
                : .threadName(process: process, thread: thread, name: name)
        case .fork(let task):
            .fork(parent: task.parent, process: task.process, thread: task.thread, time: task.time)
        case .exit(let task): exit(task)
        case .time(let process, let thread, let nanoseconds):
            .used(process: process, thread: thread, nanoseconds: Int64(clamping: nanoseconds), time: lastTime)
        case .lost(let count): .lost(count: count)
        case .throttle: .throttled
        }
    }

    /// The record of its time follows, and has none of its own.
    private func exit(_ task: PerfSampleRecord.Task) -> SampleEvent {
        lastTime = task.time
        return .exit(process: task.process, thread: task.thread, time: task.time)
    }

    private func stackSample(_ sample: PerfSampleRecord.Sample) -> StackSample {
        var status = UnsafeRawBufferPointer(start: nil, count: 0)
        var stackPointer: UInt64 = 0
        if !sample.registers.isEmpty {
            PerfRegisters.store(sample.registers, in: registers)
            status = UnsafeRawBufferPointer(registers)
            stackPointer = status.loadUnaligned(fromByteOffset: RegisterLayout.stackPointerOffset, as: UInt64.self)
        }
        return StackSample(
            process: sample.process, thread: sample.thread, time: sample.time, weight: period, registers: status,
            stackAddress: stackPointer, stack: sample.stack)
    }

    private func codeMapping(_ mapping: PerfSampleRecord.Mapping) -> CodeMapping? {
        let (end, overflow) = mapping.start.addingReportingOverflow(mapping.length)
        guard mapping.isExecutable, !overflow, mapping.start < end else { return nil }
        let identity: FileIdentityClue =
            !mapping.buildID.isEmpty
            ? .buildID(Array(mapping.buildID))
            : mapping.inode == 0
                ? .none : .inode(major: mapping.major, minor: mapping.minor, inode: mapping.inode)
        return CodeMapping(
            range: mapping.start..<end, fileOffset: mapping.fileOffset,
            path: String(decoding: mapping.path, as: UTF8.self), identity: identity)
    }
}
