// The job's programs, from the kernel's own records.

import LinuxSystem
import RunLifecycle
import SentryProtocol
import SupervisorLink

final class ProcessRecorder {
    var job: Int32 = 0
    var descriptors: [FileDescriptor] { [] }
    init?(start: RunStart, trace: TraceContext) { return nil }
    func read() {}
    func finish(end: Timestamp, identity: RunIdentity) -> ProcessTree.Spans { .none }
}
