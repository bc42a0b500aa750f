// Reads a process that stands still: header, threads and registers.

import LinuxSystem
import SupervisorLink

enum SnapshotCapture {
    static func take(of process: StoppedProcess) -> Result<CapturedSnapshot, SystemError> {
        do throws(SystemError) {
            let file = try FileDescriptor.memoryFile(named: "snapshot")
            var writer = SnapshotWriter(file)
            writer.put(
                SnapshotHeader(
                    reason: process.reason, process: process.process, thread: process.thread, signal: process.signal,
                    machine: 62, time: wallClockNanoseconds()))
            for thread in process.threads {
                writer.put(.thread, of: thread.id, "")
                if let trouble = thread.trouble { writer.put(.threadTrouble, of: thread.id, trouble) }
                if let registers = try? Tracee(thread.id).registers(.general) {
                    writer.put(.registers, of: thread.id, registers)
                }
            }
            return .success(CapturedSnapshot(file: file, rootDirectory: nil, executable: nil))
        } catch { return .failure(error) }
    }
}
